import Testing

@testable import CommandLine

@Suite("Completions of shells")
struct CompletionTests {
    static let programs = [VariorumCommand.specification, ServerCommand.specification]

    /// What is completed at the end of each command line.
    private struct Question {
        let words: [String]
        let answer: [String]

        /// Every command, every option of it, and every value that an option is restricted to.
        static func all(of program: CommandSpecification) -> [Question] {
            CompletionPlace.all(of: program).flatMap { place in
                let path = [program.name] + place.path.split(separator: " ").map(String.init)
                return [
                    Question(words: path + [""], answer: place.commands.map(\.name)),
                    Question(words: path + ["--"], answer: place.options.map { "--" + $0.name }),
                ]
                    + place.enumerated.flatMap { option in
                        CompletionPlace.words(option).map { Question(words: path + [$0, ""], answer: option.choices) }
                    }
            }
        }
    }

    @Test("hold every command and option that the parser takes", arguments: [0, 1])
    func places(number: Int) throws {
        let program = Self.programs[number]
        func leaves(_ command: CommandSpecification, _ path: [String]) -> [String] {
            [path.joined(separator: " ")] + command.subcommands.flatMap { leaves($0, path + [$0.name]) }
        }
        let places = CompletionPlace.all(of: program)
        #expect(Set(places.map(\.path)) == Set(leaves(program, []) + ["help"]))
        for place in places where place.path != "help" {
            #expect(place.options.contains { $0.name == "help" })
            // Asking for help ends the reading: whatever stands before it was understood.
            for option in place.options where option.valueName == nil {
                let line = place.path.split(separator: " ").map(String.init) + ["--" + option.name, "--help"]
                #expect(throws: Never.self) { try program.parse(line) }
            }
        }
    }

    @Test("complete in bash", .enabled(if: Script.isInstalled("bash")), arguments: [0, 1])
    func bash(number: Int) throws {
        let program = Self.programs[number]
        let script = try Script(CompletionShell.bash.script(for: program), name: program.name)
        let syntax = try script.run("bash", ["-n", script.path])
        #expect(syntax.code == 0 && syntax.errors == "")
        let questions = Question.all(of: program)
        let asked = questions.map { question in
            let words = question.words.map(CompletionShell.bash.quoted).joined(separator: " ")
            return
                "COMP_WORDS=(\(words)); COMP_CWORD=\(question.words.count - 1); _\(program.name); echo \"${COMPREPLY[*]}\""
        }
        let result = try script.run("bash", ["-c", "source '\(script.path)'\n" + asked.joined(separator: "\n")])
        #expect(result.errors == "")
        let answers = result.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        try #require(answers.count == questions.count)
        for (question, answer) in zip(questions, answers) {
            #expect(
                Set(answer.split(separator: " ").map(String.init)) == Set(question.answer),
                "\(question.words.joined(separator: " "))")
        }
    }

    @Test("complete values after an equals sign, and files where anything goes")
    func detailsInBash() throws {
        let script = try Script(CompletionShell.bash.script(for: VariorumCommand.specification), name: "variorum")
        func complete(_ words: String...) throws -> String {
            let list = words.map(CompletionShell.bash.quoted).joined(separator: " ")
            return try script.run(
                "bash",
                [
                    "-c",
                    "source '\(script.path)'; COMP_WORDS=(\(list)); COMP_CWORD=\(words.count - 1); _variorum; echo \"${COMPREPLY[*]}\"",
                ]
            ).output
        }
        #expect(try complete("variorum", "export", "--format", "=") == "jsonld csv jsonl\n")
        #expect(try complete("variorum", "export", "--format", "=", "c") == "csv\n")
        #expect(try complete("variorum", "exp") == "export\n")
        // The value of --store is no command.
        #expect(try complete("variorum", "--store", "code", "an") == "annotate\n")
        #expect(try complete("variorum", "import", "re") == "\n")
        #expect(try complete("variorum", "import", "--", "--") == "\n")
    }

    @Test("complete in fish", .enabled(if: Script.isInstalled("fish")), arguments: [0, 1])
    func fish(number: Int) throws {
        let program = Self.programs[number]
        let script = try Script(CompletionShell.fish.script(for: program), name: program.name)
        let syntax = try script.run("fish", ["--no-execute", script.path])
        #expect(syntax.code == 0 && syntax.errors == "")
        let questions = Question.all(of: program)
        let asked = questions.map { question in
            let line = CompletionShell.fish.quoted(question.words.joined(separator: " "))
            return "complete -C \(line) | string split -f1 \\t; echo ."
        }
        let result = try script.run("fish", ["-N", "-c", "source '\(script.path)'\n" + asked.joined(separator: "\n")])
        #expect(result.errors == "")
        let answers = result.output.split(separator: ".\n", omittingEmptySubsequences: false).dropLast()
        try #require(answers.count == questions.count)
        for (question, answer) in zip(questions, answers) where !question.answer.isEmpty {
            #expect(
                Set(answer.split(separator: "\n").map(String.init)) == Set(question.answer),
                "\(question.words.joined(separator: " "))")
        }
    }

    @Test("are understood by zsh", .enabled(if: Script.isInstalled("zsh")), arguments: [0, 1])
    func zsh(number: Int) throws {
        let program = Self.programs[number]
        let script = try Script(CompletionShell.zsh.script(for: program), name: "_" + program.name)
        let syntax = try script.run("zsh", ["-n", script.path])
        #expect(syntax.code == 0 && syntax.errors == "")
        // What the shell's own functions are handed, for every place.
        let questions = Question.all(of: program)
        let stubs = """
            compdef() { : }
            compadd() { echo ${values} }
            _files() { echo }
            _describe() { echo ${${(P)@[-1]}%%:*} }
            ask() { words=("$@"); CURRENT=$#; PREFIX=${@[-1]}; _\(program.name) }
            source '\(script.path)'

            """
        let asked = questions.map { "ask " + $0.words.map(CompletionShell.zsh.quoted).joined(separator: " ") }
        let result = try script.run("zsh", ["-f", "-c", stubs + asked.joined(separator: "\n")])
        #expect(result.errors == "")
        let answers = result.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        try #require(answers.count == questions.count)
        for (question, answer) in zip(questions, answers) {
            #expect(
                Set(answer.split(separator: " ").map(String.init)) == Set(question.answer),
                "\(question.words.joined(separator: " "))")
        }
    }

    @Test("are written by help")
    func help() async throws {
        let desk = try Desk()
        for shell in CompletionShell.allCases {
            let result = try await desk.run(["help", "--completion", shell.rawValue])
            #expect(result.code == 0 && result.output == shell.script(for: VariorumCommand.specification))
        }
        let mistyped = try await desk.run(["help", "--completion", "zhs"])
        #expect(mistyped.code == ExitCode.usage.rawValue && mistyped.errors.contains("Did you mean zsh?"))
        #expect(try await desk.run(["help", "--completion"]).code == ExitCode.usage.rawValue)
    }
}
