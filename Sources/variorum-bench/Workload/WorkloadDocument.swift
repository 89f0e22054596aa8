/// A text of the workload: 200 sentences in paragraphs of five.
struct WorkloadDocument {
    let name: String
    let title: String
    /// By code point: positions count these.
    let scalars: [Unicode.Scalar]

    init(_ index: Int, seed: UInt64) {
        var random = WorkloadRandom(seed: seed, stream: 1, index: index)
        var text = ""
        for sentence in 0..<200 {
            text += Vocabulary.sentence(&random)
            // The last paragraph ends the text, without an empty line.
            if sentence < 199 { text += sentence % 5 == 4 ? "\n\n" : " " }
        }
        let number = String(index)
        name = "doc-" + String(repeating: "0", count: 5 - number.utf8.count) + number
        title = "\(random.pick(Vocabulary.places)): interview \(index)"
        scalars = Array(text.unicodeScalars)
    }

    var text: String { text(0..<scalars.count) }

    /// The code points of a range that is cut to the text.
    func text(_ range: Range<Int>) -> String {
        var result = String.UnicodeScalarView()
        for scalar in scalars[range.clamped(to: 0..<scalars.count)] { result.append(scalar) }
        return String(result)
    }
}
