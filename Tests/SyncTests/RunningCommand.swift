import CommandLine
import Foundation

/// What a command that runs on its own has written so far, and how it ended.
final class RunningCommand: Sendable {
    let output: URL
    private let stopping: AsyncStream<Void>.Continuation
    private let task: Task<Int32, Never>

    init(_ folder: String, _ words: [String]) throws {
        let output = URL(fileURLWithPath: folder + "/output-\(UUID().uuidString)")
        let (stops, stopping) = AsyncStream<Void>.makeStream()
        try "".write(to: output, atomically: false, encoding: .utf8)
        task = Task {
            guard let file = try? FileHandle(forWritingTo: output) else { return -1 }
            let sink = FileOutput(fileDescriptor: file.fileDescriptor)
            let surroundings = Surroundings(
                environment: { _ in nil }, input: LineInput(fileDescriptor: 0, isTerminal: false), output: sink,
                errorOutput: sink, currentFolder: folder, clock: { 1_700_000_000_000 },
                interruption: { for await _ in stops { return } })
            let code = await VariorumCommand.run(words, in: surroundings)
            try? file.close()
            return code
        }
        (self.output, self.stopping) = (output, stopping)
    }

    var text: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

    func says(_ words: String) async throws -> Bool {
        for _ in 0..<6000 where !text.contains(words) { try await Task.sleep(for: .milliseconds(10)) }
        return text.contains(words)
    }

    func interrupt() { stopping.yield() }
    var code: Int32 { get async { await task.value } }
}
