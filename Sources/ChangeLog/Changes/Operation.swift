public import AnnotationModel

/// One field write, set add or remove, creation, deletion or restoration.
///
/// An operation says by itself how it merges, so that a replica merges kinds and fields that it does not know.
public struct Operation: Hashable, Sendable {
    public let record: RecordID
    public let kind: Kind
    public let action: OperationAction
    /// The operations that this one takes the place of: those its author had seen.
    public let supersedes: [Dot]

    public init(record: RecordID, kind: Kind, action: OperationAction, supersedes: [Dot] = []) {
        self.record = record
        self.kind = kind
        self.action = action
        self.supersedes = supersedes
    }
}

/// What an operation does.
public enum OperationAction: Hashable, Sendable {
    /// Brings the record into being with its write-once fields, by ascending field number.
    case create([FieldValue])
    /// Writes a register; `isContested` registers list concurrent values as a conflict.
    case write(Field, Value, isContested: Bool)
    /// Adds an element to a set.
    case add(Field, Value)
    /// Removes an element from a set, in so far as its author had seen it added.
    case remove(Field, Value)
    /// Deletes the record as its author saw it; `covers` names the live operations that were seen.
    case delete(covers: [Dot])
    /// Takes the superseded deletions back.
    case restore
    /// An operation type of a newer version: kept and forwarded as it stands, without effect until the upgrade.
    case unknown([UInt8])
}

/// A write-once field and its value.
public struct FieldValue: Hashable, Sendable {
    public let field: Field
    public let value: Value

    public init(_ field: Field, _ value: Value) {
        self.field = field
        self.value = value
    }
}
