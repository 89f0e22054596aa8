public import AnnotationModel
public import ChangeLog

/// One annotation of a coder as a seal covers it, with the statements on it.
public struct SealedCoding: Sendable, Hashable {
    public let id: RecordID
    /// The passage that it was made with, in code points.
    public let range: TextPositionSelector
    /// The boundaries that its coder has moved it to.
    public let correctedRange: TextPositionSelector?
    /// Ascending, as they were applied: redirects of merged codes are not followed.
    public let codes: [RecordID]
    /// Ascending by their UTF-8 bytes.
    public let tags: [String]
    public let note: String?
    /// 0 to 100.
    public let confidence: Int?
    /// Ascending by id.
    public let statements: [CodedStatement]

    public init(
        id: RecordID, range: TextPositionSelector, correctedRange: TextPositionSelector? = nil, codes: [RecordID] = [],
        tags: [String] = [], note: String? = nil, confidence: Int? = nil, statements: [CodedStatement] = []
    ) {
        self.id = id
        self.range = range
        self.correctedRange = correctedRange
        self.codes = Set(codes).sorted()
        self.tags = tags.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        self.note = note
        self.confidence = confidence
        self.statements = statements.sorted { $0.id < $1.id }
    }
}

/// What a coder's codings of one assignment were when they were submitted, as bytes that are the same for everybody who
/// sees the same codings. A submission keeps their hash, so that everybody sees after the reveal whether they were altered since.
///
/// docs/rounds.md describes the bytes.
public struct Seal: Sendable, Hashable {
    /// How many annotations it covers.
    public let codingCount: Int
    public let canonicalBytes: [UInt8]

    /// - Parameter codings: The coder's annotations of the assignment's version in the coding layer, in any order.
    public init(assignment: RecordID, version: RecordID, coder: MemberID, codings: [SealedCoding]) {
        codingCount = codings.count
        var bytes = Array("variorum seal 1\n".utf8)
        bytes += assignment.bytes
        bytes += version.bytes
        bytes += coder.bytes
        bytes.append(word: codings.count)
        for coding in codings.sorted(by: { $0.id < $1.id }) { bytes += coding.canonicalBytes }
        canonicalBytes = bytes
    }

    /// SHA-256 of the canonical bytes.
    public func hash(_ cryptography: any CryptographyProvider) -> Digest { cryptography.sha256(canonicalBytes) }
}

extension SealedCoding {
    fileprivate var canonicalBytes: [UInt8] {
        var bytes = id.bytes
        bytes.append(word: range.start)
        bytes.append(word: range.end)
        bytes.append(correctedRange == nil ? 0 : 1)
        if let correctedRange {
            bytes.append(word: correctedRange.start)
            bytes.append(word: correctedRange.end)
        }
        bytes.append(word: codes.count)
        for code in codes { bytes += code.bytes }
        bytes.append(word: tags.count)
        for tag in tags { bytes.append(text: tag) }
        bytes.append(note == nil ? 0 : 1)
        if let note { bytes.append(text: note) }
        bytes.append(confidence == nil ? 0 : 1)
        if let confidence { bytes.append(word: confidence) }
        bytes.append(word: statements.count)
        for statement in statements {
            bytes += statement.id.bytes
            bytes += statement.contentBytes
        }
        return bytes
    }
}
