public import AnnotationModel

/// The merged state of one record: the operations that nothing has superseded.
///
/// The state is a function of the *set* of operations applied, whatever their order (see docs/merge.md):
/// an operation is live unless an applied operation names it in `supersedes`, and what is named before it
/// arrives is remembered in `awaited`. All arrays are kept in a canonical order, so that equal sets of operations
/// give equal values and equal bytes.
public struct RecordState: Hashable, Sendable {
    /// Usually one; the first in order counts.
    public internal(set) var creations: [Creation] = []
    /// By field; within a field the one that shows comes first.
    public internal(set) var registers: [RegisterEntry] = []
    /// By field, element, dot.
    public internal(set) var elements: [ElementEntry] = []
    public internal(set) var deletions: [Deletion] = []
    public internal(set) var restorations: [Restoration] = []
    /// Dots that were superseded before they arrived, ascending. Not part of the canonical state: a dot that names an
    /// operation which its change, once here, does not have stays without effect.
    public internal(set) var awaited: [Dot] = []

    public init() {}

    /// Rebuilds a state from its parts, which the decoder has checked to be in canonical order.
    public init(
        creations: [Creation], registers: [RegisterEntry], elements: [ElementEntry], deletions: [Deletion],
        restorations: [Restoration], awaited: [Dot]
    ) {
        self.creations = creations
        self.registers = registers
        self.elements = elements
        self.deletions = deletions
        self.restorations = restorations
        self.awaited = awaited
    }

    /// A live creation: the record's kind, author and write-once fields.
    public struct Creation: Hashable, Sendable {
        public let stamp: Stamp
        public let index: UInt32
        public let kind: Kind
        public let fields: [FieldValue]
        public var dot: Dot { Dot(replica: stamp.replica, seq: stamp.seq, index: index) }
        public init(stamp: Stamp, index: UInt32, kind: Kind, fields: [FieldValue]) {
            self.stamp = stamp
            self.index = index
            self.kind = kind
            self.fields = fields
        }
    }

    /// A live write of a register.
    public struct RegisterEntry: Hashable, Sendable {
        public let stamp: Stamp
        public let index: UInt32
        public let field: Field
        public let value: Value
        public let isContested: Bool
        public var dot: Dot { Dot(replica: stamp.replica, seq: stamp.seq, index: index) }
        public init(stamp: Stamp, index: UInt32, field: Field, value: Value, isContested: Bool) {
            self.stamp = stamp
            self.index = index
            self.field = field
            self.value = value
            self.isContested = isContested
        }
    }

    /// A live add or remove of a set's element. The element is in the set while any live add names it.
    public struct ElementEntry: Hashable, Sendable {
        public let stamp: Stamp
        public let index: UInt32
        public let field: Field
        public let element: Value
        public let isPresent: Bool
        public var dot: Dot { Dot(replica: stamp.replica, seq: stamp.seq, index: index) }
        public init(stamp: Stamp, index: UInt32, field: Field, element: Value, isPresent: Bool) {
            self.stamp = stamp
            self.index = index
            self.field = field
            self.element = element
            self.isPresent = isPresent
        }
    }

    /// A live deletion and the operations that its author had seen.
    public struct Deletion: Hashable, Sendable {
        public let stamp: Stamp
        public let index: UInt32
        /// Ascending.
        public let covers: [Dot]
        public var dot: Dot { Dot(replica: stamp.replica, seq: stamp.seq, index: index) }
        public init(stamp: Stamp, index: UInt32, covers: [Dot]) {
            self.stamp = stamp
            self.index = index
            self.covers = covers
        }
    }

    public struct Restoration: Hashable, Sendable {
        public let stamp: Stamp
        public let index: UInt32
        public var dot: Dot { Dot(replica: stamp.replica, seq: stamp.seq, index: index) }
        public init(stamp: Stamp, index: UInt32) {
            self.stamp = stamp
            self.index = index
        }
    }
}
