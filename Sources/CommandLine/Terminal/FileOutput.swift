import Glibc

/// A failure to write to standard output or standard error.
public struct OutputError: Error, Sendable, CustomStringConvertible {
    /// The system's error number.
    public let errorNumber: Int32

    public var description: String { "cannot write the output: \(String(cString: strerror(errorNumber)))" }

    public var exitCode: ExitCode { .inputOutput }
}

/// Writes text to a file descriptor, without buffering.
///
/// When the reader of a pipe goes away (`variorum read … | head`), the rest is dropped in silence, as the reader
/// wants: `isClosed` then tells a command that goes on for long that it may stop.
///
/// May be used by one task at a time.
public final class FileOutput {
    public static func standardOutput() -> FileOutput { FileOutput(fileDescriptor: STDOUT_FILENO) }
    public static func standardError() -> FileOutput { FileOutput(fileDescriptor: STDERR_FILENO) }

    public let fileDescriptor: Int32

    /// Whether the reader has gone.
    public private(set) var isClosed = false

    /// - Parameter fileDescriptor: A descriptor that stays open as long as this object; it is not closed at the end.
    public init(fileDescriptor: Int32) { self.fileDescriptor = fileDescriptor }

    /// Makes writing to a pipe without a reader an error of the write instead of the end of the process.
    ///
    /// For the start of a program; it holds for the whole process.
    public static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// Writes all of a text.
    ///
    /// - Throws: What the system reports, other than that the reader has gone.
    public func write(_ text: String) throws(OutputError) {
        try write(Array(text.utf8))
    }

    public func writeLine(_ text: String = "") throws(OutputError) {
        try write(text + "\n")
    }

    /// Writes all of some bytes.
    public func write(_ bytes: [UInt8]) throws(OutputError) {
        var written = 0
        while written < bytes.count, !isClosed {
            let count = bytes.withUnsafeBytes {
                Glibc.write(fileDescriptor, $0.baseAddress! + written, $0.count - written)
            }
            if count >= 0 {
                written += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EPIPE: isClosed = true
            // Standard output may share a terminal that another program has made non-blocking.
            case EAGAIN: waitUntilWritable()
            case let number: throw OutputError(errorNumber: number)
            }
        }
    }

    private func waitUntilWritable() {
        var descriptor = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
        poll(&descriptor, 1, -1)
    }
}
