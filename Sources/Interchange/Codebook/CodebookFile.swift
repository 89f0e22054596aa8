import AnnotationModel
import LocalStore
public import TeamCoding
import XMLReading

/// A codebook that was read from a file, before it goes anywhere.
public struct CodebookFile: Sendable {
    /// Parents before the codes below them.
    public let codes: [CodeRecord]
    /// What is in the file and has no place here.
    public let losses: LossReport

    public static let bytesMax = 16 << 20
    public static let codesMax = 20_000
    static let depthMax = 100

    init(_ codes: [CodeRecord], _ losses: LossReport = LossReport()) throws(CodebookFileError) {
        guard codes.count <= Self.codesMax else {
            throw CodebookFileError("it has more than \(Self.codesMax) codes, which is the limit")
        }
        self.codes = codes
        self.losses = losses
    }

    // MARK: REFI-QDA

    /// Reads a REFI-QDA codebook (`.qdc`), or the codebook of a REFI-QDA project (`project.qde`).
    ///
    /// The id of a code is its GUID, so that reading a file twice makes nothing twice.
    public init(refiQDA bytes: [UInt8]) throws(CodebookFileError) {
        let root: XMLElement
        do {
            root = try XMLDocument.read(
                bytes,
                limits: XMLDocument.Limits(
                    bytesMax: Self.bytesMax, depthMax: Self.depthMax + 10, elementsMax: Self.codesMax * 10))
        } catch { throw CodebookFileError(line: error.line, error.reasonAlone) }
        let book = root.name == "Project" ? root.children(named: "CodeBook").first : root
        guard let book, book.name == "CodeBook" else {
            throw CodebookFileError(
                line: root.line, "it is no REFI-QDA codebook: its root is '\(root.name)', not 'CodeBook'")
        }
        var reading = REFIReading()
        for codes in book.children(named: "Codes") {
            for code in codes.children(named: "Code") { try reading.add(code, parent: nil) }
        }
        reading.losses.add(
            book.children(named: "Sets").reduce(0) { $0 + $1.children.count }, "sets of codes",
            "codes have no sets here")
        reading.losses.add(reading.noteCount, "references to notes", "a codebook holds codes alone")
        reading.losses.add(reading.badColourCount, "colours", "they are not of the form #rrggbb")
        try self.init(reading.codes, reading.losses)
    }
}

private struct REFIReading {
    var codes: [CodeRecord] = []
    var losses = LossReport()
    var noteCount = 0
    var badColourCount = 0
    private var seen: Set<RecordID> = []

    /// The reader of XML bounds the depth.
    mutating func add(_ element: XMLElement, parent: RecordID?) throws(CodebookFileError) {
        let line = element.line
        guard let name = element.attributes["name"], !name.allSatisfy(\.isWhitespace) else {
            throw CodebookFileError(line: line, "a code has no name")
        }
        guard let guid = element.attributes["guid"], let id = RecordID(guid: guid) else {
            throw CodebookFileError(line: line, "the code '\(name)' has no GUID of 32 hexadecimal digits")
        }
        guard seen.insert(id).inserted else {
            throw CodebookFileError(line: line, "the code '\(name)' has the GUID of another one")
        }
        let isCodable: Bool
        switch element.attributes["isCodable"] {
        case "true", "1", nil: isCodable = true
        case "false", "0": isCodable = false
        case .some(let other):
            throw CodebookFileError(line: line, "isCodable of the code '\(name)' is '\(other)', not true or false")
        }
        let colour = element.attributes["color"].flatMap(Self.colour)
        if element.attributes["color"] != nil && colour == nil { badColourCount += 1 }
        let description = element.children(named: "Description").map(\.text).joined(separator: "\n")
        codes.append(
            CodeRecord(
                id: id, name: name, parent: parent, definition: description.isEmpty ? nil : description, colour: colour,
                isCodable: isCodable))
        noteCount += element.children(named: "NoteRef").count
        for child in element.children(named: "Code") { try add(child, parent: id) }
    }

    /// `#rrggbb`, also of the short form `#rgb`.
    private static func colour(_ text: String) -> String? {
        let digits = text.dropFirst()
        guard text.first == "#", digits.allSatisfy({ $0.isASCII && $0.isHexDigit }) else { return nil }
        switch digits.count {
        case 6: return text.lowercased()
        case 3: return "#" + digits.lowercased().map { "\($0)\($0)" }.joined()
        default: return nil
        }
    }
}
