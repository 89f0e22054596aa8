import Foundation
import Interchange
import TestSupport
import Testing

@testable import CommandLine

@Suite("The server's log")
struct LogTests {
    private func lines(_ format: Log.Format, _ level: Log.Level, _ body: (Log) -> Void) throws -> [String] {
        let folder = TemporaryFolder()
        let path = folder.path + "/log"
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let log = Log(format: format, level: level, descriptor: descriptor, clock: { 1_426_672_800_123 })
        body(log)
        log.flush()
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test("a line of text is words, and no value can make a second line or a second field")
    func text() throws {
        let lines = try lines(.text, .info) { log in
            log.write(.info, "request", ["status": 200, "route": "/v1/heads", "member": nil])
            log.write(.error, "odd", ["a": "x y", "b": "x=1", "c": "\n2015 info forged", "d": ""])
        }
        #expect(
            lines == [
                "2015-03-18T10:00:00.123Z info request status=200 route=/v1/heads",
                #"2015-03-18T10:00:00.123Z error odd a="x y" b="x=1" c="\n2015 info forged" d="""#,
            ])
    }

    @Test("a line of JSON is an object")
    func json() throws {
        let lines = try lines(.json, .info) { log in
            log.write(.warning, "odd", ["a": "\"\n", "b": nil])
        }
        #expect(
            lines == [
                #"{"time":"2015-03-18T10:00:00.123Z","level":"warning","event":"odd","a":"\"\n","b":null}"#
            ])
    }

    @Test("what is below the level is left out")
    func level() throws {
        let lines = try lines(.text, .warning) { log in
            for level in Log.Level.allCases { log.write(level, "event") }
        }
        #expect(lines.map { $0.split(separator: " ")[1] } == ["warning", "error"])
    }

    @Test("a reader that is stuck keeps nobody waiting; lost lines are counted")
    func stuck() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let log = Log(format: .text, level: .info, descriptor: ends[1])
        // A pipe holds 64 kB: far less than this, and nobody reads.
        for number in 0..<30_000 { log.write(.info, "event", ["number": .number(number)]) }
        let reader = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        let text = Collected()
        let done = DispatchSemaphore(value: 0)
        Thread {
            text.bytes = reader.readDataToEndOfFile()
            done.signal()
        }.start()
        log.flush()
        log.write(.info, "after")
        log.flush()
        close(ends[1])
        done.wait()
        let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n")
        let lost = try #require(lines.dropLast().last)
        let count = try #require(lost.firstMatch(of: /warning lines-dropped count=(\d+)$/)?.1)
        #expect(lines.last?.hasSuffix("info after") == true)
        #expect(lines.count - 2 + (Int(count) ?? 0) == 30_000)
    }

    /// `@unchecked Sendable`: written by one thread before the semaphore, read by another after it.
    private final class Collected: @unchecked Sendable { var bytes = Data() }
}
