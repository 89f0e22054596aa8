import Testing

@testable import CommandLine

@Suite("Manual pages")
struct ReferencePageTests {
    static let pages = [VariorumCommand.referencePage, ServerCommand.referencePage]

    @Test("are read by man without a warning", .enabled(if: Script.isInstalled("man")), arguments: [0, 1])
    func warnings(number: Int) throws {
        let page = Self.pages[number]
        let script = try Script(page.text, name: "\(page.program.name).\(page.section)")
        let result = try script.run("man", ["--warnings", "-E", "UTF-8", "-l", script.path])
        #expect(result.code == 0 && result.errors == "")
        // Where lines are broken and hyphenated does not matter.
        let shown = result.output.filter { !$0.isWhitespace && $0 != "-" && $0 != "‐" }
        func shows(_ text: String) -> Bool { shown.contains(text.filter { !$0.isWhitespace && $0 != "-" }) }
        func check(_ command: CommandSpecification) {
            #expect(command.subcommands.isEmpty == false || shows(command.name))
            for option in command.options { #expect(shows("--" + option.name) && shows(option.summary)) }
            for example in command.examples { #expect(shows(example.commandLine), "\(example.commandLine)") }
            command.subcommands.forEach(check)
        }
        check(page.program)
    }

    @Test("take nothing of a text for a request")
    func escaping() {
        #expect(Roff.text(".so /etc/passwd") == "\\&.so /etc/passwd")
        #expect(Roff.text("'-d' a\\b") == "\\(aq\\-d\\(aq a\\(rsb")
        #expect(Roff.argument("a \"b\"") == "\"a \\(dqb\\(dq\"")
    }

    @Test("are written by help")
    func help() async throws {
        let result = try await Desk().run(["help", "--manual"])
        #expect(result.code == 0 && result.output == VariorumCommand.referencePage.text)
        #expect(result.output.hasPrefix(".TH \"VARIORUM\" \"1\""))
    }
}
