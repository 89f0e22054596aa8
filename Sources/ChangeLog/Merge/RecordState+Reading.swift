public import AnnotationModel

extension RecordState {
    /// The creation that counts: the first in (lamport, replica) order.
    public var creation: Creation? { creations.first }

    /// `nil` until the creation has arrived.
    public var kind: Kind? { creation?.kind }

    /// Whether the record is there to be read: it was created, and it is not deleted, or it was edited by
    /// somebody who had not seen the deletion.
    public var isAlive: Bool {
        !creations.isEmpty && (deletions.isEmpty || survivesDeletion)
    }

    /// Whether a live operation is covered by no deletion.
    ///
    /// Complexity: O(n × log d), n = live operations, d = dots covered.
    var survivesDeletion: Bool {
        func isCovered(_ dot: Dot) -> Bool {
            deletions.contains { deletion in
                var (low, high) = (0, deletion.covers.count)
                while low < high {
                    let middle = (low + high) / 2
                    if deletion.covers[middle] < dot { low = middle + 1 } else { high = middle }
                }
                return low < deletion.covers.count && deletion.covers[low] == dot
            }
        }
        return editDots.contains { !isCovered($0) }
    }

    /// The live operations that assert the record's existence: what a deletion must cover.
    public var editDots: [Dot] {
        creations.map(\.dot) + registers.map(\.dot) + elements.map(\.dot) + restorations.map(\.dot)
    }

    /// A write-once field.
    public func writeOnce(_ field: Field) -> Value? {
        creation?.fields.first { $0.field == field }?.value
    }

    /// The value of a register that shows, `nil` when it was never written or was cleared.
    public func shown(_ field: Field) -> Value? {
        guard let value = registers.first(where: { $0.field == field })?.value, !value.isNull else { return nil }
        return value
    }

    /// All live writes of a register, the one that shows first.
    public func candidates(_ field: Field) -> [RegisterEntry] {
        registers.filter { $0.field == field }
    }

    /// The elements of a set, ascending.
    public func set(_ field: Field) -> [Value] {
        var result: [Value] = []
        for entry in elements where entry.field == field && entry.isPresent && result.last != entry.element {
            result.append(entry.element)
        }
        return result
    }

    /// The newest change that has a live operation here, by order; `nil` for an empty state.
    public var lastStamp: Stamp? {
        var last: Stamp?
        func see(_ stamp: Stamp) {
            if let known = last, !known.precedes(stamp) { return }
            last = stamp
        }
        for entry in creations { see(entry.stamp) }
        for entry in registers { see(entry.stamp) }
        for entry in elements { see(entry.stamp) }
        for entry in deletions { see(entry.stamp) }
        for entry in restorations { see(entry.stamp) }
        return last
    }

    /// Dots of all live operations.
    public var liveDots: [Dot] { editDots + deletions.map(\.dot) }

    public var isEmpty: Bool { liveDots.isEmpty && awaited.isEmpty }
}
