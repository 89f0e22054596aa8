import AnnotationModel
import ChangeLog
import Cryptography
import LocalStore

extension WriteTransaction {
    /// Writes one field of a record whose id follows from what it is about; makes the record, or brings it back, where it has
    /// to be.
    ///
    /// - Parameters:
    ///   - content: What the id is derived from.
    ///   - values: The write-once fields.
    /// - Returns: Whether anything changed.
    func put(
        _ kind: Kind, of content: [[UInt8]], in layer: LayerID, _ values: [(Field, Value)], _ field: Field,
        _ value: Value
    ) throws -> Bool {
        let name = Model.definition(of: kind)?.name ?? "\(kind.rawValue)"
        let id = OpenSSLCryptography().derivedID(name, content.flatMap { $0 })
        let state = try self.state(of: id, in: layer)
        if state.creation == nil {
            if value.isNull { return false }
            try create(kind, in: layer, id: id, values + [(field, value)])
            return true
        }
        if !state.isAlive {
            if value.isNull { return false }
            try restore(id, in: layer)
        }
        return try set(field, of: id, in: layer, to: value)
    }
}
