import Testing

@testable import CommandLine

/// A program of the shape of ours.
let sampleProgram = CommandSpecification(
    "variorum", summary: "annotate documents together, offline",
    options: [
        .value(
            "store", "s", "file", "The store to work in", defaultValue: "~/.variorum",
            environmentVariable: "VARIORUM_STORE"),
        .flag("json", nil, "Write JSON"),
    ],
    subcommands: [
        CommandSpecification(
            "annotate", summary: "mark a passage",
            discussion:
                "The passage is named by its words or by its place.\n\nWhen the words occur several times, they are listed and nothing is written.",
            options: [
                .value("quote", "q", "words", "The words to mark"),
                .values("code", "c", "name", "Apply a code"),
                .value("colour", nil, "name", "How it looks", choices: ["yellow", "green", "pink"]),
                .flag("force", "f", "Do not ask"),
                .flag("verbose", "v", "Say more"),
            ],
            positionals: [
                PositionalSpecification("document", "The document"),
                PositionalSpecification("note", "What to say about it", isOptional: true, isRepeatable: true),
            ],
            examples: [
                CommandExample("variorum annotate treaty --quote 'de facto leaders'", "Mark three words"),
                CommandExample(
                    "variorum annotate treaty -q treaty -c law -- -5 degrees", "A note that begins with a dash"),
            ]),
        CommandSpecification(
            "round", summary: "work with rounds",
            subcommands: [
                CommandSpecification(
                    "open", summary: "open a round",
                    options: [.value("coders", nil, "count", "How many coders", isRequired: true)],
                    positionals: [PositionalSpecification("title", "Its title")]),
                CommandSpecification("reveal", summary: "show everybody's codings"),
            ]),
        CommandSpecification("status", summary: "tell what is pending"),
    ])

@Suite("Reading a command line")
struct ArgumentParserTests {
    private func run(_ line: String..., environment: [String: String] = [:]) throws -> ArgumentValues {
        switch try sampleProgram.parse(line, environment: { environment[$0] }) {
        case .run(let values): return values
        case .help: throw UsageError(.missingCommand, in: [], "help instead of a command")
        }
    }

    private func error(_ line: String..., environment: [String: String] = [:]) -> UsageError? {
        do throws(UsageError) {
            _ = try sampleProgram.parse(line, environment: { environment[$0] })
            return nil
        } catch {
            return error
        }
    }

    @Test("takes options in every customary form")
    func forms() throws {
        for line in [
            ["--quote", "a b", "--force", "--code", "x", "--code=y", "doc"],
            ["--quote=a b", "-f", "-c", "x", "-cy", "doc"],
            ["doc", "-q", "a b", "-fc", "x", "-c", "y"],
            ["-vfqa b", "-cx", "doc", "-cy"],
        ] {
            guard case .run(let values) = try sampleProgram.parse(["annotate"] + line) else { continue }
            #expect(values.commandPath == ["variorum", "annotate"])
            #expect(values.value("quote") == "a b")
            #expect(values.values("code") == ["x", "y"])
            #expect(values.flag("force"))
            #expect(!values.flag("json"))
            #expect(values.value("colour") == nil)
            #expect(values.positional("document") == "doc")
            #expect(values.positionals("note") == [])
        }
    }

    @Test("takes everything after -- as arguments, and a lone dash, and negative numbers")
    func arguments() throws {
        let values = try run("annotate", "-", "-5", "-q", "-1", "--", "--force", "-x", "--")
        #expect(values.positional("document") == "-")
        #expect(values.positionals("note") == ["-5", "--force", "-x", "--"])
        #expect(values.value("quote") == "-1")
        #expect(!values.flag("force"))
        #expect(try run("annotate", "doc", "--quote=").value("quote") == "")
        #expect(try run("annotate", "doc", "--quote=a=b").value("quote") == "a=b")
        #expect(try run("annotate", "დოკუმენტი", "-q", "🇬🇪").value("quote") == "🇬🇪")
        #expect(try run("annotate", "doc", "--", "help").positionals("note") == ["help"])
    }

    @Test("takes the options of the outer command before and after the inner one")
    func inherited() throws {
        #expect(try run("--json", "round", "open", "--coders", "3", "Title").flag("json"))
        let values = try run("round", "open", "Title", "--coders", "3", "--json", "-s", "x")
        #expect(values.flag("json"))
        #expect(values.commandPath == ["variorum", "round", "open"])
        #expect(values.value("store") == "x")
    }

    @Test("falls back to the environment and then to the default")
    func fallbacks() throws {
        #expect(try run("status").value("store") == "~/.variorum")
        #expect(try run("status", environment: ["VARIORUM_STORE": "e"]).value("store") == "e")
        #expect(try run("status", environment: ["VARIORUM_STORE": ""]).value("store") == "~/.variorum")
        #expect(try run("status", "--store", "o", environment: ["VARIORUM_STORE": "e"]).value("store") == "o")
    }

    @Test("reads whole numbers within a range")
    func integers() throws {
        #expect(try run("round", "open", "t", "--coders", "3").integer("coders", in: 1...9) == 3)
        for text in ["0", "10", "x", "1.5", "", "99999999999999999999"] {
            let values = try run("round", "open", "t", "--coders=\(text)")
            let error = #expect(throws: UsageError.self) { try values.integer("coders", in: 1...9) }
            #expect(error?.code == .invalidValue)
            #expect(error?.message == "option --coders needs a whole number from 1 to 9, not '\(text)'")
        }
    }

    @Test("names each mistake and, where it can, what was meant")
    func mistakes() {
        #expect(
            error("anotate", "x")?.description == """
                variorum: unknown command 'anotate'. Did you mean 'annotate'?
                See 'variorum --help'.
                """)
        #expect(
            error("annotate", "x", "--quoet", "y")?.description == """
                variorum annotate: unknown option --quoet. Did you mean --quote?
                See 'variorum annotate --help'.
                """)
        #expect(error("round", "revael")?.suggestion == "'reveal'")
        #expect(error("stat")?.suggestion == "'status'")
        #expect(error("xyzzy")?.suggestion == nil)
        #expect(error("annotate", "-force", "y")?.suggestion == "--force")
        #expect(error("annotate", "x", "--hepl")?.suggestion == "--help")
        #expect(error("annotate", "x", "--colour", "grene")?.suggestion == "'green'")

        #expect(error()?.code == .missingCommand)
        #expect(error("--json")?.code == .missingCommand)
        #expect(error("round")?.code == .missingCommand)
        #expect(error("--", "status")?.code == .missingCommand)
        #expect(error("annotate")?.code == .missingArgument)
        #expect(error("annotate", "x", "-z")?.code == .unknownOption)
        #expect(error("annotate", "x", "--quote")?.code == .missingValue)
        #expect(error("annotate", "x", "--quote", "--force")?.code == .missingValue)
        #expect(error("annotate", "x", "--force=yes")?.code == .unexpectedValue)
        #expect(error("annotate", "x", "-q", "a", "--quote", "b")?.code == .repeatedOption)
        #expect(error("annotate", "x", "--colour=blue")?.code == .invalidValue)
        #expect(error("round", "open", "x")?.code == .missingOption)
        #expect(error("round", "open", "--coders", "2", "x", "y")?.code == .unexpectedArgument)
        #expect(error("status", "x")?.code == .unexpectedArgument)
        #expect(error("status", "x")?.exitCode.rawValue == 64)
    }

    @Test(
        "gives help on what has been named so far, wherever it is asked for",
        arguments: [
            (["--help"], "variorum"), (["help"], "variorum"), (["-h"], "variorum"),
            (["round", "-h"], "variorum round"),
            (["help", "round", "open"], "variorum round open"), (["round", "help", "open"], "variorum round open"),
            (["annotate", "--quote", "x", "--nothing-else-is-read", "--help"], ""),
            (["annotate", "x", "--help", "--wrong"], "variorum annotate"), (["annotate", "-fh"], "variorum annotate"),
        ])
    func help(line: [String], path: String) {
        guard case .help(let page) = try? sampleProgram.parse(line) else {
            #expect(path == "")
            return
        }
        #expect(page.commandPath.joined(separator: " ") == path)
    }

    @Test("does not take a value for a request for help")
    func helpAsValue() throws {
        #expect(try run("annotate", "x", "-q", "-h").value("quote") == "-h")
        #expect(try run("annotate", "x", "--", "--help").positionals("note") == ["--help"])
    }
}

@Suite("A default subcommand")
struct DefaultSubcommandTests {
    private let command = CommandSpecification(
        "tool", summary: "",
        subcommands: [
            CommandSpecification(
                "statement", summary: "",
                subcommands: [
                    CommandSpecification(
                        "add", summary: "", options: [.value("speaker", "s", "name", "")],
                        positionals: [PositionalSpecification("annotation", "")]),
                    CommandSpecification("list", summary: ""),
                ], defaultSubcommand: "add")
        ])

    private func path(_ words: String...) throws -> [String] {
        guard case .run(let values) = try command.parse(words) else { return [] }
        return Array(values.commandPath.dropFirst(2))
            + (values.commandPath.last == "add" ? values.positionals("annotation") : [])
    }

    @Test("is taken when none is named, whatever comes first")
    func taken() throws {
        #expect(try path("statement", "3f") == ["add", "3f"])
        #expect(try path("statement", "add", "3f") == ["add", "3f"])
        #expect(try path("statement", "--speaker", "x", "3f") == ["add", "3f"])
        #expect(try path("statement", "-s", "x", "3f") == ["add", "3f"])
        #expect(try path("statement", "-sx", "--", "list") == ["add", "list"])
        #expect(try path("statement", "list") == ["list"])
    }

    @Test("has its own mistakes")
    func mistakes() {
        #expect(throws: UsageError.self) { try path("statement") }
        #expect(throws: UsageError.self) { try path("statement", "3f", "--nothing") }
        #expect(throws: UsageError.self) { try path("statement", "-x", "3f") }
    }
}

@Suite("Suggesting what was meant")
struct SuggestionTests {
    @Test("counts a swap of neighbours as one slip")
    func distance() {
        let cases: [(String, String, Int)] = [
            ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3),
            ("ca", "abc", 3), ("საქმე", "საქემ", 1),
        ]
        for (left, right, distance) in cases {
            #expect(editDistance(Array(left), Array(right)) == distance, "\(left), \(right)")
            #expect(editDistance(Array(right), Array(left)) == distance, "\(right), \(left)")
        }
    }
}
