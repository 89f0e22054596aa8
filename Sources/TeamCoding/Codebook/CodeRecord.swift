public import AnnotationModel
public import ChangeLog

/// One code as a codebook is built from it: its fields as they show.
public struct CodeRecord: Hashable, Sendable {
    public let id: RecordID
    public var name: String
    /// The code it stands under.
    public var parent: RecordID?
    /// When to apply it.
    public var definition: String?
    /// Examples of what it is for.
    public var include: String?
    /// Examples of what it is not for.
    public var exclude: String?
    /// `#rrggbb`.
    public var colour: String?
    /// The key that applies it.
    public var shortcut: String?
    /// Whether passages may carry it, or it is a heading alone.
    public var isCodable: Bool
    /// Whether it is not to be applied any more.
    public var isRetired: Bool
    /// The code that stands for this one, written by a merge.
    public var mergedInto: RecordID?
    /// The codes that it has taken a part of, written by a split; ascending.
    public var splitFrom: [RecordID]
    /// The codes of rounds' own layers that it stands for; ascending.
    public var standsFor: [RecordID]
    /// Whether it is in the shared layer. A code of another layer belongs to its maker alone: it says nothing about other
    /// codes and is no part of the revision.
    public var isShared: Bool

    public init(
        id: RecordID, name: String, parent: RecordID? = nil, definition: String? = nil, include: String? = nil,
        exclude: String? = nil, colour: String? = nil, shortcut: String? = nil, isCodable: Bool = true,
        isRetired: Bool = false, mergedInto: RecordID? = nil, splitFrom: [RecordID] = [], standsFor: [RecordID] = [],
        isShared: Bool = true
    ) {
        self.id = id
        self.name = name
        self.parent = parent
        self.definition = definition
        self.include = include
        self.exclude = exclude
        self.colour = colour
        self.shortcut = shortcut
        self.isCodable = isCodable
        self.isRetired = isRetired
        self.mergedInto = mergedInto
        self.splitFrom = splitFrom.sorted()
        self.standsFor = standsFor.sorted()
        self.isShared = isShared
    }

    /// Reads a merged record; `nil` unless it is a code that is alive.
    public init?(id: RecordID, state: RecordState, isShared: Bool = true) {
        guard state.isAlive, state.kind == .code else { return nil }
        self.init(
            id: id, name: state.shown(Field.Code.name)?.text ?? Self.nameWhereNone,
            parent: state.shown(Field.Code.parent)?.identifier, definition: state.shown(Field.Code.definition)?.text,
            include: state.shown(Field.Code.include)?.text, exclude: state.shown(Field.Code.exclude)?.text,
            colour: state.shown(Field.Code.colour)?.text, shortcut: state.shown(Field.Code.shortcut)?.text,
            isCodable: state.shown(Field.Code.isCodable) != .boolean(false),
            isRetired: state.shown(Field.Code.status) == .text(Self.retired),
            mergedInto: state.shown(Field.Code.mergedInto)?.identifier,
            splitFrom: state.set(Field.Code.splitFrom).compactMap(\.identifier),
            standsFor: state.set(Field.Code.standsFor).compactMap(\.identifier), isShared: isShared)
    }

    /// What a code without a name is called.
    public static let nameWhereNone = "unnamed"
    /// What stands in `status` of a retired code.
    public static let retired = "retired"
}
