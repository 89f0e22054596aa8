import Foundation
import Testing

@testable import CommandLine

// One after the other: a pager started by one test would hold the pipes of another open.
@Suite("Output", .serialized)
struct TerminalOutputTests {
    /// Gives a function the writing end of a pipe and returns what came out at the other.
    private func piped(_ body: (FileOutput) throws -> Void) throws -> String {
        let pipe = Pipe()
        let reader = PipeReader(pipe.fileHandleForReading)
        try body(FileOutput(fileDescriptor: pipe.fileHandleForWriting.fileDescriptor))
        try pipe.fileHandleForWriting.close()
        return reader.wait()
    }

    @Test("arrives whole, also when it is larger than a pipe")
    func whole() throws {
        let text = String(repeating: "საქართველო 🇬🇪\n", count: 20_000)
        #expect(try piped { try $0.write(text) } == text)
        #expect(
            try piped {
                try $0.writeLine("a"); try $0.writeLine()
            } == "a\n\n")
    }

    @Test("is dropped in silence when the reader has gone")
    func brokenPipe() throws {
        FileOutput.ignoreBrokenPipes()
        let pipe = Pipe()
        try pipe.fileHandleForReading.close()
        let output = FileOutput(fileDescriptor: pipe.fileHandleForWriting.fileDescriptor)
        #expect(!output.isClosed)
        try output.write("lost")
        #expect(output.isClosed)
        try output.write("lost as well")
    }

    @Test("fails when the system says so")
    func failure() throws {
        let full = open("/dev/full", O_WRONLY)
        defer { close(full) }
        let error = #expect(throws: OutputError.self) { try FileOutput(fileDescriptor: full).write("x") }
        #expect(error?.errorNumber == ENOSPC)
        #expect(throws: OutputError.self) { try FileOutput(fileDescriptor: -1).write("x") }
    }

    @Test("goes through a pager on a terminal only")
    func pagerCommand() {
        func command(_ isTerminal: Bool, _ environment: [String: String]) -> String? {
            Pager.command(isTerminal: isTerminal) { environment[$0] }
        }
        #expect(command(true, [:]) == "less")
        #expect(command(true, ["PAGER": "more -s"]) == "more -s")
        #expect(command(true, ["PAGER": ""]) == nil)
        #expect(command(true, ["PAGER": "cat"]) == nil)
        #expect(command(true, ["TERM": "dumb"]) == nil)
        #expect(command(false, ["PAGER": "more"]) == nil)
    }

    @Test("reaches the pager whole, and directly when there is none")
    func pager() throws {
        FileOutput.ignoreBrokenPipes()
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("variorum-pager-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let text = String(repeating: "ერთი ორი სამი\n", count: 10_000)
        #expect(try Pager.run("cat > '\(file.path)'; echo $LESS >> '\(file.path)'", text, setsLess: true) == 0)
        #expect(try String(contentsOf: file, encoding: .utf8) == text + "FRX\n")
        // A pager that is left early.
        #expect(try Pager.run("head -c 5 > /dev/null; exit 3", text, setsLess: false) == 3)
        let terminal = Terminal(isTerminal: true)
        let direct = try piped { output in
            try Pager.show("text\n", on: output, terminal: terminal) {
                $0 == "PAGER" ? "/nonexistent/pager 2> /dev/null" : nil
            }
        }
        #expect(direct == "text\n")
        #expect(try piped { try Pager.show("x", on: $0, terminal: Terminal(isTerminal: false)) } == "x")
    }

    @Test("tells how far work has come on a terminal, and nothing elsewhere")
    func progress() throws {
        #expect(
            ProgressLine.line("Pulling", completed: 50, total: 200, width: 80)
                == "Pulling  ━━━━━┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ 25%  50 of 200")
        #expect(ProgressLine.line("Pulling", completed: 5, total: nil, width: 80) == "Pulling: 5")
        #expect(ProgressLine.line("Pulling", completed: 50, total: 200, width: 30) == "Pulling: 25%  50 of 200")
        #expect(ProgressLine.line("Pulling", completed: 50, total: 200, width: 12) == "Pulling: 2…")
        #expect(ProgressLine.line("Pulling", completed: 7, total: 0, width: 80) == "Pulling: 7")
        let shown = try piped { output in
            let progress = ProgressLine(output: output, terminal: Terminal(isTerminal: true))
            progress.update("Pulling", completed: 1, total: 2)
            progress.update("Pulling", completed: 1, total: 2)
            progress.update("Pulling", completed: 2, total: 2)
            progress.finish()
        }
        #expect(shown.split(separator: "\r").count == 3)
        #expect(shown.hasSuffix("\r\u{1B}[K"))
        let hidden = try piped { output in
            let progress = ProgressLine(output: output, terminal: Terminal(isTerminal: false))
            progress.update("Pulling", completed: 1, total: 2)
            progress.finish()
        }
        #expect(hidden == "")
    }

    @Test("has a size, also where there is no terminal")
    func size() {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        let terminal = Terminal(fileDescriptor: descriptor) { $0 == "COLUMNS" ? "123" : nil }
        #expect(terminal == Terminal(isTerminal: false, width: 123))
        #expect(Terminal(fileDescriptor: descriptor) { _ in "-1" }.width == 80)
    }
}

/// Text read by a thread of its own, so that a full pipe does not stop the writer.
private final class PipeReader: @unchecked Sendable {
    // Unchecked: `data` is written before the semaphore is signalled and read after it was waited for.
    private var data = Data()
    private let isDone = DispatchSemaphore(value: 0)

    init(_ handle: FileHandle) {
        Thread.detachNewThread { [self] in
            data = handle.readDataToEndOfFile()
            isDone.signal()
        }
    }

    func wait() -> String {
        isDone.wait()
        return String(decoding: data, as: UTF8.self)
    }
}
