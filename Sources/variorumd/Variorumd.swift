import CommandLine

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@main
enum Variorumd {
    static func main() async {
        exit(await ServerCommand.run(Array(Swift.CommandLine.arguments.dropFirst())).rawValue)
    }
}
