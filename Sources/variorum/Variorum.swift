import CommandLine
import Glibc

@main
enum Variorum {
    static func main() async {
        FileOutput.ignoreBrokenPipes()
        let code = await VariorumCommand.run(
            Array(Swift.CommandLine.arguments.dropFirst()), in: Surroundings.ofProcess())
        exit(code)
    }
}
