import AnnotationModel
import Cryptography
import DocumentText
import Foundation
import LocalStore

/// A store in a folder of its own with one record of every kind, and a few that are hard to export.
final class TemporaryStore {
    let store: LocalStore
    private let folder: URL
    let document: RecordID
    let version: RecordID
    private let index: TextIndex

    static let text = "Georgia\u{301} 🇬🇪 said: \"no\".\nText, with commas\tand tabs.\n"

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("variorum-export-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try LocalStore.create(
            in: StoreFolder(path: folder.path + "/" + StoreFolder.name), memberName: "Nino, \"N\"", title: "Test",
            options: LocalStore.Options(cryptography: OpenSSLCryptography(), clock: { 1_426_672_800_000 }))
        let text = try CanonicalText(importing: Array(Self.text.utf8))
        let imported = try store.importDocument(
            text, title: "The title", source: "a.txt", rawBytes: text.utf8, importer: "test")
        (document, version, index) = (imported.document, imported.version, TextIndex(text))
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func layer(_ kind: LayerKind) throws -> LayerID { try store.read { try $0.ownLayer(kind) } }

    @discardableResult
    func annotate(
        _ range: Range<Int>, _ values: [(Field, Value)] = [], in kind: LayerKind = .personal
    ) throws -> RecordID {
        let selectors = try index.selectors(forCodePoints: range)
        let layer = try layer(kind)
        return try store.write { transaction in
            try transaction.create(
                .annotation, in: layer,
                [
                    (Field.Annotation.document, .identifier(document)),
                    (Field.Annotation.version, .identifier(version)),
                    (
                        Field.Annotation.position,
                        .list([.integer(Int64(selectors.position.start)), .integer(Int64(selectors.position.end))])
                    ),
                    (
                        Field.Annotation.quote,
                        .list([
                            .text(selectors.quote.exact), .text(selectors.quote.prefix), .text(selectors.quote.suffix),
                        ])
                    ),
                ] + values)
        }
    }

    func create(_ kind: Kind, in layer: LayerKind = .shared, _ values: [(Field, Value)]) throws -> RecordID {
        let layer = try self.layer(layer)
        return try store.write { try $0.create(kind, in: layer, values) }
    }

    /// One of everything.
    func fill() throws {
        let parent = try create(.code, [(Field.Code.name, .text("framing"))])
        let code = try create(
            .code,
            [
                (Field.Code.name, .text("denial")), (Field.Code.parent, .identifier(parent)),
                (Field.Code.definition, .text("Says no.")),
            ])
        let merged = try create(
            .code, [(Field.Code.name, .text("Denial")), (Field.Code.mergedInto, .identifier(code))])
        let missing = RecordID(high: 1, low: 0)
        let speaker = try create(
            .entity,
            [
                (Field.Entity.name, .text("Georgia")), (Field.Entity.type, .text("state")),
                (Field.Entity.aliases, .text("საქართველო")),
            ])
        try annotate(0..<3)
        let full = try annotate(
            11..<13,
            [
                (Field.Annotation.note, .text("A \"note\",\nin two lines")),
                (Field.Annotation.codes, .identifier(merged)),
                (Field.Annotation.codes, .identifier(parent)), (Field.Annotation.codes, .identifier(missing)),
                (Field.Annotation.tags, .text("a")), (Field.Annotation.tags, .text("b; c")),
                (Field.Annotation.confidence, .integer(70)),
            ])
        let corrected = try annotate(0..<7)
        let personal = try layer(.personal)
        try store.write {
            try $0.set(
                Field.Annotation.correctedRange, of: corrected, in: personal, to: .list([.integer(0), .integer(11)]))
        }
        _ = try create(
            .statement, in: .personal,
            [
                (Field.Statement.annotation, .identifier(full)), (Field.Statement.speaker, .identifier(speaker)),
                (Field.Statement.concept, .identifier(code)), (Field.Statement.position, .text("reject")),
                (Field.Statement.date, .text("2015-03")), (Field.Statement.instruments, .identifier(missing)),
            ])
        let comment = try create(
            .comment, [(Field.Comment.target, .identifier(full)), (Field.Comment.body, .text("Really?"))])
        _ = try create(
            .comment,
            [
                (Field.Comment.target, .identifier(full)), (Field.Comment.replyTo, .identifier(comment)),
                (Field.Comment.body, .text("Yes.")),
            ])
        _ = try create(.memo, in: .personal, [(Field.Memo.title, .text("Plan")), (Field.Memo.body, .text("Go on."))])
        try annotate(3..<5, [(Field.Annotation.note, .text("secret"))], in: .private)
    }
}
