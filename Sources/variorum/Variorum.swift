import CommandLine
import Glibc

@main
enum Variorum {
    static func main() async {
        FileOutput.ignoreBrokenPipes()
        let code = await VariorumCommand.run(
            Array(Swift.CommandLine.arguments.dropFirst()), in: Surroundings.ofProcess())
        // Everything is written by now; handlers at exit would take away what other threads may still be at work with.
        _exit(code)
    }
}
