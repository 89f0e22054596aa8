import CommandLine
import Glibc

@main
enum VariorumSimulate {
    static func main() {
        let arguments = Swift.CommandLine.arguments
        // Hashing with a random seed would give sets another order in every process; a seed has to repeat exactly.
        if getenv("SWIFT_DETERMINISTIC_HASHING") == nil {
            setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
            var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
            words.append(nil)
            execv("/proc/self/exe", &words)
        }
        exit(SimulateCommand.run(Array(arguments.dropFirst())).rawValue)
    }
}
