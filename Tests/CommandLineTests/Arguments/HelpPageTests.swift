import CommandLine
import Testing

@Suite("Help pages")
struct HelpPageTests {
    private func page(_ line: String..., width: Int = 76) -> String {
        guard case .help(let page) = try? sampleProgram.parse(line + ["--help"]) else { return "" }
        return page.text(width: width)
    }

    @Test("show the commands of a program")
    func program() {
        #expect(
            page() == """
                variorum: annotate documents together, offline

                Usage
                  variorum [options] <command> …

                Commands
                  annotate  mark a passage
                  round     work with rounds
                  status    tell what is pending

                Options
                  -s, --store <file>  The store to work in (default: ~/.variorum; or set
                                      VARIORUM_STORE)
                      --json          Write JSON
                  -h, --help          Show this help

                See 'variorum help <command>' for more on one of them.

                """)
    }

    @Test("show everything that a command takes")
    func command() {
        #expect(
            page("annotate") == """
                variorum annotate: mark a passage

                Usage
                  variorum annotate [options] <document> [<note>…]

                The passage is named by its words or by its place.

                When the words occur several times, they are listed and nothing is written.

                Arguments
                  <document>  The document
                  [<note>…]   What to say about it

                Options
                  -q, --quote <words>  The words to mark
                  -c, --code <name>    Apply a code (may be repeated)
                      --colour <name>  How it looks (one of yellow, green, pink)
                  -f, --force          Do not ask
                  -v, --verbose        Say more
                  -h, --help           Show this help

                Options of every command
                  -s, --store <file>  The store to work in (default: ~/.variorum; or set
                                      VARIORUM_STORE)
                      --json          Write JSON

                Examples
                  # Mark three words
                  variorum annotate treaty --quote 'de facto leaders'

                  # A note that begins with a dash
                  variorum annotate treaty -q treaty -c law -- -5 degrees

                """)
    }

    @Test("name the options that must be given in the usage line")
    func required() {
        #expect(page("round", "open").contains("  variorum round open --coders <count> [options] <title>\n"))
        #expect(page("round", "open").contains("How many coders (required)"))
    }

    @Test("fit into narrow terminals")
    func narrow() {
        for line in page("annotate", width: 50).split(separator: "\n") where !line.contains("variorum annotate treaty")
        {
            #expect(displayWidth(of: String(line)) <= 50, "\(line)")
        }
    }
}
