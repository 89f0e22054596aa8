public import AnnotationModel

/// All that is known of a revealed round: what was coded, by whom, and what has been decided so far.
///
/// A value without access to a store: whoever reads the store fills it. Its lists are in the order of ids, whatever the
/// order in which they came, so that equal content is an equal value.
///
/// Other people's records never make it fail: a coding that cannot be used is in `setAside`, with the reason.
public struct RoundMaterial: Sendable, Hashable {
    public let round: RecordID
    public let title: String
    /// The state of the codebook that the round is coded with, as the bytes that the round names.
    public let codebookRevision: [UInt8]
    /// Ascending by id.
    public let documents: [RoundDocument]
    /// Ascending by id.
    public let coders: [RoundCoder]
    /// Ascending by document, range and id.
    public let codings: [RoundCoding]
    /// The gold layer's annotations, to which decisions point as their results; ascending like `codings`.
    public let goldCodings: [RoundCoding]
    /// Every decision of the round, superseded ones too; ascending by order.
    public let decisions: [RoundDecision]
    /// What people call codes, entities, statement types and variables.
    public let names: [RecordID: String]
    /// Codings that cannot be used, ascending by id.
    public let setAside: [SetAsideCoding]

    /// - Throws: `RoundMaterialError` if there is more than can be compared, or if two documents, coders or decisions
    ///   have one id.
    public init(
        round: RecordID, title: String, codebookRevision: [UInt8] = [], documents: [RoundDocument],
        coders: [RoundCoder], codings: [RoundCoding], goldCodings: [RoundCoding] = [],
        decisions: [RoundDecision] = [], names: [RecordID: String] = [:]
    ) throws(RoundMaterialError) {
        guard coders.count <= Self.coderMax else { throw .tooManyCoders }
        guard codings.count + goldCodings.count <= Self.codingMax else { throw .tooManyCodings }
        guard Set(documents.map(\.id)).count == documents.count else { throw .twoDocumentsOfOneID }
        guard Set(coders.map(\.id)).count == coders.count else { throw .twoCodersOfOneID }
        guard Set(decisions.map(\.id)).count == decisions.count else { throw .twoDecisionsOfOneID }
        self.round = round
        self.title = title
        self.codebookRevision = codebookRevision
        self.documents = documents.sorted { $0.id < $1.id }
        self.coders = coders.sorted { $0.id < $1.id }
        self.decisions = decisions.sorted { ($0.order, $0.id) < ($1.order, $1.id) }
        self.names = names

        let documentsByID = Dictionary(documents.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let coderIDs = Set(coders.map(\.id))
        let coded = Self.usable(codings, documentsByID) { coderIDs.contains($0.coder) }
        let gold = Self.usable(goldCodings, documentsByID) { _ in true }
        self.codings = coded.usable
        self.goldCodings = gold.usable
        self.setAside = (coded.setAside + gold.setAside).sorted {
            ($0.coding.id, $0.reason.rawValue, $0.coding.coder, $0.coding) < (
                $1.coding.id, $1.reason.rawValue, $1.coding.coder, $1.coding
            )
        }
    }

    /// Coders of a round at most.
    public static let coderMax = 64
    /// Codings of a round at most, those of the gold layer included.
    public static let codingMax = 1_000_000
    /// Code points of a document at most: offsets beyond it are nobody's honest work.
    public static let offsetMax = 1 << 26

    private static func usable(
        _ codings: [RoundCoding], _ documents: [RecordID: RoundDocument], _ isKnown: (RoundCoding) -> Bool
    ) -> (usable: [RoundCoding], setAside: [SetAsideCoding]) {
        var counts: [RecordID: Int] = [:]
        for coding in codings { counts[coding.id, default: 0] += 1 }
        var usable: [RoundCoding] = []
        var setAside: [SetAsideCoding] = []
        for coding in codings {
            let reason: SetAsideCoding.Reason? =
                if counts[coding.id] != 1 {
                    .repeatedID
                } else if !isKnown(coding) {
                    .unknownCoder
                } else if let document = documents[coding.document] {
                    if document.version != coding.version {
                        .otherVersion
                    } else if coding.range.lowerBound < 0
                        || coding.range.upperBound > document.length ?? offsetMax
                    {
                        .outsideText
                    } else {
                        nil
                    }
                } else {
                    .unknownDocument
                }
            if let reason {
                setAside.append(SetAsideCoding(coding: coding, reason: reason))
            } else {
                usable.append(coding)
            }
        }
        return (usable.sorted(), setAside)
    }
}

/// Why a round's material was refused as a whole.
public enum RoundMaterialError: Error, Hashable, Sendable {
    /// More than `RoundMaterial.coderMax`.
    case tooManyCoders
    /// More than `RoundMaterial.codingMax`.
    case tooManyCodings
    case twoDocumentsOfOneID
    case twoCodersOfOneID
    case twoDecisionsOfOneID
}

/// A coding that cannot be compared with others.
public struct SetAsideCoding: Sendable, Hashable {
    public enum Reason: String, Sendable, CaseIterable {
        /// The round has no such document, or it has not arrived.
        case unknownDocument
        /// It was made with another version of the document than the round's.
        case otherVersion
        /// It lies, in part or as a whole, outside the text.
        case outsideText
        /// Its author is not a coder of the round.
        case unknownCoder
        /// Several codings came with this id; none of them is used.
        case repeatedID
    }

    public let coding: RoundCoding
    public let reason: Reason
}
