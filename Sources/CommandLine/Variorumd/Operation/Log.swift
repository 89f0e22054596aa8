import Dispatch
import Interchange
import Synchronization

/// The server's log: lines on standard error, as text or as JSON.
///
/// An event with fields, never a sentence made of them, so that programs can read it. No line holds the text of
/// documents or notes, names, tokens or ids of layers.
///
/// Lines are written on a queue of their own: a reader that is slow or stuck keeps nobody waiting. When too many wait,
/// further ones are dropped and counted.
struct Log: Sendable {
    enum Level: Int, CaseIterable, Comparable {
        case debug, info, warning, error

        var name: String { "\(self)" }

        static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    enum Format: String, CaseIterable {
        case text, json
    }

    typealias Fields = KeyValuePairs<String, JSON>

    let format: Format
    let level: Level
    private let sink: Sink

    /// - Parameter clock: Milliseconds since 1970.
    init(
        format: Format, level: Level, descriptor: Int32, clock: @escaping @Sendable () -> Int64 = wallTime
    ) {
        self.format = format
        self.level = level
        sink = Sink(descriptor: descriptor, clock: clock)
    }

    init(_ configuration: Configuration, descriptor: Int32) {
        let format = configuration.text(.logFormat).flatMap(Format.init) ?? .text
        let level = Level.allCases.first { $0.name == configuration.text(.logLevel) } ?? .info
        self.init(format: format, level: level, descriptor: descriptor)
    }

    func write(_ level: Level, _ event: String, _ fields: Fields = [:]) {
        guard level >= self.level else { return }
        sink.write { time, dropped in
            let lost = dropped > 0 ? line(time, .warning, "lines-dropped", ["count": .number(dropped)]) : []
            return lost + line(time, level, event, fields)
        }
    }

    /// Waits until everything so far is written.
    func flush() { sink.flush() }

    private func line(_ milliseconds: Int64, _ level: Level, _ event: String, _ fields: Fields) -> [UInt8] {
        let time = timestamp(ofMilliseconds: milliseconds)
        switch format {
        case .json:
            let head = [("time", JSON.text(time)), ("level", .text(level.name)), ("event", .text(event))]
            let members = head + fields.map { ($0.key, $0.value) }
            return JSON.object(members.map { JSON.Member($0.0, $0.1) }).compact + [UInt8(ascii: "\n")]
        case .text:
            let words = fields.compactMap { $0.value == .null ? nil : "\($0.key)=\(Self.word($0.value))" }
            return [UInt8](([time, level.name, event] + words).joined(separator: " ").utf8) + [UInt8(ascii: "\n")]
        }
    }

    /// A value as one word; what is none is quoted as in JSON.
    private static func word(_ value: JSON) -> String {
        if case .text(let text) = value, !text.isEmpty,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") })
        {
            return text
        }
        return String(decoding: value.compact, as: UTF8.self)
    }
}

/// Where the lines go.
private final class Sink: Sendable {
    private struct State {
        var waiting = 0
        var dropped = 0
    }

    private static let waitingMax = 10_000

    private let descriptor: Int32
    private let clock: @Sendable () -> Int64
    private let queue = DispatchQueue(label: "variorum.log")
    private let state = Mutex(State())

    init(descriptor: Int32, clock: @escaping @Sendable () -> Int64) {
        self.descriptor = descriptor
        self.clock = clock
    }

    /// - Parameter lines: Makes the bytes, from the time and the number of lines that were dropped before.
    func write(_ lines: (Int64, Int) -> [UInt8]) {
        let (isTaken, dropped) = state.withLock { state -> (Bool, Int) in
            guard state.waiting < Sink.waitingMax else {
                state.dropped += 1
                return (false, 0)
            }
            state.waiting += 1
            defer { state.dropped = 0 }
            return (true, state.dropped)
        }
        guard isTaken else { return }
        let bytes = lines(clock(), dropped)
        queue.async {
            // There is nobody left to tell when the log cannot be written.
            try? FileOutput(fileDescriptor: self.descriptor).write(bytes)
            self.state.withLock { $0.waiting -= 1 }
        }
    }

    func flush() { queue.sync {} }
}
