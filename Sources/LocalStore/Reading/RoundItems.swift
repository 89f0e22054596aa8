public import AnnotationModel

/// A round as its record says; how far its layers are open stands with the layers.
public struct RoundItem: Sendable, Hashable {
    public let info: RecordInfo
    public let title: String
    /// As it shows; what a newer version wrote counts as a draft.
    public let state: RoundState
    public let isBlind: Bool
    /// `nil` for a rule of a newer version.
    public let rule: RevealRule?
    /// `YYYY-MM-DD`.
    public let revealOn: String?
    public let codebookRevision: [UInt8]?
    public let codingsPerDocument: Int?
    public let seed: Int64?
    public let instructions: String?
}

/// One document of a round for one coder.
public struct AssignmentItem: Sendable, Hashable {
    public let info: RecordInfo
    public let round: RecordID
    public let document: RecordID
    public let version: RecordID
    public let coder: MemberID
}

/// A coder's word that an assignment is done.
public struct SubmissionItem: Sendable, Hashable {
    public let info: RecordInfo
    public let round: RecordID
    public let assignment: RecordID
    public let seal: [UInt8]
    public let codings: Int
    public let isReopened: Bool
}

/// An adjudicator's outcome for a cluster of codings.
public struct DecisionItem: Sendable, Hashable {
    public let info: RecordInfo
    public let round: RecordID
    public let document: RecordID
    public let version: RecordID
    public let range: TextPositionSelector
    /// The codings that were judged, ascending.
    public let inputs: [RecordID]
    public let inputHash: [UInt8]
    /// `accept`, `replace`, `reject` or `unresolved`.
    public let outcome: String
    public let result: RecordID?
    public let rationale: String?
    public let supersedes: RecordID?
    /// The pre-merge strategy that made it, if no person did.
    public let strategy: String?
}

/// One computation of agreement that anyone can repeat.
public struct AgreementRunItem: Sendable, Hashable {
    public let info: RecordInfo
    public let round: RecordID
    public let measure: String
    public let parameters: String
    public let seed: Int64?
    public let inputHash: [UInt8]
    /// In decimal; `nil` where it is not defined.
    public let value: String?
    public let interval: String?
    public let units: Int
    public let incomplete: Int
}
