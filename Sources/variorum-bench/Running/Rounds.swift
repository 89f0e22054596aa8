import CommandLine

/// Measures the chosen cases round by round: a neighbour's work then hits cases and baselines alike.
///
/// Every group runs in a process of its own, so that peak memory is its own and no cache is warm from another.
struct Rounds {
    private let chosen: [BenchCase]
    private let groups: [CaseGroup]
    private let count: Int
    private let runs: Int
    private let folder: String
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
            let line = ResultLine(benchCase: item, samples: samples[item.name] ?? [], baseline: baseline)
            try output.writeLine(line.json(on: machine))
        }
    }

    private func measure(_ group: CaseGroup) throws -> [Sample] {
        let scratch = try ScratchFolder(in: folder)
        let child = try ChildProcess.ofThisProgram([
            "step", group.rawValue, "--n", "\(count)", "--folder", scratch.path,
        ])
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
