import Foundation
import Testing

@testable import CommandLine

/// `variorum statement enter`, with lines and on a terminal.
@Suite struct StatementEnterTests {
    private let desk: Desk
    private let mark: String

    init() async throws {
        desk = try await Desk.withStore()
        try desk.write(try treaty(), to: "treaty.txt")
        try await desk.succeed("import", "treaty.txt", "--title", "The treaty")
        try await desk.succeed("edit", "1", "published_on=2015-03-18")
        mark = try #require(
            try await desk.json("annotate", "1", "-q", "no legal standing")["id"] as? String)
        try await desk.succeed("entity", "add", "Federica Mogherini", "-t", "person")
        try await desk.succeed("entity", "add", "European Union", "-t", "organisation", "-a", "EU")
        try await desk.succeed("entity", "add", "Union européenne", "-a", "UE")
        try await desk.succeed("entity", "merge", "Union européenne", "--into", "EU")
        try await desk.succeed("code", "add", "treaty")
        try await desk.succeed("code", "add", "talks")
        try await desk.succeed("code", "edit", "talks", "--status", "retired")
    }

    private func name(_ statement: [String: Any], _ field: String) -> String? {
        (statement[field] as? [String: Any])?["name"] as? String
    }

    private func statements() async throws -> [[String: Any]] {
        try await desk.list("statements", "statement", "list")
    }

    @Test func `Lines answer the questions in their order`() async throws {
        try await desk.succeed(
            "statement", "type", "add", "claim", "-v", "frame:choice:legal|moral", "-v", "ally:entity", "-v",
            "weight:integer")
        let output = try await desk.run(
            ["statement", "enter", mark, "-t", "claim", "--json"],
            input: "federica mogherini\nue\nTREATY\nrej\n\n\n\n\nmoral\r\nunion europeenne\n3\n")
        #expect(output.code == 0, "\(output.errors)")
        let statement = try #require(try output.json() as? [String: Any])
        #expect(name(statement, "speaker") == "Federica Mogherini")
        #expect(name(statement, "organisation") == "European Union")
        #expect(name(statement, "concept") == "treaty" && statement["codebook_revision"] is String)
        #expect(statement["position"] as? String == "reject" && statement["date"] as? String == "2015-03-18")
        let values = try #require(statement["values"] as? [[String: Any]])
        func value(_ variable: String) -> [String: Any] { values.first { $0["name"] as? String == variable } ?? [:] }
        #expect(values.count == 3 && value("frame")["value"] as? String == "moral")
        #expect(value("weight")["value"] as? Int == 3 && name(value("ally"), "value") == "European Union")
        #expect(try await statements().count == 1)
    }

    @Test func `A wrong, missing or surplus line leaves nothing behind`() async throws {
        func fails(_ code: Int32, _ input: String, _ words: String) async throws {
            let errors = try await desk.fail(code, "statement", "enter", mark, input: input)
            #expect(errors.contains(words) && errors.contains("nothing was recorded"), "\(errors)")
        }
        try await fails(66, "Federica\n", "it could be the beginning of Federica Mogherini (person, ")
        try await fails(66, "Federica Mogherin\n", "Federica Mogherini")
        try await fails(66, "Nobody at all\n", "--create")
        try await fails(65, "\n\ntalks\n", "there is no code 'talks'")
        try await fails(65, "\n\n\nagainst\n", "one of support")
        try await fails(65, "\n\n\n\n2015-02-30\n", "YYYY")
        try await fails(65, "EU\n\n\n", "end before 'position'")
        try await fails(65, "", "no answers")
        try await fails(65, "\n\n\n\n-\n\n\n\n", "no question is answered")
        try await fails(65, "EU\n\n\n\n\n\n\n\nmore\n", "more answers than questions, from 'more'")
        try await desk.succeed("entity", "add", "Mogherini", "-a", "twin")
        try await desk.succeed("entity", "add", "Twinned", "-a", "Twin")
        try await fails(65, "TWIN\n", "an id tells them apart")
        #expect(try await statements().isEmpty)
        #expect(try await desk.list("entities", "entity", "list").count == 5)
    }

    @Test func `With create and repeat, names are made once and statements follow one another`() async throws {
        let one = "Russia\nRussia\nnew code\nreject\n-\n\n\n2008 Agreement\nrussia\n\n"
        let two = "russia\n\n\nsupport\n\n\n\n\n"
        let output = try await desk.succeed("statement", "enter", mark, "--create", "--repeat", input: one + two)
        #expect(output.split(separator: "\n").count == 2)
        let made = try await statements()
        #expect(made.count == 2 && made.map { name($0, "speaker") } == ["Russia", "Russia"])
        #expect(made[0]["date"] is NSNull && made[1]["date"] as? String == "2015-03-18")
        #expect((made[0]["instruments"] as? [Any])?.count == 2)
        let entities = try await desk.list("entities", "entity", "list")
        #expect(entities.filter { $0["name"] as? String == "Russia" }.count == 1)
        #expect(entities.first { $0["name"] as? String == "2008 Agreement" }?["type"] as? String == "instrument")
        // One undo takes a statement back with all that was made for it.
        try await desk.succeed("undo")
        #expect(try await statements().count == 1)
        try await desk.succeed("undo")
        #expect(try await statements().isEmpty)
        #expect(try await desk.list("entities", "entity", "list").count == 3)
    }

    @Test func `On a terminal, keys complete and one write follows`() async throws {
        try #require(TerminalProgram.isBuilt, "swift build --build-tests builds the program, too")
        let program = try TerminalProgram(["statement", "enter", mark], in: desk.folder.path)
        #expect(try program.shows("> speaker"))
        #expect(!program.isRestored)
        program.type("mogh\t")
        #expect(try program.shows("Federica Mogherini"))
        program.type("\r")
        #expect(try program.shows("> organisation"))
        program.type("New Body\r")
        #expect(try program.shows("Make it?"))
        program.type("y")
        #expect(try program.shows("> concept"))
        program.type("\r\r\r\r\r\r")
        #expect(try program.shows("Enter records it"))
        program.type("\r")
        #expect(try program.shows("\u{1B}[?1049l"))
        #expect(try program.shows("recorded  "))
        program.process.waitUntilExit()
        #expect(program.isRestored && program.process.terminationStatus == 0)
        let made = try await statements()
        #expect(made.count == 1 && name(made[0], "organisation") == "New Body")
    }

    @Test(arguments: ["\u{1B}", "\u{3}", "TERM"])
    func `On a terminal, one leaves without writing anything`(way: String) async throws {
        try #require(TerminalProgram.isBuilt, "swift build --build-tests builds the program, too")
        let program = try TerminalProgram(["statement", "enter", mark], in: desk.folder.path)
        #expect(try program.shows("> speaker"))
        program.type("New Body\r")
        #expect(try program.shows("Make it?"))
        program.type("y")
        #expect(try program.shows("> organisation"))
        if way == "TERM" { program.process.terminate() } else { program.type(way) }
        #expect(try program.shows("nothing was recorded"))
        program.process.waitUntilExit()
        #expect(program.isRestored && program.process.terminationStatus == 1)
        #expect(try await statements().isEmpty)
        #expect(try await desk.list("entities", "entity", "list").count == 3)
    }
}
