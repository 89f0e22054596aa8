import CommandLine
import Glibc

@main
enum VariorumBench {
    static func main() async {
        exit(await BenchCommand.run(Array(Swift.CommandLine.arguments.dropFirst())).rawValue)
    }
}
