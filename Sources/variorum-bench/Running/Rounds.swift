import BenchmarkResults
import CommandLine
import Glibc

/// Measures the chosen cases round by round: a neighbour's work then hits cases and baselines alike.
///
/// Every group runs in a process of its own, so that peak memory is its own and no cache is warm from another.
struct Rounds {
    private let chosen: [BenchCase]
    private let groups: [CaseGroup]
    private let count: Int
    private let runs: Int
    private let folder: String
    private let sizes: GrowthSizes
    /// The program whose start is measured, if it is.
    private let program: String?
    private let output: FileOutput
    private let errors: FileOutput

    init(_ values: ArgumentValues, output: FileOutput, errors: FileOutput) throws {
        var chosen: [BenchCase] = []
        for name in values.positionals("case") {
            guard let item = BenchCase.named(name) else {
                throw UsageError(
                    .invalidValue, in: values.commandPath,
                    "there is no case '\(name)'; `variorum-bench list` shows them")
            }
            chosen.append(item)
        }
        if chosen.isEmpty { chosen = BenchCase.all }
        let needed = Set(chosen.map(\.group) + chosen.compactMap { $0.baseline.flatMap(BenchCase.named)?.group })
        self.chosen = chosen
        groups = CaseGroup.allCases.filter(needed.contains)
        count = try values.integer("n", in: 100...1_000_000) ?? 10_000
        runs = try values.integer("runs", in: 1...1000) ?? 5
        folder = values.value("folder") ?? "/tmp"
        sizes = try GrowthSizes(values)
        program = chosen.contains { $0.name == Growth.startName } ? try Self.program(values) : nil
        self.output = output
        self.errors = errors
    }

    func run() async throws {
        guard WorkloadDigest.all().allSatisfy(\.holds) else {
            throw BenchError(
                "the workload is not the one that the peers were measured with; see `variorum-bench digest`")
        }
        #if DEBUG
            try errors.writeLine("variorum-bench: this is a debug build; its figures mean nothing")
        #endif
        let machine = Machine()
        var samples: [String: [Sample]] = [:]
        for round in 1...runs {
            for group in groups where round <= group.roundsMax {
                try errors.writeLine("round \(round) of \(runs): \(group.rawValue)")
                for sample in try measure(group) { samples[sample.name, default: []].append(sample) }
            }
        }
        for item in chosen {
            let baseline = item.baseline.flatMap { samples[$0] } ?? []
            let found = samples[item.name] ?? []
            // One line a case, or one a size where it was measured at several.
            for size in found.isEmpty ? [nil] : Self.sizes(of: found) {
                let line = ResultLine(
                    benchCase: item, samples: found.filter { $0.size == size }, baseline: baseline)
                try output.writeLine(line.json(on: machine))
            }
        }
    }

    private static func sizes(of samples: [Sample]) -> [Int?] {
        Set(samples.map(\.size)).sorted { ($0 ?? 0) < ($1 ?? 0) }
    }

    /// `variorum`, as given or beside this program.
    private static func program(_ values: ArgumentValues) throws -> String {
        var path = values.value("program")
        if path == nil, let own = realpath("/proc/self/exe", nil) {
            defer { free(own) }
            path =
                String(cString: own).split(separator: "/", omittingEmptySubsequences: false).dropLast()
                .joined(separator: "/") + "/variorum"
        }
        guard let path, access(path, X_OK) == 0 else {
            throw BenchError(
                "there is no program \(path ?? "variorum"); build it with -c release, or name it with --program")
        }
        return path
    }

    private func measure(_ group: CaseGroup) throws -> [Sample] {
        let scratch = try ScratchFolder(in: folder)
        let child = try ChildProcess.ofThisProgram(
            [
                "step", group.rawValue, "--n", "\(count)", "--folder", scratch.path, "--sizes", sizes.description,
            ] + (program.map { ["--program", $0] } ?? []))
        var samples: [Sample] = []
        while let line = child.readLine() {
            if let sample = Sample(line: line) { samples.append(sample) }
        }
        let status = child.end()
        guard status == 0 else { throw BenchError("measuring '\(group.rawValue)' failed with exit code \(status)") }
        return samples
    }
}

/// Why a measurement did not come about.
struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
