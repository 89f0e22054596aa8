import Foundation
import Testing

@testable import CommandLine

@Suite("Beginning")
struct BeginningTests {
    @Test("a store is made once, and found from any folder below")
    func initialise() async throws {
        let desk = try Desk()
        #expect(try await desk.fail(66, "status").contains("variorum init"))
        #expect(try await desk.succeed("init").contains("for nino"))
        #expect(try await desk.fail(73, "init").contains("already"))
        try desk.write("x", to: "a/b/c.txt")
        let status = try await desk.run(["status"], in: "a/b")
        #expect(status.code == 0)
        #expect(status.output.contains("nino"))
        // A folder that holds the store, or the store itself.
        for path in [desk.folder.path, desk.folder.path + "/", desk.folder.path + "/.variorum"] {
            let other = try Desk("other")
            #expect(try await other.run(["status", "--store", path]).code == 0)
        }
        let other = try Desk("other")
        #expect(try await other.fail(66, "status", "--store", "/nonexistent").contains("no store"))
        other.environment["VARIORUM_STORE"] = desk.folder.path
        #expect(try await other.run(["documents"]).code == 0)
    }

    @Test("a store needs somebody's name")
    func name() async throws {
        let desk = try Desk()
        desk.environment["USER"] = nil
        #expect(try await desk.fail(64, "init").contains("--name"))
        desk.environment["LOGNAME"] = "luka"
        #expect(try await desk.json("init")["member_name"] as? String == "luka")
    }

    @Test("help, versions and mistakes")
    func help() async throws {
        let desk = try Desk()
        #expect(try await desk.succeed("--help").contains("Exit codes"))
        #expect(try await desk.succeed("--version").hasPrefix("variorum "))
        #expect(try await desk.succeed("code", "merge", "--help").contains("--into"))
        #expect(try await desk.succeed("help", "bundle", "read").contains("colleague"))
        #expect(try await desk.fail(64).contains("command is missing"))
        #expect(try await desk.fail(64, "anotate").contains("Did you mean 'annotate'?"))
        #expect(try await desk.fail(64, "list", "--tags", "x").contains("Did you mean --tag?"))
        let result = try await desk.run(["status", "--json"])
        #expect(result.code == 66)
        #expect(result.errors.hasPrefix(#"{"error":{"exit_code":66,"message":"#))
    }

    @Test("every command has a summary, an example and a JSON form")
    func specifications() {
        func check(_ commands: [Command]) {
            for command in commands {
                let name = command.specification.name
                #expect(!command.specification.summary.isEmpty, "\(name)")
                if command.subcommands.isEmpty {
                    #expect(!command.specification.examples.isEmpty, "\(name)")
                    #expect(!command.json.isEmpty, "\(name)")
                    #expect(command.body != nil, "\(name)")
                }
                check(command.subcommands)
            }
        }
        check(Command.all)
    }

    @Test("the manual is what the program says")
    func manual() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/cli.md"), encoding: .utf8)
        #expect(page == VariorumCommand.manual(), "run: swift run variorum help --markdown > docs/cli.md")
    }
}

@Suite("Import")
struct ImportTests {
    @Test("takes files, folders and standard input")
    func sources() async throws {
        let desk = try await Desk.withStore()
        try desk.write("\u{FEFF}one\r\ntwo\r\n", to: "a.txt")
        try desk.write("\n# A *heading*\n\ntext\n", to: "texts/b.md")
        try desk.write("c", to: "texts/deeper/c.text")
        try desk.write("hidden", to: "texts/.hidden.txt")
        try desk.write("<p>", to: "texts/page.html")
        let result = try await desk.run(["import", "a.txt", "texts", "-"], input: "First line\nsecond\n")
        #expect(result.code == 0)
        #expect(result.errors.contains("1 file of other types left out"))
        let documents = try await desk.list("documents", "documents")
        #expect(documents.compactMap { $0["title"] as? String } == ["a", "A *heading*", "c", "First line"])
        #expect(documents.compactMap { $0["number"] as? Int } == [1, 2, 3, 4])
        #expect(try await desk.json("read", "1")["text"] as? String == "one\ntwo\n")
        // Once more: known, not twice.
        #expect(try await desk.succeed("import", "a.txt").hasPrefix("known"))
        #expect(try await desk.list("documents", "documents").count == 4)
    }

    @Test("goes on after a file that cannot be imported")
    func failures() async throws {
        let desk = try await Desk.withStore()
        try desk.write([0x61, 0xFF], to: "bad.txt")
        try desk.write([0x61, 0x00], to: "nul.txt")
        try desk.write("", to: "empty.txt")
        try desk.write("good", to: "good.txt")
        let result = try await desk.run(["import", "bad.txt", "nul.txt", "empty.txt", "missing.txt", "good.txt"])
        #expect(result.code == 1)
        #expect(result.output.contains("good"))
        for name in ["bad.txt", "nul.txt", "empty.txt", "missing.txt"] { #expect(result.errors.contains(name)) }
        #expect(try await desk.fail(65, "import", "bad.txt").contains("not valid UTF-8"))
        #expect(try await desk.fail(66, "import", "missing.txt").contains("No such file"))
        let json = try await desk.run(["import", "bad.txt", "good.txt", "--json"])
        #expect(json.code == 1)
        let failed = (try json.json() as? [String: Any])?["failed"] as? [[String: Any]]
        #expect(failed?.first?["exit_code"] as? Int == 65)
        try FileManager.default.createDirectory(
            at: desk.folder.appendingPathComponent("nothing"), withIntermediateDirectories: true)
        #expect(try await desk.fail(66, "import", "nothing").contains("nothing to import"))
        #expect(try await desk.fail(64, "import", "a", "b", "--title", "x").contains("single text"))
        #expect(try await desk.fail(65, "import", "-", input: "").contains("empty"))
    }

    @Test("makes a further version of a document")
    func versions() async throws {
        let desk = try await Desk.withStore()
        try desk.write("The old text.", to: "a.txt")
        try desk.write("New: the old text, longer.", to: "b.txt")
        try desk.write("Another.", to: "c.txt")
        try await desk.succeed("import", "a.txt")
        try await desk.succeed("import", "b.txt", "--version-of", "a")
        try await desk.succeed("import", "c.txt")
        #expect(try await desk.list("documents", "documents").count == 2)
        #expect(try await desk.json("read", "1")["version_number"] as? Int == 2)
        #expect(try await desk.json("read", "1", "--version", "1")["text"] as? String == "The old text.")
        #expect(try await desk.fail(66, "read", "1", "--version", "3").contains("versions 1 to 2"))
        #expect(try await desk.fail(65, "import", "c.txt", "--version-of", "1").contains("another document"))
        #expect(try await desk.fail(66, "import", "c.txt", "--version-of", "nothing").contains("variorum documents"))
    }
}
