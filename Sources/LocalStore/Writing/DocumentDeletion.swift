public import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// A document is several records: itself, its versions and the parts of their texts. They go and come together.
extension WriteTransaction {
    /// Deletes a document with its versions and their texts; annotations on it stay, and so does the history.
    ///
    /// - Throws: `noSuchRecord`, `notWritable`.
    public func deleteDocument(_ document: RecordID, in layer: LayerID) throws {
        for record in try texts(of: document) where try state(of: record, in: layer).isAlive {
            try delete(record, in: layer)
        }
        try delete(document, in: layer)
    }

    /// Takes the deletion of a document back, with its versions and their texts; `false` if it was not deleted.
    @discardableResult
    public func restoreDocument(_ document: RecordID, in layer: LayerID) throws -> Bool {
        guard try restore(document, in: layer) else { return false }
        for record in try texts(of: document) { try restore(record, in: layer) }
        return true
    }

    /// Versions and parts of a document, deleted ones too: their rows are gone, so that the states are read.
    private func texts(of document: RecordID) throws -> [RecordID] {
        let select = try core.db.prepare("SELECT id, state FROM record WHERE kind = ?1 ORDER BY id")
        select.bind(Int64(Kind.documentVersion.rawValue), at: 1)
        var ids: [RecordID] = []
        while try select.step() {
            let state = try RecordState(decoding: select.blob(1))
            guard let version = RecordID(select, 0),
                state.writeOnce(Field.DocumentVersion.document)?.identifier == document
            else { continue }
            ids.append(version)
            let partCount = min(Int(state.writeOnce(Field.DocumentVersion.parts)?.integer ?? 0), Self.partCountMax)
            for number in 0..<max(0, partCount) { ids.append(core.cryptography.partID(number, of: version)) }
        }
        return ids
    }

    /// Somebody else's version may claim any number of parts.
    private static var partCountMax: Int { 1024 }
}
