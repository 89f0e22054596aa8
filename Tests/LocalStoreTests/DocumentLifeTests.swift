import AnnotationModel
import DocumentText
import Foundation
import LocalStore
import Testing

@Suite("Document")
struct DocumentLifeTests {
    private let temporary: TemporaryStore
    private var store: LocalStore { temporary.store }

    init() throws { temporary = try TemporaryStore() }

    @Test("goes with its versions and texts, and comes back with them", arguments: [10, 600_000])
    func deletion(length: Int) throws {
        let text = String(repeating: "word ", count: length / 5)
        let imported = try temporary.importText(text)
        let shared = try store.read { try $0.ownLayer(.shared) }
        try store.write { try $0.deleteDocument(imported.document, in: shared) }
        try store.read { (reader) throws in
            #expect(try reader.documents().isEmpty)
            #expect(try reader.versions().isEmpty)
            #expect(try reader.text(of: imported.version) == nil)
            #expect(try reader.search(["word"]).isEmpty)
            #expect(try reader.find(imported.document.short).isEmpty)
            #expect(try reader.find(imported.document.short, includesDeleted: true).map(\.id) == [imported.document])
        }
        #expect(try store.write { try $0.restoreDocument(imported.document, in: shared) })
        #expect(try store.read { try $0.text(of: imported.version) } == Array(text.utf8))
        #expect(try store.write { try $0.restoreDocument(imported.document, in: shared) } == false)
        _ = try store.undo()
        #expect(try store.read { try $0.documents().isEmpty })
        #expect(try store.check().problems == [])
    }

    @Test("comes back when its text is imported again")
    func importAgain() throws {
        let imported = try temporary.importText("text", title: "First")
        let shared = try store.read { try $0.ownLayer(.shared) }
        // The record alone, as another replica may have deleted it.
        try store.write { try $0.delete(imported.document, in: shared) }
        let again = try temporary.importText("text", title: "Second")
        #expect(again.document == imported.document)
        #expect(try store.read { try $0.documents().map(\.title) } == ["First"])
    }

    @Test("keeps a version when somebody calls it another document's")
    func versionOfAnother() throws {
        let first = try temporary.importText("one")
        let second = try temporary.importText("two", title: "B")
        let again = try store.importDocument(
            try CanonicalText(importing: Array("one".utf8)), title: "", source: "-", rawBytes: [], importer: "test",
            asVersionOf: second.document)
        #expect(again.document == first.document)
        #expect(again.version == first.version)
        #expect(!again.isNew)
        #expect(try store.read { try $0.documents().map(\.versions.count) } == [1, 1])
    }
}
