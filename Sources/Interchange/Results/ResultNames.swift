import AnnotationModel
import TeamCoding

/// Under which names coders stand in what is published.
public enum CoderNaming: String, Sendable, Hashable, CaseIterable {
    /// Their names, and their ids where a format has a place for them.
    case names
    /// "Coder A", "Coder B", … (`AnonymousCoders`), without ids.
    case letters
}

/// What records and coders of a round are called in its results.
struct ResultNames: Sendable {
    let naming: CoderNaming
    let anonymous: AnonymousCoders
    private let names: [RecordID: String]
    private let coderNames: [MemberID: String]

    init(_ material: RoundMaterial, naming: CoderNaming) {
        self.naming = naming
        anonymous = material.anonymousCoders
        names = material.names
        coderNames = Dictionary(material.coders.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    /// A record's name; the short form of its id where none is known, which is not an error: it may not have arrived.
    func name(_ id: RecordID) -> String {
        guard let name = names[id], !name.isEmpty else { return "[\(id.short)]" }
        return name
    }

    func name(of coder: MemberID) -> String {
        switch naming {
        case .letters: anonymous.name(of: coder)
        case .names: coderNames[coder] ?? "[\(String("\(coder)".prefix(8)))]"
        }
    }

    /// A coder's id in an export: none if coders are anonymous.
    func id(of coder: MemberID) -> String { naming == .names ? "\(coder)" : "" }

    /// Coders in the order in which they are shown: of names by name, of letters by letter.
    func ordered(_ coders: some Sequence<MemberID>) -> [MemberID] {
        switch naming {
        case .letters:
            let places = Dictionary(
                anonymous.order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            return coders.sorted { (places[$0] ?? Int.max, $0) < (places[$1] ?? Int.max, $1) }
        case .names:
            return coders.sorted { left, right in
                let (one, other) = (name(of: left), name(of: right))
                return one.utf8.elementsEqual(other.utf8)
                    ? left < right : one.utf8.lexicographicallyPrecedes(other.utf8)
            }
        }
    }

    func name(_ variable: StatementVariable) -> String {
        switch variable {
        case .builtIn(let variable): variable.rawValue
        case .defined(let id): name(id)
        }
    }

    func text(_ value: CodedValue) -> String {
        switch value {
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .text(let text), .date(let text): text
        case .record(let id): name(id)
        }
    }

    func text(_ values: [CodedValue]) -> String { values.map(text).joined(separator: "; ") }
}

/// A document's text by code points, as offsets count.
struct TextSlices: Sendable {
    private let scalars: [Unicode.Scalar]

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    var count: Int { scalars.count }

    /// The text within a range, of which what lies outside is left out.
    subscript(range: Range<Int>) -> String {
        let range = range.clamped(to: 0..<scalars.count)
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[range])
        return String(text)
    }

    /// The lines of the text, without their line feeds.
    var lines: [Range<Int>] {
        var result: [Range<Int>] = []
        var start = 0
        for (place, scalar) in scalars.enumerated() where scalar == "\n" {
            result.append(start..<place)
            start = place + 1
        }
        if start < scalars.count || result.isEmpty { result.append(start..<scalars.count) }
        return result
    }
}
