import CZstd
import Synchronization

/// A zstd context, which one thread at a time may use.
///
/// Unchecked: the pool hands each context to one borrower until it is given back, so no two threads ever
/// hold the same one, and the pool's lock orders one borrower's use before the next one's.
final class ZstdContext: @unchecked Sendable {
    enum Kind { case compression, decompression }

    let pointer: OpaquePointer
    private let kind: Kind

    init(_ kind: Kind) {
        self.kind = kind
        guard let pointer = kind == .compression ? ZSTD_createCCtx() : ZSTD_createDCtx() else {
            fatalError("out of memory for a zstd context")
        }
        self.pointer = pointer
    }

    deinit {
        switch kind {
        case .compression: ZSTD_freeCCtx(pointer)
        case .decompression: ZSTD_freeDCtx(pointer)
        }
    }

    var sizeInBytes: Int {
        switch kind {
        case .compression: ZSTD_sizeof_CCtx(pointer)
        case .decompression: ZSTD_sizeof_DCtx(pointer)
        }
    }
}

/// Idle contexts for reuse: making one costs more than compressing a small message with it.
struct ContextPool: ~Copyable, Sendable {
    /// More than this would only help if more threads than these compress at once.
    private static let idleCountMax = 8
    /// One large text at a high level must not hold its tables for ever.
    private static let idleSizeInBytesMax = 4 << 20

    private let kind: ZstdContext.Kind
    private let idle = Mutex<[ZstdContext]>([])

    init(_ kind: ZstdContext.Kind) { self.kind = kind }

    /// Lends a context to a function. Any number of threads may call this at once.
    func withContext<Result, Failure: Error>(
        _ body: (OpaquePointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let context = idle.withLock { $0.popLast() } ?? ZstdContext(kind)
        defer {
            if context.sizeInBytes <= Self.idleSizeInBytesMax {
                idle.withLock { if $0.count < Self.idleCountMax { $0.append(context) } }
            }
        }
        return try body(context.pointer)
    }
}
