import AnnotationModel
import ChangeLog
import DocumentText
import LocalStore
import Testing

@Suite("Undo")
struct UndoTests {
    private let temporary: TemporaryStore
    private var store: LocalStore { temporary.store }
    private let layer: LayerID

    init() throws {
        temporary = try TemporaryStore()
        layer = try temporary.store.read { try $0.ownLayer(.shared) }
    }

    private func name(_ code: RecordID) throws -> String? {
        try store.read { try $0.codes().first { $0.info.id == code }?.name }
    }

    @Test("goes back step by step through writes of one field")
    func writes() throws {
        let code = try store.write { try $0.create(.code, in: layer, [(Field.Code.name, .text("one"))]) }
        for name in ["two", "three"] {
            try store.write { try $0.set(Field.Code.name, of: code, in: layer, to: .text(name)) }
        }
        for expected in ["two", "one"] {
            _ = try store.undo()
            #expect(try name(code) == expected)
        }
        _ = try store.undo()
        #expect(try name(code) == nil)
        #expect(try store.undo() == nil)
        #expect(try store.check().problems == [])
    }

    @Test("goes back step by step through additions and removals")
    func sets() throws {
        let document = try temporary.importText("text").document
        let tags = { try self.store.read { try $0.documents()[0].tags } }
        try store.write { try $0.add(.text("a"), to: Field.Document.tags, of: document, in: layer) }
        try store.write { try $0.remove(.text("a"), from: Field.Document.tags, of: document, in: layer) }
        _ = try store.undo()
        #expect(try tags() == ["a"])
        _ = try store.undo()
        #expect(try tags() == [])
    }

    @Test("goes back step by step through deleting and restoring")
    func deletions() throws {
        let code = try store.write { try $0.create(.code, in: layer, [(Field.Code.name, .text("one"))]) }
        try store.write { try $0.delete(code, in: layer) }
        try store.write { try $0.restore(code, in: layer) }
        try store.write { try $0.delete(code, in: layer) }
        for expected in ["one", nil, "one", nil] {
            _ = try store.undo()
            #expect(try name(code) == expected)
        }
        #expect(try store.check().problems == [])
    }

    @Test("brings a settled conflict back whole")
    func conflict() throws {
        let other = try TemporaryStore()
        let code = try store.write { try $0.create(.code, in: layer, [(Field.Code.name, .text("one"))]) }
        _ = try other.store.read(try store.bundle())
        try store.write { try $0.set(Field.Code.name, of: code, in: layer, to: .text("mine")) }
        try other.store.write { try $0.set(Field.Code.name, of: code, in: layer, to: .text("theirs")) }
        _ = try store.read(try other.store.bundle())
        let shown = try name(code)
        let values = { () throws -> [Value] in
            try self.store.read { reader in
                try reader.conflicts().flatMap { item -> [Value] in
                    if case .contested(_, let entries) = item.conflict { entries.map(\.value) } else { [] }
                }
            }
        }
        let before = try values()
        #expect(before.count == 2)
        try store.write { try $0.set(Field.Code.name, of: code, in: layer, to: .text("settled")) }
        #expect(try values() == [])
        _ = try store.undo()
        #expect(try name(code) == shown)
        #expect(try values() == before)
        #expect(try store.check().problems == [])
    }

    @Test("leaves what others wrote since")
    func others() throws {
        let other = try TemporaryStore()
        let code = try store.write { try $0.create(.code, in: layer, [(Field.Code.name, .text("one"))]) }
        try store.write { try $0.set(Field.Code.name, of: code, in: layer, to: .text("two")) }
        _ = try other.store.read(try store.bundle())
        try other.store.write { try $0.set(Field.Code.name, of: code, in: layer, to: .text("theirs")) }
        _ = try store.read(try other.store.bundle())
        try store.write { try $0.set(Field.Code.name, of: code, in: layer, to: .text("three")) }
        _ = try store.undo()
        #expect(try name(code) == "theirs")
        _ = try store.undo()
        #expect(try name(code) == "theirs")
    }

    @Test("lets an error of the caller's own closure through")
    func ownError() {
        struct Own: Error {}
        #expect(throws: Own.self) { try store.write { _ in throw Own() } }
        #expect(throws: Own.self) { try store.read { _ in throw Own() } }
    }
}
