import AnnotationModel

extension RecordState {
    /// Adds one operation to the set that this state stands for.
    ///
    /// - Parameters:
    ///   - index: The operation's place in its change.
    ///   - vector: What has been applied of the layer, *without* the change at hand. Within a replica,
    ///     changes are applied in the order of their seq and each once.
    /// - Complexity: O(s × n), s = dots superseded, n = live operations of the record (and O(log n) without any).
    public mutating func apply(_ operation: Operation, index: UInt32, stamp: Stamp, vector: VersionVector) {
        for dot in operation.supersedes {
            supersede(dot, by: index, stamp: stamp, vector: vector)
        }
        let dot = Dot(replica: stamp.replica, seq: stamp.seq, index: index)
        if case .create(let fields) = operation.action {
            // Nothing supersedes a creation; a name for one among the awaited dots is spent all the same.
            _ = removeAwaited(dot)
            insert(Creation(stamp: stamp, index: index, kind: operation.kind, fields: fields))
            return
        }
        if removeAwaited(dot) { return }
        switch operation.action {
        case .create, .unknown:
            break
        case .write(let field, let value, let isContested):
            insert(RegisterEntry(stamp: stamp, index: index, field: field, value: value, isContested: isContested))
        case .add(let field, let element):
            insert(ElementEntry(stamp: stamp, index: index, field: field, element: element, isPresent: true))
        case .remove(let field, let element):
            insert(ElementEntry(stamp: stamp, index: index, field: field, element: element, isPresent: false))
        case .delete(let covers):
            let deletion = Deletion(stamp: stamp, index: index, covers: covers.sorted())
            deletions.insert(deletion, at: deletions.firstPlace { dot < $0.dot })
        case .restore:
            let restoration = Restoration(stamp: stamp, index: index)
            restorations.insert(restoration, at: restorations.firstPlace { dot < $0.dot })
        }
    }

    private mutating func supersede(_ dot: Dot, by index: UInt32, stamp: Stamp, vector: VersionVector) {
        let hasArrived =
            dot.replica == stamp.replica
            ? dot.seq < stamp.seq || (dot.seq == stamp.seq && dot.index < index)
            : vector.contains(dot)
        guard hasArrived else {
            // An operation cannot name itself or what its own replica made later.
            if dot.replica == stamp.replica { return }
            let place = awaited.firstPlace { !($0 < dot) }
            if place == awaited.endIndex || awaited[place] != dot { awaited.insert(dot, at: place) }
            return
        }
        if let place = registers.firstIndex(where: { $0.dot == dot }) {
            registers.remove(at: place)
        } else if let place = elements.firstIndex(where: { $0.dot == dot }) {
            elements.remove(at: place)
        } else if let place = deletions.firstIndex(where: { $0.dot == dot }) {
            deletions.remove(at: place)
        } else if let place = restorations.firstIndex(where: { $0.dot == dot }) {
            restorations.remove(at: place)
        }
    }

    /// Whether `dot` was superseded before it arrived; it is awaited no longer.
    private mutating func removeAwaited(_ dot: Dot) -> Bool {
        let place = awaited.firstPlace { !($0 < dot) }
        guard place < awaited.endIndex, awaited[place] == dot else { return false }
        awaited.remove(at: place)
        return true
    }

    private mutating func insert(_ creation: Creation) {
        let place = creations.firstPlace {
            creation.stamp.precedes($0.stamp) || (creation.stamp == $0.stamp && creation.index < $0.index)
        }
        creations.insert(creation, at: place)
    }

    private mutating func insert(_ entry: RegisterEntry) {
        let place = registers.firstPlace { other in
            if entry.field != other.field { return entry.field < other.field }
            if entry.stamp != other.stamp { return other.stamp.precedes(entry.stamp) }
            return other.index < entry.index
        }
        registers.insert(entry, at: place)
    }

    private mutating func insert(_ entry: ElementEntry) {
        let place = elements.firstPlace { other in
            if entry.field != other.field { return entry.field < other.field }
            if entry.element != other.element { return entry.element < other.element }
            return entry.dot < other.dot
        }
        elements.insert(entry, at: place)
    }
}

extension Array {
    /// The first place from which on a condition holds, where it holds nowhere before and everywhere after: the arrays are
    /// kept in order, and one change may bring tens of thousands of entries.
    ///
    /// Complexity: O(log n).
    fileprivate func firstPlace(where isReached: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if isReached(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension RecordState {
    /// The state of exactly these operations on one record, whatever their order.
    ///
    /// Used where an operation leaves the set (its payload was refused) or enters it late: the record is made anew.
    ///
    /// - Parameter vector: What has been applied of the layer, including the operations given.
    /// - Complexity: O(n log n), n = operations.
    public init(replaying operations: [(operation: Operation, index: UInt32, stamp: Stamp)], vector: VersionVector) {
        self = RecordState().adding(operations, vector: vector)
    }

    /// The state of the set of operations that this state stands for and of these, whatever their order.
    ///
    /// - Parameters:
    ///   - operations: None of which is in this state already, or was superseded in it. `unknown` ones are without effect.
    ///   - vector: What has been applied of the layer, including all operations of both.
    /// - Complexity: O(m + n log n), m = this state's entries, n = operations.
    public func adding(
        _ operations: [(operation: Operation, index: UInt32, stamp: Stamp)], vector: VersionVector
    ) -> RecordState {
        var superseded = Set(awaited)
        for (operation, index, stamp) in operations {
            if case .unknown = operation.action { continue }
            for dot in operation.supersedes {
                // An operation cannot name itself or what its own replica made later.
                let isOwnFuture =
                    dot.replica == stamp.replica
                    && (dot.seq > stamp.seq || (dot.seq == stamp.seq && dot.index >= index))
                if !isOwnFuture { superseded.insert(dot) }
            }
        }
        var state = self
        if !superseded.isEmpty {
            state.registers.removeAll { superseded.contains($0.dot) }
            state.elements.removeAll { superseded.contains($0.dot) }
            state.deletions.removeAll { superseded.contains($0.dot) }
            state.restorations.removeAll { superseded.contains($0.dot) }
        }
        state.awaited = []
        for (operation, index, stamp) in operations {
            let dot = Dot(replica: stamp.replica, seq: stamp.seq, index: index)
            var isCreation = false
            if case .create = operation.action { isCreation = true }
            if !isCreation && superseded.contains(dot) { continue }
            let bare = Operation(record: operation.record, kind: operation.kind, action: operation.action)
            state.apply(bare, index: index, stamp: stamp, vector: vector)
        }
        state.awaited = superseded.filter { !vector.contains($0) }.sorted()
        return state
    }
}
