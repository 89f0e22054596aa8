public import AnnotationModel

/// The operations that a local edit needs, with the dots that it supersedes.
extension RecordState {
    /// Writes a register, in place of every value that is live now.
    public func write(_ value: Value, to field: Field, isContested: Bool, of record: RecordID, _ kind: Kind)
        -> Operation
    {
        Operation(
            record: record, kind: kind, action: .write(field, value, isContested: isContested),
            supersedes: candidates(field).map(\.dot))
    }

    /// Adds an element; `nil` if it is there.
    public func add(_ element: Value, to field: Field, of record: RecordID, _ kind: Kind) -> Operation? {
        let entries = elements.filter { $0.field == field && $0.element == element }
        guard !entries.contains(where: \.isPresent) else { return nil }
        return Operation(record: record, kind: kind, action: .add(field, element), supersedes: entries.map(\.dot))
    }

    /// Removes an element; `nil` if it is not there.
    public func remove(_ element: Value, from field: Field, of record: RecordID, _ kind: Kind) -> Operation? {
        let entries = elements.filter { $0.field == field && $0.element == element }
        guard entries.contains(where: \.isPresent) else { return nil }
        return Operation(record: record, kind: kind, action: .remove(field, element), supersedes: entries.map(\.dot))
    }

    /// Deletes the record as it stands; `nil` if it is not there.
    public func delete(_ record: RecordID, _ kind: Kind) -> Operation? {
        guard isAlive else { return nil }
        return Operation(
            record: record, kind: kind, action: .delete(covers: editDots.sorted()), supersedes: deletions.map(\.dot))
    }

    /// Takes every deletion back; `nil` if there is none.
    public func restore(_ record: RecordID, _ kind: Kind) -> Operation? {
        guard !deletions.isEmpty else { return nil }
        return Operation(
            record: record, kind: kind, action: .restore,
            supersedes: (deletions.map(\.dot) + restorations.map(\.dot)).sorted())
    }
}
