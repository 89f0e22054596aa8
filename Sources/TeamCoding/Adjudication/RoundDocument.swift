public import AnnotationModel
public import ChangeLog

/// A document of a round, in the version that was coded.
public struct RoundDocument: Sendable, Hashable {
    public let id: RecordID
    public let version: RecordID
    /// SHA-256 of the version's canonical text.
    public let versionHash: Digest
    public let title: String
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    public let publishedOn: String?
    /// BCP 47 tag.
    public let language: String?
    /// The canonical text; `nil` if it has not arrived.
    public let text: String?
    /// Code points of the text; `nil` if it has not arrived.
    public let length: Int?
    /// Whose silence counts: the members who have coded it to the end, ascending. Somebody else's codings count,
    /// but that he or she marked nothing at a place says nothing.
    public let coders: [MemberID]

    /// - Complexity: O(*n*) in the length of the text.
    public init(
        id: RecordID, version: RecordID, versionHash: Digest, title: String, publishedOn: String? = nil,
        language: String? = nil, text: String?, coders: [MemberID]
    ) {
        self.id = id
        self.version = version
        self.versionHash = versionHash
        self.title = title
        self.publishedOn = publishedOn
        self.language = language
        self.text = text
        length = text?.unicodeScalars.count
        self.coders = Set(coders).sorted()
    }
}

/// Somebody who codes in a round.
public struct RoundCoder: Sendable, Hashable {
    public let id: MemberID
    public let name: String

    public init(id: MemberID, name: String) {
        self.id = id
        self.name = name
    }
}
