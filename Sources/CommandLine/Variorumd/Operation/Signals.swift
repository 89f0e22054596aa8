import Dispatch
import Glibc
import ServerStore
import Synchronization

/// SIGTERM, SIGINT and SIGHUP as a sequence.
///
/// Through handlers and a pipe: Dispatch's own source for signals begins to listen a moment after it was made, and until
/// then the signal has to be ignored, so that it is lost.
///
/// `@unchecked Sendable`: the source is made in `init` and only kept.
final class Signals: @unchecked Sendable {
    enum Request { case stop, reload }

    let requests: AsyncStream<Request>
    private let source: any DispatchSourceRead

    /// From here on the signals are requests, also those that come before anybody waits. One for each process.
    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw ServerStoreError(.unavailable, "no pipe for signals: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        let (stream, continuation) = AsyncStream<Request>.makeStream()
        requests = stream
        source = DispatchSource.makeReadSource(fileDescriptor: ends[0])
        source.setEventHandler { @Sendable [reader = ends[0]] in
            var number: UInt8 = 0
            while read(reader, &number, 1) == 1 { continuation.yield(Int32(number) == SIGHUP ? .reload : .stop) }
        }
        source.resume()
        signalPipe.store(ends[1], ordering: .releasing)
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, noteSignal) }
    }
}

/// Where `noteSignal` writes.
private let signalPipe = Atomic<Int32>(-1)

/// Does nothing that a signal handler must not do (signal-safety(7)).
private let noteSignal: @convention(c) (Int32) -> Void = { number in
    let before = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(signalPipe.load(ordering: .acquiring), &byte, 1)
    errno = before
}
