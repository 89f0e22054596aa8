import Foundation
import LocalStore
import TestSupport
import Testing

/// The real program on a terminal of its own.
@Suite struct ReviewTerminalTests {
    @Test(arguments: ["q", "\u{3}", "TERM"])
    func `Decisions stay and the terminal is put back, whichever way one leaves`(way: String) async throws {
        try #require(TerminalProgram.isBuilt, "swift build --build-tests builds the program, too")
        let team = try await RevealedTeam()
        let program = try TerminalProgram(
            ["round", "adjudicate", "First round"], in: team.team.folder.path + "/cora")
        #expect(try program.shows("1 of 3"))
        #expect(!program.isRestored)
        program.type("r")
        #expect(try program.shows("why?"))
        program.type("Nothing\r")
        #expect(try program.shows("2 of 3"))
        program.type("r")
        #expect(try program.shows("why?"))
        if way == "TERM" { program.process.terminate() } else { program.type(way == "q" ? "\u{1B}" : way) }
        if way == "q" {
            #expect(try program.shows("2 of 3"))
            program.type("q")
        }
        #expect(try program.shows("\u{1B}[?1049l"))
        #expect(try program.shows("1 decision recorded, 2 left"))
        program.process.waitUntilExit()
        #expect(program.isRestored)
        let decisions = try team.cora.store.read { try $0.decisions(of: team.round) }
        #expect(decisions.map(\.rationale) == ["Nothing"] && decisions.map(\.outcome) == ["reject"])
    }
}
