import Foundation
import Testing

@testable import CommandLine

@Suite("The codebook", .serialized)
struct CodebookTests {
    private let desk: Desk

    init() async throws {
        desk = try await Desk.withStore()
        try desk.write("Georgia condemned the treaty. Russia praised the treaty.\n", to: "a.txt")
        try await desk.succeed("import", "a.txt")
    }

    private func code(_ name: String) async throws -> [String: Any] {
        try #require(try await desk.list("codes", "code", "list").first { $0["name"] as? String == name })
    }

    private func revision() async throws -> String {
        try #require(try await desk.json("codebook", "revision")["revision"] as? String)
    }

    private func stale(_ arguments: String...) async throws -> [[String: Any]] {
        let result = try await desk.run(["codebook", "stale", "--json"] + arguments)
        return try #require((try result.json() as? [String: Any])?["codings"] as? [[String: Any]])
    }

    @Test("codes are renamed, moved and retired")
    func shape() async throws {
        try await desk.succeed("code", "add", "framing", "--heading", "--shortcut", "f")
        try await desk.succeed(
            "code", "add", "legal", "moral", "-p", "framing", "--include", "law", "--exclude", "taste")
        try await desk.succeed("code", "rename", "framing/legal", "of law")
        try await desk.succeed("code", "move", "moral", "--under", "framing/of law")
        #expect(try await desk.succeed("code", "tree") == "framing (heading)\n└ of law\n  └ moral\n")
        #expect(try await desk.fail(65, "code", "move", "framing", "--under", "moral").contains("stands under it"))
        try await desk.fail(64, "code", "move", "moral")
        try await desk.succeed("code", "move", "moral", "--top")
        try await desk.succeed("code", "retire", "moral")
        #expect(try await desk.succeed("code", "tree") == "framing (heading)\n└ of law\nmoral (retired)\n")
        #expect(try await desk.succeed("code", "tree", "--below", "framing") == "framing (heading)\n└ of law\n")
        let tree = try await desk.list("codes", "code", "tree")
        #expect((tree[0]["children"] as? [[String: Any]])?.map { $0["name"] as? String } == ["of law"])
        #expect(try await code("of law")["include"] as? String == "law")
        #expect(try await code("framing")["shortcut"] as? String == "f")
        #expect(try await desk.fail(65, "annotate", "1", "-q", "Russia", "-c", "framing").contains("heading"))
    }

    @Test("merges and splits are taken back, and the codings are what they were")
    func mergeAndSplit() async throws {
        try await desk.succeed("code", "add", "a", "b")
        try await desk.succeed("annotate", "1", "-q", "Russia", "-c", "a")
        let before = try await revision()
        try await desk.succeed("code", "merge", "a", "--into", "b")
        let coded = try await desk.list("annotations", "list")[0]["codes"] as? [[String: Any]]
        #expect(coded?.first?["name"] as? String == "b")
        #expect(try await desk.fail(65, "code", "unmerge", "b").contains("not merged"))
        #expect(try await desk.fail(66, "code", "unmerge", "c").contains("no merged code"))
        try await desk.succeed("code", "unmerge", "a")
        #expect(try await desk.list("annotations", "list", "--code", "a").count == 1)
        #expect(try await revision() == before)
        let parts = try await desk.list("codes", "code", "split", "a", "a1", "a2", "--retire")
        let origin = try #require(try await code("a")["id"] as? String)
        #expect(parts.map { $0["split_from"] as? [String] } == [[origin], [origin]])
        #expect(try await code("a")["status"] as? String == "retired")
        #expect(try await desk.fail(65, "code", "split", "b", "a1").contains("already"))
        try await desk.succeed("undo")
        #expect(try await revision() == before)
    }

    @Test("codings say under which codebook they were made, and the worklist what changed since")
    func worklist() async throws {
        try await desk.succeed("code", "add", "a", "b")
        let before = try await revision()
        try await desk.succeed("annotate", "1", "-q", "Russia", "-c", "a")
        try await desk.succeed("annotate", "1", "-q", "Georgia", "-c", "b")
        let made = try await desk.json("annotate", "1", "-q", "praised", "-c", "new", "--create")
        #expect(
            made["codebook_revision"] as? String == (try await revision()), "with the code that was made on the way")
        #expect(try await desk.json("annotate", "1", "-q", "condemned")["codebook_revision"] is NSNull)
        let marks = try await desk.list("annotations", "list")
        #expect(marks.first?["codebook_revision"] as? String == before)
        #expect(try await stale().isEmpty)
        #expect(try await stale("--all").count == 2)

        try await desk.succeed("code", "edit", "a", "--definition", "d")
        try await desk.succeed("code", "edit", "b", "--colour", "#000000")
        let list = try await stale("--mine")
        #expect(list.map { $0["id"] as? String } == [marks[0]["id"] as? String])
        let change = try #require((list[0]["changes"] as? [[String: Any]])?.first)
        #expect(change["name"] as? String == "a" && change["fields"] as? [String] == ["definition"])
        #expect(try await desk.succeed("codebook", "stale").contains("a: definition"))

        let id = try #require(marks[0]["id"] as? String)
        try await desk.succeed("edit", id, "--add-code", "a")
        #expect(try await stale().isEmpty, "who applies it again means the code of now")

        try await desk.succeed("statement", id, "--concept", "b")
        try await desk.succeed("code", "merge", "b", "--into", "new")
        #expect(try await stale().map { $0["kind"] as? String } == ["annotation", "statement"])
        try await desk.succeed("code", "delete", "new", "--force")
        #expect(try await desk.succeed("codebook", "stale").contains("new: was deleted"))
    }

    @Test("a statement's concept is stamped when it is written, not when another field is")
    func stamps() async throws {
        try await desk.succeed("code", "add", "a", "b")
        let mark = try #require(try await desk.json("annotate", "1", "-q", "Russia")["id"] as? String)
        let made = try await desk.json("statement", mark, "--position", "support")
        #expect(made["codebook_revision"] is NSNull)
        let id = try #require(made["id"] as? String)
        #expect(try await desk.json("edit", id, "position=reject")["codebook_revision"] is NSNull)
        #expect(try await desk.json("edit", id, "concept=a")["codebook_revision"] as? String == (try await revision()))
    }

    @Test("codebooks go out and come in, and nothing is made twice")
    func files() async throws {
        try await desk.succeed("codebook", "import", "plover")
        #expect(try await desk.json("codebook", "import", "plover")["known"] as? Int == 17)
        try await desk.succeed("code", "add", "own", "-p", "PLOVER/AGREE", "--include", "x")
        let export = try await desk.run(["codebook", "export", "-o", "a.qdc"])
        #expect(export.code == 0 && export.errors.contains("codes with examples"))
        try await desk.succeed("codebook", "export", "-o", "a.csv")
        #expect(try await desk.json("codebook", "import", "a.qdc")["known"] as? Int == 18)
        let revision = try await revision()

        let other = try await Desk.withStore("Ann")
        try other.write(try desk.read("a.csv"), to: "a.csv")
        try other.write(try desk.read("a.qdc"), to: "a.qdc")
        #expect(try await other.json("codebook", "import", "a.csv")["added"] as? Int == 18)
        #expect(try await other.json("codebook", "revision")["revision"] as? String == revision)
        try await other.succeed("code", "edit", "own", "--definition", "mine", "--parent", "")
        #expect(try await other.json("codebook", "import", "a.qdc")["known"] as? Int == 18)
        #expect(try await other.json("codebook", "import", "a.qdc", "--update")["updated"] as? Int == 1)
        #expect(
            try await other.list("codes", "code", "list").first { $0["name"] as? String == "own" }?["path"] as? [String]
                == ["PLOVER", "AGREE", "own"])
        try await other.succeed("code", "delete", "own")
        #expect(try await other.json("codebook", "import", "a.csv")["deleted"] as? Int == 1)
        #expect(
            try await desk.succeed("codebook", "import", "-", "--format", "csv", input: "name\nz\n").contains(
                "1 code added"))
        #expect(try await desk.fail(65, "codebook", "import", "-", "-f", "qdc", input: "<a/>").contains("no REFI-QDA"))
        try await desk.fail(64, "codebook", "import", "a.txt")
        try await desk.fail(66, "codebook", "import", "missing.qdc")
    }

    @Test("statement types ask questions of a team's own")
    func statementTypes() async throws {
        try await desk.succeed(
            "statement", "type", "add", "claim", "-v", "frame:choice:legal|moral", "-v", "certain:boolean", "-v",
            "weight:integer", "-v", "about:entity", "-v", "kind:code", "-v", "on:date", "-r", "frame")
        try await desk.succeed("entity", "add", "Georgia")
        try await desk.succeed("code", "add", "c")
        let mark = try #require(try await desk.json("annotate", "1", "-q", "Russia")["id"] as? String)
        #expect(
            try await desk.run(["statement", mark, "-t", "claim", "-p", "reject"]).errors.contains("'frame' is asked"))
        let made = try await desk.json(
            "statement", mark, "-t", "claim", "--value", "frame=legal", "--value", "certain=yes", "--value", "weight=3",
            "--value", "about=georgia", "--value", "kind=c", "--value", "on=2015-03")
        let id = try #require(made["id"] as? String)
        #expect((made["type"] as? [String: Any])?["name"] as? String == "claim")
        let values = try #require(made["values"] as? [[String: Any]])
        #expect(
            Set(values.compactMap { $0["name"] as? String }) == ["frame", "certain", "weight", "about", "kind", "on"])
        #expect(try await desk.succeed("statement", "list").contains("frame=legal"))
        try await desk.succeed("statement", "set", id, "frame=moral", "weight=")
        let fresh = try await desk.list("statements", "statement", "list").last?["values"] as? [[String: Any]]
        #expect(fresh?.count == 5 && fresh?.contains { $0["value"] as? String == "moral" } == true)
        #expect(try await desk.succeed("statement", "set", id, "frame=moral").contains("nothing to change"))
        #expect(try await desk.fail(65, "statement", "set", id, "frame=ugly").contains("one of legal, moral"))
        #expect(try await desk.fail(65, "statement", "set", id, "fram=moral").contains("Did you mean 'frame'?"))
        try await desk.fail(64, "statement", mark, "--value", "frame=legal")
        try await desk.fail(64, "statement", "type", "add", "x", "-v", "y:colour")
        try await desk.fail(65, "statement", "type", "add", "CLAIM")
        try await desk.succeed("statement", "type", "add", "claim", "-v", "more:text")
        let types = try await desk.list("statement_types", "statement", "type", "list")
        #expect((types[0]["variables"] as? [[String: Any]])?.last?["name"] as? String == "more")
        #expect((types[0]["variables"] as? [[String: Any]])?.first?["is_required"] as? Bool == true)
        // An answer that was undone can be given again.
        try await desk.succeed("statement", "set", id, "more=1")
        try await desk.succeed("undo")
        try await desk.succeed("statement", "set", id, "more=2")
        #expect(try await desk.succeed("statement", "list").contains("more=2"))
        #expect(try await desk.json("conflicts")["conflicts"] as? [String] == [])
    }

    @Test("statement types and their questions change, and answers stay")
    func statementTypeEdits() async throws {
        try await desk.succeed(
            "statement", "type", "add", "claim", "-v", "frame:choice:legal|moral", "-v", "weight:integer")
        let mark = try #require(try await desk.json("annotate", "1", "-q", "Russia")["id"] as? String)
        try await desk.succeed("statement", mark, "-t", "claim", "--value", "frame=legal", "--value", "weight=3")
        try await desk.succeed(
            "statement", "type", "edit", "claim", "--name", "assertion", "--definition", "What somebody holds",
            "--colour", "#aa3300")
        try await desk.succeed(
            "statement", "type", "edit-variable", "assertion", "frame", "--name", "angle", "--required", "yes",
            "--add-choice", "economic", "--remove-choice", "legal")
        try await desk.succeed("statement", "type", "edit-variable", "assertion", "weight", "--definition", "1 to 5")
        let type = try #require(try await desk.list("statement_types", "statement", "type", "list").first)
        #expect(type["name"] as? String == "assertion" && type["definition"] as? String == "What somebody holds")
        let angle = try #require((type["variables"] as? [[String: Any]])?.first { $0["name"] as? String == "angle" })
        #expect(angle["is_required"] as? Bool == true && angle["choices"] as? [String] == ["economic", "moral"])
        // What was chosen before stays; it cannot be chosen any more.
        #expect(try await desk.succeed("statement", "list").contains("angle=legal"))
        let mark2 = try #require(try await desk.json("annotate", "1", "-q", "Russia")["id"] as? String)
        #expect(
            try await desk.fail(65, "statement", mark2, "-t", "assertion", "--value", "angle=legal")
                .contains("one of economic, moral"))
        try await desk.succeed("statement", "type", "edit", "assertion", "--status", "retired")
        #expect(
            try await desk.fail(65, "statement", mark2, "-t", "assertion", "--value", "angle=moral")
                .contains("--status active"))
        #expect(try await desk.succeed("statement", "list").contains("angle=legal"))
        try await desk.succeed("statement", "type", "edit", "assertion", "--status", "active", "--colour", "")
        try await desk.succeed("statement", mark2, "-t", "assertion", "--value", "angle=moral")

        try await desk.fail(64, "statement", "type", "edit", "assertion")
        #expect(try await desk.fail(66, "statement", "type", "edit", "asertion", "--name", "x").contains("assertion"))
        try await desk.fail(65, "statement", "type", "edit", "assertion", "--name", " ")
        try await desk.fail(65, "statement", "type", "edit-variable", "assertion", "angle", "--name", "a=b")
        try await desk.fail(65, "statement", "type", "edit-variable", "assertion", "angle", "--name", "weight")
        try await desk.fail(65, "statement", "type", "edit-variable", "assertion", "weight", "--add-choice", "x")
        try await desk.fail(65, "statement", "type", "edit-variable", "assertion", "angle", "--remove-choice", "odd")
        try await desk.fail(
            65, "statement", "type", "edit-variable", "assertion", "angle", "--remove-choice", "economic",
            "--remove-choice", "moral")
        try await desk.fail(66, "statement", "type", "edit-variable", "assertion", "angel", "--required", "no")
    }

    @Test("entities have attributes")
    func attributes() async throws {
        try await desk.succeed("entity", "add", "Georgia")
        try await desk.succeed("entity", "attribute", "Georgia", "capital", "Tiflis")
        let entity = try await desk.json("entity", "attribute", "georgia", "capital", "Tbilisi")
        #expect((entity["attributes"] as? [[String: String]]) == [["key": "capital", "value": "Tbilisi"]])
        #expect(try await desk.succeed("entity", "list").contains("capital=Tbilisi"))
        #expect(
            try await desk.succeed("entity", "attribute", "Georgia", "capital", "Tbilisi").contains("nothing to change")
        )
        try await desk.succeed("entity", "attribute", "Georgia", "capital", "")
        #expect(try await !desk.succeed("entity", "list").contains("capital="))
    }
}
