import AnnotationModel
import Cryptography
import DocumentText
import Foundation
import Interchange
import LocalStore
import Testing

@Suite("Export")
struct ExportTests {
    private let temporary: TemporaryStore

    init() throws {
        temporary = try TemporaryStore()
        try temporary.fill()
    }

    private func content(includesPrivate: Bool = false) throws -> ExportContent {
        try temporary.store.read { try ExportContent(reading: $0, includesPrivate: includesPrivate) }
    }

    private func object(_ bytes: some Collection<UInt8>) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private func items(_ export: Export) throws -> [[String: Any]] {
        let page = try #require(try object(export.bytes)["first"] as? [String: Any])
        return try #require(page["items"] as? [[String: Any]])
    }

    @Test("gives the same bytes for the same content")
    func reproducible() throws {
        let exports: [(ExportContent) -> Export] = [
            { $0.webAnnotations() }, { $0.commaSeparated() }, { $0.jsonLines() },
        ]
        for export in exports { #expect(export(try content()).bytes == export(try content()).bytes) }
        let before = try content().jsonLines().bytes
        try temporary.store.rebuild()
        #expect(try content().jsonLines().bytes == before)
    }

    @Test("JSON lines say who is there, and where each text came from")
    func membersAndCaptures() throws {
        let lines = try content().jsonLines().bytes.split(separator: UInt8(ascii: "\n")).map { try object($0) }
        let kinds = lines.compactMap { $0["kind"] as? String }
        #expect(
            lines.filter { $0["kind"] as? String == "member" }.compactMap { $0["name"] as? String } == ["Nino, \"N\""])
        let captures = lines.filter { $0["kind"] as? String == "capture" }
        let versions = lines.filter { $0["kind"] as? String == "document_version" }
        #expect(
            !captures.isEmpty
                && Set(captures.compactMap { $0["version"] as? String })
                    == Set(versions.compactMap { $0["id"] as? String })
        )
        #expect(
            captures.allSatisfy {
                $0["author_name"] as? String == "Nino, \"N\"" && ($0["raw_sha256"] as? String)?.count == 64
            })
        #expect(kinds.firstIndex(of: "member") == 1)
    }

    @Test("leaves private layers out unless they are asked for")
    func privateLayers() throws {
        for export in [try content().webAnnotations(), try content().commaSeparated(), try content().jsonLines()] {
            #expect(!String(decoding: export.bytes, as: UTF8.self).contains("secret"))
        }
        #expect(
            String(decoding: try content(includesPrivate: true).jsonLines().bytes, as: UTF8.self).contains("secret"))
    }

    // MARK: W3C

    @Test("web annotations point at what was marked, in code points")
    func selectors() throws {
        let scalars = Array(TemporaryStore.text.unicodeScalars)
        let annotations = try items(try content().webAnnotations()).filter { $0["target"] is [String: Any] }
        #expect(annotations.count == 3)
        for annotation in annotations {
            let target = try #require(annotation["target"] as? [String: Any])
            let selectors = try #require(target["selector"] as? [[String: Any]])
            let start = try #require(selectors[0]["start"] as? Int)
            let end = try #require(selectors[0]["end"] as? Int)
            let quote = try #require(selectors[1]["exact"] as? String)
            var passage = String.UnicodeScalarView()
            passage.append(contentsOf: scalars[start..<end])
            #expect(Array(String(passage).utf8) == Array(quote.utf8))
            let state = try #require(target["state"] as? [String: Any])
            #expect(state["sourceDate"] as? String == "2015-03-18T10:00:00.000Z")
            #expect((state["cached"] as? String)?.hasPrefix("ni:///sha-256;") == true)
        }
        #expect((annotations[2]["target"] as? [String: Any])?["variorum:recordedSelector"] != nil)
    }

    @Test("web annotations carry note, codes, tags, statement, comments and memos as bodies")
    func bodies() throws {
        let all = try items(try content().webAnnotations())
        #expect(all.count == 6)
        #expect(all[0]["motivation"] as? String == "highlighting")
        #expect(all[0]["body"] == nil)
        let full = all[1]
        #expect(full["motivation"] as? [String] == ["commenting", "classifying", "tagging", "describing"])
        let bodies = try #require(full["body"] as? [[String: Any]])
        #expect(
            bodies.compactMap { $0["purpose"] as? String }.sorted()
                == ["classifying", "classifying", "classifying", "commenting", "describing", "tagging", "tagging"])
        let values = Set(bodies.compactMap { $0["value"] as? String })
        #expect(values.isSuperset(of: ["denial", "framing", "a", "b; c"]))
        #expect(values.contains { $0.hasPrefix("Georgia on denial: reject (2015-03; re entity") })
        #expect((bodies.last?["creator"] as? [String: Any])?["name"] as? String == "Nino, \"N\"")
        let statement = try #require(bodies.last?["variorum:statement"] as? [String: Any])
        #expect((statement["variorum:speaker"] as? [String: Any])?["name"] as? String == "Georgia")
        #expect(
            all.compactMap { $0["motivation"] as? String } == [
                "highlighting", "highlighting", "commenting", "replying", "describing",
            ])
        #expect(all[4]["target"] as? String == all[3]["id"] as? String)
    }

    @Test("an empty collection is one")
    func empty() throws {
        let empty = try TemporaryStore()
        let content = try empty.store.read { try ExportContent(reading: $0) }
        let collection = try object(content.webAnnotations().bytes)
        #expect(collection["total"] as? Int == 0)
        #expect(collection["first"] == nil)
        #expect(content.commaSeparated().bytes.filter { $0 == 0x0A }.count == 1)
    }

    // MARK: CSV

    @Test("CSV has a row per annotation and code, read back by an independent reader")
    func commaSeparated() throws {
        let text = String(decoding: try content().commaSeparated().bytes, as: UTF8.self)
        #expect(text.hasPrefix("annotation,document,document_title,version_sha256,start,end,exact,"))
        let rows = Self.parse(text)
        let header = rows[0]
        func column(_ name: String) -> [String] { rows.dropFirst().map { $0[header.firstIndex(of: name) ?? 0] } }
        #expect(rows.allSatisfy { $0.count == header.count })
        #expect(column("code_path").sorted() == ["", "", "", "framing", "framing > denial"])
        #expect(column("note").contains("A \"note\",\nin two lines"))
        #expect(Set(column("author_name")) == ["Nino, \"N\""])
        // A corrected annotation has the words of its corrected boundaries.
        #expect(column("exact").contains("Georgia\u{301} 🇬🇪"))
    }

    /// The grammar of RFC 4180, character by character.
    private static func parse(_ text: String) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var cell = ""
        var isQuoted = false
        let scalars = Array(text.unicodeScalars)
        var place = 0
        while place < scalars.count {
            let scalar = scalars[place]
            if isQuoted {
                if scalar == "\"" {
                    if place + 1 < scalars.count, scalars[place + 1] == "\"" {
                        cell.unicodeScalars.append("\"")
                        place += 1
                    } else {
                        isQuoted = false
                    }
                } else {
                    cell.unicodeScalars.append(scalar)
                }
            } else if scalar == "\"" {
                isQuoted = true
            } else if scalar == "," {
                row.append(cell)
                cell = ""
            } else if scalar == "\r", place + 1 < scalars.count, scalars[place + 1] == "\n" {
                row.append(cell)
                rows.append(row)
                (row, cell) = ([], "")
                place += 1
            } else {
                cell.unicodeScalars.append(scalar)
            }
            place += 1
        }
        return rows
    }

    // MARK: JSON lines

    @Test("JSON lines hold every record")
    func jsonLines() throws {
        let lines = try content().jsonLines().bytes.split(separator: 0x0A).map { try object($0) }
        let kinds = lines.compactMap { $0["kind"] as? String }
        #expect(
            kinds == [
                "workspace", "member", "document", "document_version", "capture", "code", "code", "code", "entity",
                "annotation",
                "annotation", "annotation", "statement", "comment", "comment", "memo",
            ])
        #expect((lines[3]["text"] as? String).map { Array($0.utf8) } == Array(TemporaryStore.text.utf8))
        #expect(try content().jsonLines().losses.isEmpty)
    }

    @Test("JSON lines hold the values in conflict")
    func conflicts() throws {
        let code = try temporary.create(.code, [(Field.Code.name, .text("one"))])
        let empty = try LocalStore.create(
            in: StoreFolder(path: NSTemporaryDirectory() + "variorum-\(UUID().uuidString)"), memberName: "Luka",
            title: "",
            options: .init(cryptography: OpenSSLCryptography(), clock: { 1_426_672_900_000 }))
        defer { try? FileManager.default.removeItem(atPath: empty.folder.path) }
        _ = try empty.read(try temporary.store.bundle())
        let shared = try temporary.layer(.shared)
        try temporary.store.write { try $0.set(Field.Code.name, of: code, in: shared, to: .text("mine")) }
        try empty.write { try $0.set(Field.Code.name, of: code, in: shared, to: .text("theirs")) }
        _ = try temporary.store.read(try empty.bundle())
        let lines = try content().jsonLines().bytes.split(separator: 0x0A).map { try object($0) }
        let conflict = try #require(lines.last)
        #expect(conflict["kind"] as? String == "conflict")
        #expect(conflict["record_kind"] as? String == "code")
        let values = try #require(conflict["values"] as? [[String: Any]])
        #expect(Set(values.compactMap { $0["value"] as? String }) == ["mine", "theirs"])
        #expect(try content().webAnnotations().losses.losses.contains { $0.what.hasPrefix("conflicts") })
    }

    @Test("a loss report names what has no place")
    func losses() throws {
        let web = try content().webAnnotations().losses.losses
        #expect(web.map(\.count) == [1, 1, 1])
        let rows = try content().commaSeparated().losses.losses
        #expect(rows.map(\.what).contains("statements"))
        #expect(rows.map(\.what).contains { $0.contains("separator") })
    }
}
