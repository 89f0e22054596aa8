/// Lines of compact JSON, as the workload's definition writes them: keys in a fixed order, nothing escaped that need
/// not be.
enum WorkloadLines {
    static func line(_ record: WorkloadRecord) -> String {
        let tags = record.tags.map(quoted).joined(separator: ",")
        return "{\"id\":\(quoted(record.id)),\"doc\":\(quoted(record.documentName)),"
            + "\"quote\":{\"exact\":\(quoted(record.exact)),\"prefix\":\(quoted(record.prefix)),"
            + "\"suffix\":\(quoted(record.suffix))},\"pos\":{\"start\":\(record.start),\"end\":\(record.end)},"
            + "\"body\":\(quoted(record.body)),\"tags\":[\(tags)],\"author\":\(quoted(record.author)),"
            + "\"created\":\(quoted(record.created)),\"updated\":\(quoted(record.updated))}"
    }

    static func line(_ document: WorkloadDocument) -> String {
        "{\"doc\":\(quoted(document.name)),\"title\":\(quoted(document.title)),\"text\":\(quoted(document.text))}"
    }

    static func line(_ edit: WorkloadEdit) -> String {
        "{\"client\":\(edit.client),\"id\":\(quoted(edit.id)),\"body\":\(quoted(edit.body)),\"updated\":\(quoted(edit.updated))}"
    }

    /// The workload's texts hold no control character but line feeds.
    private static func quoted(_ text: String) -> String {
        var result: [UInt8] = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\n"): result += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
            default: result.append(byte)
            }
        }
        result.append(UInt8(ascii: "\""))
        return String(decoding: result, as: UTF8.self)
    }
}
