import Foundation
import FuzzTargets

/// Runs fuzz targets: over files that are named, or, built with `-D FUZZING -sanitize=fuzzer`, under libFuzzer.
///
///     variorum-fuzz                    lists the targets
///     variorum-fuzz TARGET FILE…       runs each file, and all files below each folder, and says which one fails
///     variorum-fuzz TARGET [OPTION…] [CORPUS…]   in a fuzzing build: libFuzzer's own command line
@main
struct FuzzRunner {
    static func main() {
        guard CommandLine.arguments.count > 1 else {
            for target in FuzzTarget.all { print("\(target.name)\t\(target.lengthMax)\t\(target.summary)") }
            return
        }
        #if FUZZING
            // libFuzzer starts itself anew for a merge, and knows nothing of the target then.
            if let name = ProcessInfo.processInfo.environment[variable], let target = FuzzTarget.named(name),
                CommandLine.arguments[1].hasPrefix("-")
            {
                fuzz(target, Array(CommandLine.arguments.dropFirst()))
            }
        #endif
        guard let target = FuzzTarget.named(CommandLine.arguments[1]) else {
            fail("there is no target '\(CommandLine.arguments[1])'; without arguments the targets are listed")
        }
        #if FUZZING
            setenv(variable, target.name, 1)
            fuzz(target, Array(CommandLine.arguments.dropFirst(2)))
        #else
            replay(CommandLine.arguments.dropFirst(2), target)
        #endif
    }

    /// Carries the target's name to processes that libFuzzer starts.
    private static let variable = "VARIORUM_FUZZ_TARGET"

    private static func replay(_ paths: ArraySlice<String>, _ target: FuzzTarget) {
        var count = 0
        for path in paths.flatMap(files(at:)) {
            guard let bytes = FileManager.default.contents(atPath: path) else { fail("\(path) cannot be read") }
            // Before it runs: a trap leaves no time to say so.
            FileHandle.standardError.write(Data("\(target.name) \(path)\n".utf8))
            do { try target.run([UInt8](bytes)) } catch { fail("\(path): \(error)") }
            count += 1
        }
        print("\(target.name): \(count) inputs, nothing found")
    }

    private static func files(at path: String) -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
            return [path]
        }
        let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return names.sorted().map { path + "/" + $0 }.filter { file in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) && !isFolder.boolValue
        }
    }

    private static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("variorum-fuzz: \(message)\n".utf8))
        exit(1)
    }
}
