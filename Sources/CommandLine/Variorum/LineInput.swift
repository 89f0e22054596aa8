import Glibc

/// Reads standard input, whole or line by line.
///
/// May be used by one task at a time.
public final class LineInput {
    public let fileDescriptor: Int32
    public let isTerminal: Bool
    private var buffer: [UInt8] = []
    private var isAtEnd = false

    /// - Parameters:
    ///   - fileDescriptor: A descriptor that stays open as long as this object; it is not closed at the end.
    ///   - isTerminal: Whether somebody types there; found out when not given.
    public init(fileDescriptor: Int32, isTerminal: Bool? = nil) {
        self.fileDescriptor = fileDescriptor
        self.isTerminal = isTerminal ?? (isatty(fileDescriptor) == 1)
    }

    /// The next line without its line feed; nil at the end.
    public func readLine() throws(FileError) -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                defer { buffer.removeSubrange(...end) }
                return String(decoding: buffer[..<end], as: UTF8.self)
            }
            if isAtEnd {
                if buffer.isEmpty { return nil }
                defer { buffer = [] }
                return String(decoding: buffer, as: UTF8.self)
            }
            try fill()
        }
    }

    /// The next line, not shown while somebody types it at a terminal.
    public func readSecret() throws(FileError) -> String? {
        guard isTerminal else { return try readLine() }
        var before = termios()
        guard tcgetattr(fileDescriptor, &before) == 0 else { return try readLine() }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(fileDescriptor, TCSAFLUSH, &silent)
        defer { tcsetattr(fileDescriptor, TCSAFLUSH, &before) }
        return try readLine()
    }

    /// All that is left, but not much more than a limit in bytes: who gets more refuses it.
    public func readAll(atMost sizeInBytesMax: Int) throws(FileError) -> [UInt8] {
        while !isAtEnd, buffer.count <= sizeInBytesMax { try fill() }
        defer { buffer = [] }
        return buffer
    }

    private func fill() throws(FileError) {
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        let count = chunk.withUnsafeMutableBytes { read(fileDescriptor, $0.baseAddress, $0.count) }
        if count < 0 {
            if errno == EINTR { return }
            throw FileError("standard input", errno)
        }
        if count == 0 { isAtEnd = true }
        buffer += chunk[..<count]
    }
}
