import AnnotationModel
import LocalStore
import Testing

@Suite("Search")
struct SearchTests {
    private let temporary: TemporaryStore
    private var store: LocalStore { temporary.store }
    private let layer: LayerID

    init() throws {
        temporary = try TemporaryStore()
        layer = try temporary.store.read { try $0.ownLayer(.shared) }
    }

    private func found(_ word: String) throws -> [RecordID] {
        try store.read { try $0.search([word]).map(\.record) }
    }

    private func entity(_ name: String) -> [(Field, Value)] { [(Field.Entity.name, .text(name))] }

    @Test("follows records that are made, changed and deleted in one transaction")
    func manyAtOnce() throws {
        let (kept, renamed, deleted) = try store.write { transaction in
            (
                try transaction.create(.entity, in: layer, entity("first harbour")),
                try transaction.create(.entity, in: layer, entity("second harbour")),
                try transaction.create(.entity, in: layer, entity("third harbour"))
            )
        }
        #expect(try Set(found("harbour")) == [kept, renamed, deleted])
        let made = try store.write { transaction in
            try transaction.add(.text("port"), to: Field.Entity.aliases, of: kept, in: layer)
            try transaction.set(Field.Entity.name, of: renamed, in: layer, to: .text("railway"))
            try transaction.delete(deleted, in: layer)
            return try transaction.create(.entity, in: layer, entity("fourth harbour"))
        }
        #expect(try Set(found("harbour")) == [kept, made])
        #expect(try found("second") == [])
        #expect(try found("railway") == [renamed])
        // The index is compared with the texts, word by word.
        #expect(try store.check().problems == [])
    }

    @Test("finds a record again whose deletion was taken back")
    func restored() throws {
        let record = try store.write { try $0.create(.entity, in: layer, entity("harbour")) }
        try store.write { try $0.delete(record, in: layer) }
        #expect(try found("harbour") == [])
        try store.write { try $0.restore(record, in: layer) }
        #expect(try found("harbour") == [record])
        #expect(try store.check().problems == [])
    }

    @Test("has nothing of a name that was cleared")
    func cleared() throws {
        let record = try store.write { try $0.create(.entity, in: layer, entity("harbour")) }
        try store.write { try $0.set(Field.Entity.name, of: record, in: layer, to: .null) }
        #expect(try found("harbour") == [])
        #expect(try store.check().problems == [])
    }
}
