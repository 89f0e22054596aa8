import CommandLine

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@main
enum Variorumd {
    static func main() async {
        let code = await ServerCommand.run(Array(Swift.CommandLine.arguments.dropFirst()))
        // Everything is written by now. Without handlers at exit: those of OpenSSL would take away what a thread that hashes a
        // password may still be at work with.
        _exit(code.rawValue)
    }
}
