import Glibc
import Synchronization

/// What a terminal shows: lines, and where the cursor stands.
struct ScreenPicture {
    /// No wider and no more than the terminal has room for.
    var lines: [String]
    /// Counted from 0; `nil` for the end of the last line.
    var cursor: (row: Int, column: Int)?
}

/// Runs something that takes keys and shows itself on a terminal: puts it into raw mode, shows screens, reads keys, and leaves it as it was
/// on every way out, a signal included.
enum KeyScreen {
    /// - Parameters:
    ///   - session: What takes the keys.
    ///   - picture: What it looks like on a terminal of some size.
    ///   - press: Gives it a key and does what follows; `false` when it is to be left. What it throws ends it, too.
    /// - Returns: The session as it was left.
    static func run<Session>(
        _ session: Session, input: Int32, output: FileOutput, environment: (String) -> String?,
        picture: (Session, Terminal) -> ScreenPicture, press: (inout Session, KeyPress) throws -> Bool
    ) throws -> Session {
        var session = session
        var before = termios()
        guard tcgetattr(input, &before) == 0 else {
            throw CommandFailure(.inputOutput, "the terminal cannot be put into another mode")
        }
        var raw = before
        cfmakeraw(&raw)
        // Output is still to be processed, so that a line feed begins a line.
        raw.c_oflag = before.c_oflag
        let signals = KeyScreenSignals()
        defer { signals.restore() }
        tcsetattr(input, TCSAFLUSH, &raw)
        defer { tcsetattr(input, TCSAFLUSH, &before) }
        try output.write(enter)
        defer { try? output.write(leave) }

        var decoder = KeyDecoder()
        var isStale = true
        while true {
            if isStale {
                let terminal = Terminal(fileDescriptor: output.fileDescriptor, environment: environment)
                try output.write(bytes(of: picture(session, terminal)))
                isStale = false
            }
            if output.isClosed { return session }
            var keys: [KeyPress]
            switch wait(input) {
            case .bytes(let bytes): keys = decoder.keys(bytes)
            case .silence: keys = decoder.keys([])
            case .gone: keys = [.end]
            }
            if KeyScreenSignals.isStopped { return session }
            if KeyScreenSignals.takeResize() { isStale = true }
            for key in keys {
                isStale = true
                if try !press(&session, key) { return session }
            }
        }
    }

    /// The alternate screen, so that what stood there before comes back.
    private static let enter = "\u{1B}[?1049h"
    private static let leave = "\u{1B}[?1049l"

    private static func bytes(of picture: ScreenPicture) -> String {
        let text = "\u{1B}[H" + picture.lines.map { $0 + "\u{1B}[K" }.joined(separator: "\r\n") + "\u{1B}[J"
        return picture.cursor.map { text + "\u{1B}[\($0.row + 1);\($0.column + 1)H" } ?? text
    }

    private enum Arrival {
        case bytes([UInt8])
        case silence
        case gone
    }

    /// What was typed within a tenth of a second; a signal that another thread took is noticed after it.
    private static func wait(_ input: Int32) -> Arrival {
        var descriptor = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, 100) > 0 else { return .silence }
        var bytes = [UInt8](repeating: 0, count: 1024)
        let count = bytes.withUnsafeMutableBytes { read(input, $0.baseAddress, $0.count) }
        if count > 0 { return .bytes(Array(bytes[..<count])) }
        return count < 0 && (errno == EINTR || errno == EAGAIN) ? .silence : .gone
    }
}

/// Signals while something has the terminal: those that end a program only set a flag, so that the terminal is put back first.
private struct KeyScreenSignals {
    private static let stopped = Atomic<Bool>(false)
    private static let resized = Atomic<Bool>(false)
    private static let ends = [SIGTERM, SIGHUP, SIGINT, SIGQUIT]
    private let before: [(Int32, sigaction)]
    private var mask = sigset_t()

    init() {
        Self.stopped.store(false, ordering: .relaxed)
        func install(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) -> (Int32, sigaction) {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = handler
            var old = sigaction()
            sigaction(number, &action, &old)
            return (number, old)
        }
        before =
            Self.ends.map { install($0) { _ in KeyScreenSignals.stopped.store(true, ordering: .relaxed) } }
            + [install(SIGWINCH) { _ in KeyScreenSignals.resized.store(true, ordering: .relaxed) }]
        // Threads of Dispatch take no signals, and who started the program may have blocked them for all of it.
        var wanted = sigset_t()
        sigemptyset(&wanted)
        for (number, _) in before { sigaddset(&wanted, number) }
        pthread_sigmask(SIG_UNBLOCK, &wanted, &mask)
    }

    static var isStopped: Bool { stopped.load(ordering: .relaxed) }
    static func takeResize() -> Bool { resized.exchange(false, ordering: .relaxed) }

    func restore() {
        var mask = mask
        pthread_sigmask(SIG_SETMASK, &mask, nil)
        for (number, action) in before {
            var action = action
            sigaction(number, &action, nil)
        }
    }
}
