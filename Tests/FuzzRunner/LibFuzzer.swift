#if FUZZING
    import FuzzTargets
    import Glibc

    /// libFuzzer's entry for programs that have a `main` of their own.
    @_silgen_name("LLVMFuzzerRunDriver")
    private func runDriver(
        _ count: UnsafeMutablePointer<CInt>,
        _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
        _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
    ) -> CInt

    /// Set once, before libFuzzer calls back.
    nonisolated(unsafe) private var chosen: FuzzTarget?

    extension FuzzRunner {
        /// Hands libFuzzer its own words of the command line.
        static func fuzz(_ target: FuzzTarget, _ options: [String]) -> Never {
            chosen = target
            let words = [CommandLine.arguments[0]] + options
            var count = CInt(words.count)
            var arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: words.count + 1)
            for (place, word) in words.enumerated() { arguments[place] = strdup(word) }
            arguments[words.count] = nil
            exit(
                runDriver(&count, &arguments) { start, length in
                    let input = Array(UnsafeBufferPointer(start: start, count: length))
                    do { try chosen?.run(input) } catch { fatalError("\(error)") }
                    return 0
                })
        }
    }
#endif
