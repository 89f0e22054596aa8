import AnnotationModel
import ChangeLog
import Cryptography
import Foundation
import LocalStore
import SQLiteBinding
import TestSupport
import Testing

/// The SQL schema follows the model's table, and what was released stays as it was.
@Suite struct SchemaTests {
    private func columns(_ table: String, _ db: Connection) throws -> [String] {
        let select = try db.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")
        select.bind(table, at: 1)
        var names: [String] = []
        while try select.step() { names.append(select.text(0)) }
        return names
    }

    @Test func everyKindHasItsTypedTable() throws {
        let temporary = try TemporaryStore()
        let db = try Connection(path: temporary.store.folder.database)
        for kind in Model.kinds {
            let table = [.workspace, .member, .layer].contains(kind.kind) ? kind.name + "_record" : kind.name
            var expected = ["record", "author", "created_at", "modified_at"]
            for field in kind.fields where field.rule != .addWinsSet {
                switch field.type {
                case .range: expected += [field.name + "_start", field.name + "_end"]
                case .quote: expected += [field.name + "_exact", field.name + "_prefix", field.name + "_suffix"]
                default: expected.append(field.name)
                }
            }
            #expect(try columns(table, db) == expected, "table \(table)")
            for field in kind.fields where field.rule == .addWinsSet {
                #expect(
                    try columns("\(table)_\(field.name)", db) == ["record", "value"], "set \(field.name) of \(table)")
            }
        }
    }

    @Test func everyTableIsStrict() throws {
        let temporary = try TemporaryStore()
        let db = try Connection(path: temporary.store.folder.database)
        let select = try db.prepare(
            "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'")
        var loose: [String] = []
        while try select.step() { loose.append(select.text(0)) }
        #expect(loose == [])
    }

    /// schema/migrations.sha256 names every migration that was ever applied to somebody's store. An entry is never
    /// changed; a new migration adds one.
    @Test func appliedMigrationsAreNeverEdited() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let list = try String(contentsOf: root.appending(path: "schema/migrations.sha256"), encoding: .utf8)
        var known: [String: String] = [:]
        for line in list.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            known[String(words[1])] = String(words[0])
        }
        for folder in ["store", "server"] {
            let path = root.appending(path: "schema/\(folder)")
            for name in try FileManager.default.contentsOfDirectory(atPath: path.path) where name.hasSuffix(".sql") {
                let bytes = try [UInt8](Data(contentsOf: path.appending(path: name)))
                #expect(
                    known["\(folder)/\(name)"] == OpenSSLCryptography().sha256(bytes).description, "\(folder)/\(name)")
            }
        }
    }
}
