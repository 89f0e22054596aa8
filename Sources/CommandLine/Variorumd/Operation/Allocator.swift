import Glibc

/// How the process gets its memory.
public enum Allocator {
    /// Has glibc share its pools of memory among more threads than it would. Each thread that frees what a push needed leaves
    /// holes in a pool of its own, which the next push, on another thread, does not use: a third of a server's peak.
    ///
    /// To be called before there are many threads. One pool for four cores: they are locked for larger pieces only.
    public static func sharePools() {
        // Swift's module of the C library lacks <malloc.h>; other C libraries lack the function.
        typealias Mallopt = @convention(c) (_ parameter: Int32, _ value: Int32) -> Int32
        guard let symbol = dlsym(nil, "mallopt") else { return }
        let arenaMax: Int32 = -8
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        _ = unsafeBitCast(symbol, to: Mallopt.self)(arenaMax, Int32(clamping: max(1, cores / 4)))
    }
}
