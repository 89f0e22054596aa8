public import AnnotationModel
public import ChangeLog

// What a front end shows. Plain values, read in one go.

/// Where a record is and who made it when.
public struct RecordInfo: Sendable, Hashable {
    public let id: RecordID
    public let layer: LayerID
    public let kind: Kind
    public let author: MemberID
    /// Milliseconds since 1970, by the author's clock.
    public let createdAt: Int64
    public let modifiedAt: Int64
}

public struct LayerItem: Sendable, Hashable {
    public let id: LayerID
    public let kind: UInt8
    public let owner: MemberID?
    public let isWritable: Bool
    /// How far the feed has been read, and where it stood when last heard of; 0 without a server.
    public let position: UInt64
    public let headPosition: UInt64
    /// Changes that a snapshot stands for and that have not been fetched.
    public let missingHistory: UInt64
    /// Changes that the server is not known to hold.
    public let pendingCount: Int
    /// When the oldest of them was made.
    public let pendingSince: Int64?
    /// Whether the server had it when last heard of. One that was put back to before a round, and has not heard of it again,
    /// has none of the round's layers.
    public let isOnServer: Bool
    /// The round that it belongs to.
    public let round: RecordID?
    /// How far the round has come; `hidden` for a layer that belongs to none.
    public let stage: RoundStage

    /// Whether every member may read it, so that what is in it may be shown and given to them.
    public var isOpen: Bool { LayerKind(rawValue: kind)?.isOpen(stage: stage) ?? false }

    /// What people call it: "shared", "personal" …
    public var kindName: String { LayerKind(rawValue: kind)?.name ?? "layer of kind \(kind)" }
}

public struct VersionItem: Sendable, Hashable {
    public let info: RecordInfo
    public let document: RecordID
    public let sha256: [UInt8]
    /// Length of the text in bytes.
    public let bytes: Int
    /// Whether all of its text has arrived.
    public let isComplete: Bool
}

public struct DocumentItem: Sendable, Hashable {
    public let info: RecordInfo
    public let title: String
    public let publisher: String?
    public let publishedOn: String?
    public let language: String?
    public let uris: [String]
    public let tags: [String]
    /// Oldest first.
    public let versions: [VersionItem]
    public var annotationCount: Int
}

public struct AnnotationItem: Sendable, Hashable {
    public let info: RecordInfo
    public let document: RecordID
    public let version: RecordID
    /// With corrected boundaries, if somebody corrected them.
    public let position: TextPositionSelector
    /// The boundaries that it was made with, which are those of `quote`.
    public let recordedPosition: TextPositionSelector
    public let quote: TextQuoteSelector
    public let isCorrected: Bool
    public let note: String?
    public let codes: [RecordID]
    public let tags: [String]
    public let confidence: Int?
    public let colour: String?
    public let hasConflict: Bool
    /// The state of the codebook that the codes were applied under: a SHA-256.
    public let codebookRevision: [UInt8]?
}

public struct CommentItem: Sendable, Hashable {
    public let info: RecordInfo
    public let target: RecordID
    public let replyTo: RecordID?
    public let body: String
    public let isResolved: Bool
}

public struct CodeItem: Sendable, Hashable {
    public let info: RecordInfo
    public let name: String
    public let parent: RecordID?
    public let definition: String?
    public let colour: String?
    public let isRetired: Bool
    public let mergedInto: RecordID?
    /// Annotations that carry it.
    public var useCount: Int
    /// Examples of what it is for, and of what it is not for.
    public let include: String?
    public let exclude: String?
    /// The key that applies it.
    public let shortcut: String?
    /// Whether passages may carry it, or it is a heading alone.
    public let isCodable: Bool
    /// Codes that it has taken a part of.
    public let splitFrom: [RecordID]
    /// Codes of rounds' own layers that it stands for.
    public let standsFor: [RecordID]
}

public struct EntityItem: Sendable, Hashable {
    public let info: RecordInfo
    public let name: String
    public let type: String?
    public let aliases: [String]
    public let externalIDs: [String]
    public let parent: RecordID?
    public let mergedInto: RecordID?
    /// Entities of rounds' own layers that it stands for.
    public let standsFor: [RecordID]
    /// By key.
    public let attributes: [AttributeItem]
}

/// A named property of an entity.
public struct AttributeItem: Sendable, Hashable {
    public let key: String
    public let value: String
}

public struct StatementItem: Sendable, Hashable {
    public let info: RecordInfo
    public let annotation: RecordID
    public let speaker: RecordID?
    public let organisation: RecordID?
    public let concept: RecordID?
    public let position: String?
    public let date: String?
    public let addressee: RecordID?
    public let directness: String?
    public let instruments: [RecordID]
    /// The statement type, if not the built-in one.
    public let type: RecordID?
    /// The state of the codebook that the concept was chosen under: a SHA-256.
    public let codebookRevision: [UInt8]?
    /// By variable; those that were cleared are not there.
    public let values: [VariableValueItem]
}

/// A statement's value for a variable of its type.
public struct VariableValueItem: Sendable, Hashable {
    public let variable: RecordID
    /// A text (also for a date), a number, a truth value or a record.
    public let value: Value
}

public struct StatementTypeItem: Sendable, Hashable {
    public let info: RecordInfo
    public let name: String
    public let definition: String?
    public let colour: String?
    public let isRetired: Bool
    /// In their order.
    public let variables: [VariableItem]
}

/// One question of a statement type.
public struct VariableItem: Sendable, Hashable {
    public let info: RecordInfo
    public let type: RecordID
    public let name: String
    /// `entity`, `code`, `choice`, `boolean`, `integer`, `date` or `text`.
    public let valueType: String
    public let choices: [String]
    public let place: Int?
    public let isRequired: Bool
    public let definition: String?
}

public struct MemoItem: Sendable, Hashable {
    public let info: RecordInfo
    public let target: RecordID?
    public let title: String?
    public let body: String
}

public struct ConflictItem: Sendable, Hashable {
    public let record: RecordID
    public let layer: LayerID
    public let kind: Kind
    public let conflict: Conflict
}

/// Codes or entities that people would take for one: same kind, same name.
public struct DuplicateName: Sendable, Hashable {
    public let kind: Kind
    public let name: String
    /// Oldest first.
    public let records: [RecordInfo]
}

public struct SearchHit: Sendable, Hashable {
    public let record: RecordID
    public let layer: LayerID
    public let kind: Kind
    /// The passage around the first hit; hits between U+0002 and U+0003.
    public let snippet: String
}

/// One change of the log, as `log` shows it.
public struct LogItem: Sendable, Hashable {
    public let layer: LayerID
    public let stamp: Stamp
    public let hash: Digest
    public let action: ActionID?
    public let undoes: ActionID?
    /// Empty where the payload is not here.
    public let operations: [ChangeLog.Operation]
    public let state: State

    public enum State: Sendable, Hashable {
        /// Not known to be on the server.
        case pending
        case acknowledged
        case withheld(Withholding)
    }
}

public struct RefusedItem: Sendable, Hashable {
    /// The change's key in this store's log; names it for `dismiss` and `reapply`.
    public let change: Int64
    public let log: LogItem
    public let reason: Withholding
    /// What the server said about it, if it was there to be heard.
    public let explanation: String?
    public let noticedAt: Int64
}

public struct SetAsideItem: Sendable, Hashable {
    public let number: Int64
    public let reason: String
    public let noticedAt: Int64
    public let segment: Segment
}
