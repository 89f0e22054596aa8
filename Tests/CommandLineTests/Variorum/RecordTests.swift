import Foundation
import Testing

@testable import CommandLine

@Suite("Records", .serialized)
struct RecordTests {
    private let desk: Desk

    init() async throws {
        desk = try await Desk.withStore()
        try desk.write(try treaty(), to: "treaty.txt")
        try await desk.succeed("import", "treaty.txt")
    }

    private func annotate(_ quote: String) async throws -> String {
        try #require(try await desk.json("annotate", "1", "-q", quote)["id"] as? String)
    }

    private func annotation(_ id: String) async throws -> [String: Any] {
        try #require(try await desk.list("annotations", "list").first { $0["id"] as? String == id })
    }

    // MARK: Codebook

    @Test("codes stand in a tree and are named by name, path or id")
    func codes() async throws {
        try await desk.succeed("code", "add", "framing", "--definition", "How it is put")
        let added = try await desk.list("codes", "code", "add", "delegitimising", "praising", "--parent", "framing")
        #expect(added.map { $0["path"] as? [String] } == [["framing", "delegitimising"], ["framing", "praising"]])
        #expect(try await desk.succeed("code", "list").contains("  praising"))
        #expect(try await desk.fail(65, "code", "add", "FRAMING").contains("already"))
        #expect(try await desk.fail(65, "code", "add", "x", "x").contains("already"))
        try await desk.succeed("code", "add", "praising")
        #expect(try await desk.fail(65, "code", "edit", "praising", "--name", "x").contains("could be several codes"))
        try await desk.succeed("code", "edit", "framing/praising", "--name", "applauding", "--colour", "#00ff00")
        #expect(
            try await desk.fail(65, "code", "edit", "framing", "--parent", "applauding").contains("cannot stand under"))
        #expect(
            try await desk.fail(65, "code", "edit", "framing", "--parent", "framing").contains("cannot stand under"))
        try await desk.succeed("code", "edit", "applauding", "--parent", "", "--definition", "")
        #expect(try await desk.fail(66, "code", "edit", "nothing", "--name", "x").contains("variorum code list"))
        #expect(try await desk.fail(64, "code", "edit", "framing").contains("what to change"))
        #expect(try await desk.succeed("code", "edit", "applauding", "--name", "applauding").contains("so already"))
        let id = try #require(added[0]["id"] as? String)
        #expect(
            try await desk.json("code", "edit", String(id.prefix(8)) == id ? id : id, "--status", "retired")["status"]
                as? String == "retired")
        #expect(
            try await desk.fail(65, "annotate", "1", "-q", "issued special", "-c", "delegitimising").contains("retired")
        )
    }

    @Test("a merge shows the other code, keeps the coding, and can be undone")
    func merge() async throws {
        try await desk.succeed("code", "add", "a", "b")
        let id = try await annotate("issued special")
        try await desk.succeed("edit", id, "--add-code", "a")
        try await desk.succeed("code", "merge", "a", "--into", "b")
        let code = try #require((try await annotation(id)["codes"] as? [[String: Any]])?.first)
        #expect(code["name"] as? String == "b")
        #expect(code["id"] as? String != code["effective"] as? String)
        #expect(try await desk.fail(65, "code", "merge", "a", "--into", "b").contains("both names"))
        #expect(try await desk.succeed("code", "list").contains("1"))
        try await desk.succeed("undo")
        #expect((try await annotation(id)["codes"] as? [[String: Any]])?.first?["name"] as? String == "a")
        // Taking the code away that shows takes the merged one away.
        try await desk.succeed("code", "merge", "a", "--into", "b")
        try await desk.succeed("edit", id, "--remove-code", "b")
        #expect((try await annotation(id)["codes"] as? [Any])?.isEmpty == true)
    }

    @Test("a code in use is not deleted by accident")
    func deleteCode() async throws {
        try await desk.succeed("annotate", "1", "-q", "issued special", "-c", "a", "--create")
        #expect(try await desk.fail(65, "code", "delete", "a").contains("retired"))
        #expect(try await desk.fail(65, "delete", "a").contains("--force"))
        try await desk.succeed("code", "delete", "a", "--force")
        #expect(try await desk.succeed("list").contains("not here"))
        #expect(try await desk.succeed("read", "1").contains("not here"))
        try await desk.succeed("undo")
        #expect(try await desk.list("codes", "code", "list").count == 1)
    }

    // MARK: Entities and statements

    @Test("statements name entities by any of their names")
    func statements() async throws {
        try await desk.succeed(
            "entity", "add", "European Union", "-t", "organisation", "-a", "EU", "--external-id", "wikidata:Q458")
        try await desk.succeed("entity", "add", "Federica Mogherini", "--type", "person", "--parent", "eu")
        #expect(try await desk.fail(65, "entity", "add", "european union").contains("already"))
        let id = try await annotate("no legal standing")
        let statement = try await desk.json(
            "statement", id, "--speaker", "federica mogherini", "--organisation", "EU", "--concept", "treaty",
            "--position",
            "reject", "--date", "2015-03-17", "--directness", "direct", "--addressee", "Russia", "-i",
            "12 August 2008 Agreement",
            "-i", "Implementing Measures", "--create")
        #expect((statement["speaker"] as? [String: Any])?["name"] as? String == "Federica Mogherini")
        #expect((statement["instruments"] as? [Any])?.count == 2)
        #expect(try await desk.list("entities", "entity", "list").count == 5)
        #expect(try await desk.list("entities", "entity", "list", "--type", "instrument").count == 2)
        #expect(try await desk.succeed("read", "1").contains("says: Federica Mogherini (European Union)"))
        #expect(try await desk.list("statements", "statement", "list", "--speaker", "EU").count == 1)
        #expect(try await desk.list("statements", "statement", "list", "--concept", "treaty").count == 1)
        #expect(try await desk.list("statements", "statement", "list", "--document", "1").count == 1)
        #expect(try await desk.succeed("statement", "list").contains("“no legal standing”"))

        #expect(
            try await desk.fail(66, "statement", id, "--speaker", "Federica Mogherin").contains(
                "Did you mean 'Federica Mogherini'?"))
        #expect(try await desk.fail(64, "statement", id, "--position", "against").contains("support, reject"))
        #expect(try await desk.fail(65, "statement", id, "--date", "2015-02-30").contains("YYYY"))
        #expect(try await desk.fail(64, "statement", id).contains("at least one thing"))
        #expect(try await desk.fail(66, "statement", "ffffffff", "--position", "reject").contains("no annotation"))
        #expect(try await desk.list("statements", "statement", "list").count == 1)

        let record = try #require(statement["id"] as? String)
        try await desk.succeed("edit", record, "position=neutral", "speaker=", "--add", "instruments=EU")
        #expect(try await desk.fail(65, "edit", record, "position=suport").contains("Did you mean 'support'?"))
        try await desk.succeed("entity", "merge", "Russia", "--into", "EU")
        let changed = try await desk.list("statements", "statement", "list")[0]
        #expect(changed["speaker"] is NSNull)
        #expect((changed["addressee"] as? [String: Any])?["name"] as? String == "European Union")
        #expect(
            try await desk.json("entity", "edit", "EU", "--remove-alias", "EU", "--add-alias", "E.U.")["aliases"]
                as? [String] == ["E.U."])
    }

    @Test("a merged entity's names and attributes show with the one that stands for it, until that is taken back")
    func joinedEntities() async throws {
        try await desk.succeed("entity", "add", "Georgia", "-a", "GE")
        try await desk.succeed("entity", "add", "Sakartvelo", "-a", "GEO", "--external-id", "wikidata:Q230")
        try await desk.succeed("entity", "attribute", "Georgia", "capital", "Tbilisi")
        try await desk.succeed("entity", "attribute", "Sakartvelo", "capital", "Tiflis")
        try await desk.succeed("entity", "attribute", "Sakartvelo", "area", "69700")
        let before = try await desk.succeed("entity", "list", "--all")
        let id = try #require(try await desk.list("entities", "entity", "list").first?["id"] as? String)
        try await desk.succeed("entity", "merge", "Sakartvelo", "--into", "Georgia")
        desk.environment["COLUMNS"] = "300"
        let list = try await desk.succeed("entity", "list")
        #expect(list.contains("area=69700, capital=Tbilisi (else Tiflis by Sakartvelo)"), "\(list)")
        #expect(list.contains("GE, GEO, Sakartvelo, wikidata:Q230") && !list.contains("merged into"))
        let all = try await desk.list("entities", "entity", "list")
        #expect(all[1]["joined"] is NSNull && (all[1]["attributes"] as? [Any])?.count == 2)
        #expect(all[0]["aliases"] as? [String] == ["GE"] && (all[0]["attributes"] as? [Any])?.count == 1)
        let joined = try #require(all[0]["joined"] as? [String: Any])
        #expect(joined["entities"] as? [String] == [try #require(all[1]["id"] as? String)])
        #expect(joined["aliases"] as? [String] == ["GE", "GEO", "Sakartvelo"])
        let attributes = try #require(joined["attributes"] as? [[String: Any]])
        #expect(attributes.map { $0["value"] as? String } == ["69700", "Tbilisi"])
        #expect(attributes[1]["from"] as? String == id)
        #expect((attributes[1]["others"] as? [[String: Any]])?.first?["value"] as? String == "Tiflis")
        // Its other names mean the one that stands for it.
        #expect(try await desk.json("entity", "edit", "geo", "-t", "state")["id"] as? String == id)
        try await desk.succeed("undo")
        try await desk.succeed("undo")
        desk.environment["COLUMNS"] = "80"
        #expect(try await desk.succeed("entity", "list", "--all") == before)
    }

    @Test("one name in two places of a statement is one entity")
    func createdOnce() async throws {
        let id = try await annotate("no legal standing")
        try await desk.succeed("statement", id, "--speaker", "EU", "--organisation", "EU", "--create")
        #expect(try await desk.list("entities", "entity", "list").count == 1)
    }

    // MARK: Comments and memos

    @Test("comments answer one another, and stay private with what is private")
    func comments() async throws {
        let id = try await annotate("no legal standing")
        let first = try #require(try await desk.json("comment", id, "really?")["id"] as? String)
        let answer = try await desk.json("comment", first, "yes")
        #expect(answer["reply_to"] as? String == first)
        #expect(answer["target"] as? String == id)
        #expect(answer["layer"] as? String == "shared")
        let view = try await desk.succeed("read", "1")
        #expect(view.contains("↳ Nino: really?") && view.contains("  ↳ Nino: yes"))
        let hidden = try #require(
            try await desk.json("annotate", "1", "-q", "issued special", "--private")["id"] as? String)
        #expect(try await desk.json("comment", hidden, "mine")["layer"] as? String == "private")
        #expect(try await desk.run(["comment", "1", "-"], input: "from a pipe\n").code == 0)
        #expect(try await desk.succeed("read", "1").contains("On the document:\n  ↳ Nino: from a pipe"))
        #expect(try await desk.fail(65, "comment", id, " ").contains("empty"))
        #expect(try await desk.fail(66, "comment", "ffffffff", "x").contains("no record"))
        #expect(try await desk.fail(65, "comment", hidden, "x", "--reply-to", first).contains("another record"))
        try await desk.succeed("edit", first, "is_resolved=yes")
        #expect(try await desk.succeed("read", "1").contains("really? (resolved)"))
    }

    @Test("memos are on the project or on a record")
    func memos() async throws {
        try await desk.succeed("memo", "add", "on the project", "--title", "Plan")
        try await desk.succeed("memo", "add", "on the text", "--about", "1", "--private")
        #expect(try await desk.list("memos", "memo", "list").count == 2)
        #expect(try await desk.list("memos", "memo", "list", "--about", "treaty").count == 1)
        #expect(try await desk.succeed("memo", "list").contains("Plan · Nino"))
        #expect(try await desk.succeed("read", "1").contains("on the text"))
        #expect(try await desk.fail(65, "memo", "add", "").contains("empty"))
    }

    // MARK: Editing

    @Test("any field of any record")
    func edit() async throws {
        let id = try await annotate("no legal standing")
        let edited = try await desk.json("edit", id, "note=a=b", "confidence=40", "--add-tag", "x", "--add", "tags=y")
        #expect(edited["note"] as? String == "a=b")
        #expect(edited["tags"] as? [String] == ["x", "y"])
        #expect(try await desk.json("edit", id, "note=", "--remove-tag", "x")["note"] is NSNull)
        #expect(
            try await desk.json("edit", "1", "title=New", "published_on=2015-03", "--add", "uris=https://example.org/")[
                "uris"] as? [String] == ["https://example.org/"])
        #expect(try await desk.fail(65, "edit", id, "quote=x").contains("corrected_range"))
        #expect(try await desk.fail(64, "edit", id, "tags=x").contains("--add tags="))
        #expect(try await desk.fail(64, "edit", id, "nots=x").contains("Did you mean 'note'?"))
        #expect(try await desk.fail(64, "edit", id, "note").contains("FIELD=VALUE"))
        #expect(try await desk.fail(64, "edit", id).contains("what to change"))
        #expect(try await desk.fail(64, "edit", id, "--add", "note=x").contains("no set"))
        #expect(try await desk.fail(65, "edit", id, "confidence=many").contains("whole number"))
        #expect(try await desk.fail(65, "edit", id, "corrected_range=9-3").contains("120-145"))
        #expect(try await desk.fail(65, "edit", "1", "published_on=yesterday").contains("YYYY"))
        #expect(try await desk.fail(66, "edit", "ffffffff", "note=x").contains("no record"))
    }

    @Test("deleting, restoring, undoing")
    func delete() async throws {
        let id = try await annotate("no legal standing")
        try await desk.succeed("statement", id, "--position", "reject")
        let deleted = try await desk.list("deleted", "delete", id)
        #expect(deleted.compactMap { $0["kind"] as? String } == ["annotation", "statement"])
        #expect(try await desk.fail(66, "delete", id).contains("variorum restore"))
        #expect(try await desk.json("restore", id)["restored"] != nil)
        #expect(try await desk.list("annotations", "list").count == 1)
        #expect(try await desk.list("statements", "statement", "list").isEmpty)
        #expect(try await desk.fail(1, "restore", id).contains("not deleted"))
        try await desk.succeed("undo")  // the restoring
        #expect(try await desk.list("annotations", "list").isEmpty)
        try await desk.succeed("undo")  // the deleting
        #expect(try await desk.list("statements", "statement", "list").count == 1)
        #expect(try await desk.fail(65, "delete", "1").contains("1 annotation"))
        try await desk.succeed("delete", "1", "--force")
        #expect(try await desk.list("documents", "documents").isEmpty)
        #expect(try await desk.fail(1, "search", "treaty", "-k", "text").contains("nothing"))
        try await desk.succeed("import", "treaty.txt")
        #expect(try await desk.succeed("read", "1").contains("⟦¹no legal standing⟧"))
        for _ in 0..<10 { _ = try await desk.run(["undo"]) }
        #expect(try await desk.fail(1, "undo").contains("nothing to undo"))
        #expect(try await desk.list("documents", "documents").isEmpty)
        #expect(try await desk.json("check")["is_clean"] as? Bool == true)
    }

    @Test("the log tells who did what")
    func log() async throws {
        let id = try await annotate("no legal standing")
        try await desk.succeed("edit", id, "note=first")
        try await desk.succeed("edit", id, "note=second", "--add-tag", "x")
        let changes = try await desk.list("changes", "log", id)
        #expect(changes.count == 3)
        #expect(changes.allSatisfy { $0["state"] as? String == "pending" })
        let text = try await desk.succeed("log", id)
        #expect(text.contains("note = “second”, tags + “x”"))
        try await desk.succeed("delete", id)
        #expect(try await desk.succeed("log", id).contains("deleted"))
        #expect(try await desk.list("changes", "log", "--limit", "2").count == 2)
        #expect(try await desk.fail(64, "log", "--limit", "0").contains("from 1"))
    }
}
