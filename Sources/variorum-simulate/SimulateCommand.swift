import CommandLine
import Glibc
import Simulation

/// The program `variorum-simulate`: random histories of whole teams under seeds. See docs/testing.md.
enum SimulateCommand {
    static let specification = CommandSpecification(
        "variorum-simulate",
        summary: "Runs random histories of whole teams, each from a seed, and checks every invariant",
        discussion: """
            The real store, change log, wire format, sync client, service and server store run on simulated disks, clocks \
            and networks that fail in every way they can. A history that ends in a violation is made as short as possible \
            and printed with the command that repeats it. One process uses one core; scripts/simulate uses all.
            """,
        options: [
            .value("seed", "s", "N", "the first seed", defaultValue: "1"),
            .value("count", "n", "N", "how many histories, each with the next seed", defaultValue: "1"),
            .value("seconds", nil, "N", "stop after so long, whatever the count"),
            .value("stride", nil, "N", "take every N-th seed, so that several processes share them", defaultValue: "1"),
            .value("devices", nil, "N", "devices of a history, at most", defaultValue: "7"),
            .value("steps", nil, "N", "steps of a history, at most", defaultValue: "160"),
            .value("keep", "k", "PLACES", "only these steps of the history: `3,7-12`"),
            .flag("trace", "t", "print what happens, line by line"),
            .flag("no-shrink", nil, "print a violation as it was found"),
            .value("state-file", nil, "FILE", "write the seed at hand here, for whoever watches this process"),
        ],
        examples: [
            CommandExample("variorum-simulate --count 1000", "a thousand histories"),
            CommandExample("variorum-simulate --seed 42 --keep 3,7-12 --trace", "what a failure prints, step by step"),
            CommandExample(
                "variorum-simulate --devices 50 --steps 100000", "one history of a large team, for a few minutes"),
        ])

    static func run(_ arguments: [String]) -> ExitCode {
        FileOutput.ignoreBrokenPipes()
        let (output, errors) = (FileOutput.standardOutput(), FileOutput.standardError())
        do {
            switch try specification.parse(arguments) {
            case .help(let page):
                try output.write(page.text(width: Terminal(fileDescriptor: 1).width, isStyled: false))
                return .success
            case .run(let values):
                return try Histories(values, output: output, errors: errors).run()
            }
        } catch let error as UsageError {
            try? errors.writeLine("variorum-simulate: \(error)")
            return error.exitCode
        } catch {
            try? errors.writeLine("variorum-simulate: \(error)")
            return .failure
        }
    }
}

/// Runs of histories, one after the other, up to the first violation.
private struct Histories {
    let values: ArgumentValues
    let output: FileOutput
    let errors: FileOutput
    let scale: Plan.Scale

    init(_ values: ArgumentValues, output: FileOutput, errors: FileOutput) throws {
        self.values = values
        self.output = output
        self.errors = errors
        scale = Plan.Scale(
            devicesMax: try values.integer("devices", in: 1...100) ?? 7,
            stepsMax: try values.integer("steps", in: 1...1_000_000) ?? 160)
    }

    func run() throws -> ExitCode {
        guard let first = UInt64(values.value("seed") ?? "1") else {
            throw UsageError(.invalidValue, in: values.commandPath, "option --seed needs a whole number")
        }
        let count = try values.integer("count", in: 1...Int.max) ?? 1
        let stride = try values.integer("stride", in: 1...1000) ?? 1
        let seconds = try values.integer("seconds", in: 1...1_000_000)
        let kept = try values.value("keep").map(places)
        let start = now()
        var (done, steps, changes, faults) = (0, 0, 0, 0)
        while done < (seconds == nil ? count : Int.max) {
            if let seconds, now() - start >= Double(seconds) { break }
            let seed = first &+ UInt64(done * stride)
            try values.value("state-file").map { try noteState(seed, in: $0) }
            let plan = Plan(seed: seed, scale: scale)
            let outcome = Simulation.run(plan, keeping: kept)
            if values.flag("trace") { for line in outcome.trace { try output.writeLine(line) } }
            done += 1
            steps += outcome.stepCount
            changes += outcome.changeCount
            faults += outcome.faultCount
            if let violation = outcome.violation {
                try report(violation, plan, kept)
                return .failure
            }
        }
        let rate = Double(done) / max(0.001, now() - start) * 60
        try output.writeLine(
            "{\"histories\":\(done),\"steps\":\(steps),\"changes\":\(changes),\"faults\":\(faults),"
                + "\"seconds\":\(Int(now() - start)),\"per_minute\":\(Int(rate)),\"violations\":0}")
        return .success
    }

    private func report(_ violation: Violation, _ plan: Plan, _ kept: [Int]?) throws {
        try errors.writeLine("seed \(plan.seed): \(violation)")
        var kept = kept
        if kept == nil && !values.flag("no-shrink") {
            try errors.writeLine("making it short …")
            kept = Shrinking.shrink(plan, invariant: violation.invariant)
        }
        let places = kept.map { " --keep " + ranges($0) } ?? ""
        var command = "variorum-simulate --seed \(plan.seed)\(places) --trace"
        for name in ["devices", "steps"] {
            if let value = values.value(name), value != SimulateCommand.defaultValue(of: name) {
                command += " --\(name) \(value)"
            }
        }
        try errors.writeLine("repeat with: \(command)")
        try output.writeLine(
            "{\"seed\":\(plan.seed),\"violation\":\"\(violation.invariant)\",\"command\":\"\(command)\"}")
    }

    private func noteState(_ seed: UInt64, in path: String) throws {
        guard let file = fopen(path, "w") else { return }
        fputs("\(seed)\n", file)
        fclose(file)
    }

    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private func places(_ text: String) throws -> [Int] {
        var result: [Int] = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, ends.count <= 2, first >= 0, first <= last else {
                throw UsageError(.invalidValue, in: values.commandPath, "option --keep needs places such as 3,7-12")
            }
            result += Array(first...last)
        }
        return result
    }

    private func ranges(_ places: [Int]) -> String {
        var parts: [(Int, Int)] = []
        for place in places {
            if let last = parts.last, last.1 + 1 == place {
                parts[parts.count - 1].1 = place
            } else {
                parts.append((place, place))
            }
        }
        return parts.map { $0.0 == $0.1 ? "\($0.0)" : "\($0.0)-\($0.1)" }.joined(separator: ",")
    }
}

extension SimulateCommand {
    fileprivate static func defaultValue(of name: String) -> String? {
        specification.options.first { $0.name == name }?.defaultValue
    }
}
