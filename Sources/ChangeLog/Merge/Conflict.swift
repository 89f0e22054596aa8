public import AnnotationModel

/// What people have to settle in one record. Nothing is lost while they have not.
public enum Conflict: Hashable, Sendable {
    /// Concurrent writes of a contested register with different values, the one that shows first.
    case contested(Field, [RecordState.RegisterEntry])
    /// Deleted by some, edited by others who had not seen it; the record stays.
    case deletedAndEdited([RecordState.Deletion])
    /// Two creations of one id that differ; the first in order counts.
    case createdTwice([RecordState.Creation])
}

extension RecordState {
    /// The conflicts of a record that is alive; none of one that is not.
    public var conflicts: [Conflict] {
        guard isAlive else { return [] }
        var result: [Conflict] = []
        var position = 0
        while position < registers.count {
            let field = registers[position].field
            var end = position
            var isContested = false
            var differs = false
            while end < registers.count, registers[end].field == field {
                isContested = isContested || registers[end].isContested
                differs = differs || registers[end].value != registers[position].value
                end += 1
            }
            if isContested && differs {
                result.append(.contested(field, Array(registers[position..<end])))
            }
            position = end
        }
        if !deletions.isEmpty {
            result.append(.deletedAndEdited(deletions))
        }
        if let first = creations.first,
            creations.contains(where: { $0.kind != first.kind || $0.fields != first.fields })
        {
            result.append(.createdTwice(creations))
        }
        return result
    }
}
