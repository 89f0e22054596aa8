import Foundation
import Glibc
import Testing

/// `variorum` on a pseudo-terminal, with what it has shown so far.
final class TerminalProgram {
    let process = Process()
    private let master: Int32
    private let terminal: Int32
    let before: termios
    private(set) var shown: [UInt8] = []

    init(_ words: [String], in folder: String) throws {
        // What posix_openpt, unlockpt and ptsname do on Linux; Swift's Glibc does not offer them.
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        try #require(master >= 0)
        var (lock, number): (Int32, Int32) = (0, 0)
        try #require(ioctl(master, 0x4004_5431, &lock) == 0 && ioctl(master, 0x8004_5430, &number) == 0)
        let name = "/dev/pts/\(number)"
        terminal = open(name, O_RDWR | O_NOCTTY)
        try #require(terminal >= 0)
        var size = winsize(ws_row: 40, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)
        var settings = termios()
        tcgetattr(terminal, &settings)
        before = settings
        process.executableURL = Self.program
        process.arguments = words
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ["TERM": "xterm", "NO_COLOR": "1", "HOME": folder]
        let handle = FileHandle(fileDescriptor: terminal)
        (process.standardInput, process.standardOutput, process.standardError) = (handle, handle, handle)
        try process.run()
    }

    deinit {
        if process.isRunning { process.terminate() }
        close(master)
        close(terminal)
    }

    /// Beside the test bundle.
    private static var program: URL {
        URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("variorum")
    }

    static var isBuilt: Bool { FileManager.default.isExecutableFile(atPath: program.path) }

    /// Waits until the program has shown some words since the last call.
    func shows(_ words: String) throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if let found = String(decoding: shown, as: UTF8.self).range(of: words) {
                let text = String(decoding: shown, as: UTF8.self)
                shown = Array(text[found.upperBound...].utf8)
                return true
            }
            var descriptor = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
            guard poll(&descriptor, 1, 100) > 0 else { continue }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = bytes.withUnsafeMutableBytes { read(master, $0.baseAddress, $0.count) }
            if count > 0 { shown += bytes[..<count] }
        }
        return false
    }

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
    }

    /// Whether the terminal is as it was before.
    var isRestored: Bool {
        var now = termios()
        tcgetattr(terminal, &now)
        return now.c_lflag == before.c_lflag && now.c_iflag == before.c_iflag && now.c_oflag == before.c_oflag
    }
}
