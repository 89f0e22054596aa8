import Foundation
import Testing

@testable import CommandLine

@Suite("Annotating", .serialized)
struct AnnotatingTests {
    private let desk: Desk

    init() async throws {
        desk = try await Desk.withStore()
        try desk.write(try treaty(), to: "treaty.txt")
        try await desk.succeed("import", "treaty.txt", "--title", "Leaders to sign treaty")
    }

    @Test("by quote, with codes, tags, a note and confidence")
    func quote() async throws {
        try await desk.succeed("code", "add", "framing")
        let annotation = try await desk.json(
            "annotate", "Leaders to SIGN treaty", "--quote", "integral   parts\nof Georgia", "--code", "FRAMING",
            "--tag", "a",
            "--tag", "b", "--tag", "a", "--note", "n", "--confidence", "80", "--colour", "#FFCC00")
        #expect(annotation["exact"] as? String == "integral parts of Georgia")
        #expect(annotation["tags"] as? [String] == ["a", "b"])
        #expect(annotation["confidence"] as? Int == 80)
        #expect(annotation["colour"] as? String == "#ffcc00")
        #expect(annotation["layer"] as? String == "personal")
        #expect((annotation["codes"] as? [[String: Any]])?.first?["name"] as? String == "framing")
        let private_ = try await desk.json("annotate", "1", "--start", "0", "--end", "16", "--private")
        #expect(private_["layer"] as? String == "private")
        #expect(private_["exact"] as? String == "The de facto lea")
        let view = try await desk.succeed("read", "1")
        #expect(view.contains("⟦¹The de facto lea"))
        #expect(view.contains("private"))
        #expect(view.contains("#a #b"))
    }

    @Test("a number that no document has is nothing but a number", arguments: [Int.min, -1, 0, 2, Int.max])
    func numbers(number: Int) async throws {
        #expect(try await desk.fail(66, "annotate", "-q", "treaty", "--", "\(number)").contains("no document"))
        #expect([7, 8].element(numbered: number) == (number == 2 ? 8 : nil))
    }

    @Test("an ambiguous quote is an error that lists the places, or a question")
    func ambiguous() async throws {
        let errors = try await desk.fail(65, "annotate", "1", "--quote", "territorial integrity")
        #expect(errors.contains("occurs 3 times") && errors.contains("--occurrence"))
        #expect(errors.contains("  2  line 3:"))
        #expect(
            try await desk.fail(65, "annotate", "1", "-q", "territorial integrity", "--occurrence", "4").contains(
                "3 times"))
        let second = try await desk.json("annotate", "1", "-q", "territorial integrity", "--occurrence", "2")
        desk.isInteractive = true
        let asked = try await desk.run(["annotate", "1", "-q", "territorial integrity"], input: "seven\n9\n2\n")
        #expect(asked.code == 0)
        #expect(asked.errors.contains("Which one?"))
        let all = try await desk.list("annotations", "list")
        #expect(all.count == 2)
        #expect(all[1]["start"] as? Int == second["start"] as? Int)
        #expect(
            try await desk.fail(65, "annotate", "1", "-q", "territorial integrity", input: "\n").contains(
                "nothing was annotated"))
    }

    @Test("mistakes change nothing")
    func mistakes() async throws {
        let before = try await desk.json("status")
        #expect(try await desk.fail(65, "annotate", "1", "-q", "Territorial Integrity").contains("does not occur"))
        #expect(try await desk.fail(66, "annotate", "2", "-q", "x").contains("no document"))
        #expect(try await desk.fail(66, "annotate", "Leaders to sign treat", "-q", "x").contains("Did you mean"))
        #expect(try await desk.fail(66, "annotate", "1", "-q", "issued special", "--code", "new").contains("--create"))
        #expect(try await desk.fail(65, "annotate", "1", "--start", "5", "--end", "99999").contains("characters"))
        #expect(try await desk.fail(64, "annotate", "1", "--start", "5", "--end", "5").contains("greater"))
        #expect(try await desk.fail(64, "annotate", "1").contains("which passage"))
        #expect(try await desk.fail(64, "annotate", "1", "-q", "x", "--start", "1").contains("either"))
        #expect(
            try await desk.fail(64, "annotate", "1", "-q", "issued special", "--confidence", "101").contains("0 to 100")
        )
        #expect(try await desk.fail(65, "annotate", "1", "-q", "issued special", "--colour", "red").contains("#ffcc00"))
        #expect(
            try await desk.fail(65, "annotate", "1", "-q", "issued special", "--code", " ", "--create").contains(
                "empty"))
        let after = try await desk.json("status")
        #expect(NSDictionary(dictionary: before) == NSDictionary(dictionary: after))
    }

    @Test("codes are made on the way, once each, in one action")
    func create() async throws {
        try await desk.succeed(
            "annotate", "1", "-q", "issued special", "-c", "new", "-c", "new", "-c", "other", "--create")
        #expect(try await desk.list("codes", "code", "list").count == 2)
        try await desk.succeed("undo")
        #expect(try await desk.list("codes", "code", "list").isEmpty)
        #expect(try await desk.list("annotations", "list").isEmpty)
    }

    @Test("annotations stand in later versions where their words do")
    func versions() async throws {
        try await desk.succeed("annotate", "1", "-q", "issued special", "-n", "moves")
        try await desk.succeed("annotate", "1", "-q", "no legal standing", "-n", "goes")
        try await desk.succeed(
            "annotate", "1", "-q", "real clear".replacing("real ", with: "remains "), "-n", "doubles")
        let id = try #require(try await desk.list("annotations", "list")[0]["id"] as? String)
        try desk.write(
            "It remains clear and remains clear.\nThe EU and the US issued special statements.", to: "second.txt")
        try await desk.succeed("import", "second.txt", "--version-of", "1")
        let annotations = try await desk.list("annotations", "read", "1")
        #expect(annotations.compactMap { $0["resolution"] as? String } == ["moved", "orphan", "ambiguous"])
        #expect((annotations[2]["candidates"] as? [Any])?.count == 2)
        let view = try await desk.succeed("read", "1")
        #expect(view.contains("moved"))
        #expect(view.contains("Not found in this version"))
        #expect(view.contains("orphan") && view.contains("in 2 places"))
        #expect(view.contains("Version 2 of 2"))
        // A corrected range is found by the words it covers, not by those it was made with.
        try await desk.succeed("edit", id, "corrected_range=0-27")
        #expect(try await desk.list("annotations", "read", "1", "--version", "1")[0]["shown_end"] as? Int == 27)
        #expect(try await desk.list("annotations", "read", "1")[0]["resolution"] as? String == "orphan")
        #expect(try await desk.fail(65, "edit", id, "corrected_range=0-99999").contains("cannot end"))
    }

    @Test("lists and searches")
    func filters() async throws {
        try await desk.succeed(
            "annotate", "1", "-q", "issued special", "-c", "a", "-t", "x", "-n", "first remark", "--create")
        try await desk.succeed("annotate", "1", "-q", "no legal standing", "-c", "b", "--create")
        #expect(try await desk.list("annotations", "list", "--code", "a").count == 1)
        #expect(try await desk.list("annotations", "list", "--tag", "x").count == 1)
        #expect(try await desk.list("annotations", "list", "--tag", "y").isEmpty)
        #expect(try await desk.list("annotations", "list", "--author", "nino").count == 2)
        #expect(try await desk.list("annotations", "list", "--text", "LEGAL no").count == 1)
        #expect(try await desk.list("annotations", "list", "--document", "1").count == 2)
        #expect(try await desk.list("annotations", "list", "--conflicts").isEmpty)
        #expect(try await desk.fail(66, "list", "--author", "somebody").contains("Nino"))
        #expect(try await desk.succeed("list").contains("issued special"))
        try await desk.succeed("code", "merge", "a", "--into", "b")
        #expect(try await desk.list("annotations", "list", "--code", "b").count == 2)
        #expect(try await desk.succeed("search", "ceasefire", "agre").contains("⟦ceasefire⟧ ⟦agreement⟧"))
        #expect(try await desk.succeed("search", "remark", "-k", "annotation").contains("annotation"))
        #expect(try await desk.fail(1, "search", "remark", "-k", "text").contains("nothing found"))
        #expect(try await desk.fail(64, "search", "x", "-k", "texts").contains("Did you mean 'text'?"))
    }

    @Test("foreign text cannot steer the terminal")
    func foreignText() async throws {
        try desk.write("evil \u{1B}[2J text", to: "evil.txt")
        try await desk.succeed("import", "evil.txt", "--title", "t\u{1B}]0;x\u{07}")
        try await desk.succeed(
            "annotate", "2", "-q", "evil", "-n", "n\u{9B}31m", "-t", "\u{202E}tag", "-c", "c\u{1B}c", "--create")
        for command in [
            ["read", "2"], ["list"], ["documents"], ["log"], ["code", "list"], ["search", "evil"],
            ["export", "-f", "jsonld"],
        ] {
            let result = try await desk.run(command)
            let unsafe = (result.output + result.errors).unicodeScalars.contains { scalar in
                (scalar.value < 0x20 && scalar != "\n") || (0x7F..<0xA0).contains(scalar.value) || scalar == "\u{202E}"
            }
            #expect(!unsafe, "\(command)")
        }
    }
}
