/// One case's result, at one size, as a line of JSON: medians over the rounds, and the ratio to the baseline of the same run.
struct ResultLine {
    let benchCase: BenchCase
    let samples: [Sample]
    /// The baseline's samples in the same rounds; empty where the case has none.
    let baseline: [Sample]

    /// Items a second, by the median time.
    static func rate(_ samples: [Sample]) -> Double {
        let seconds = samples.map(\.seconds).median
        return seconds > 0 ? Double(samples.first?.count ?? 0) / seconds : 0
    }

    func json(on machine: Machine) -> String {
        var members: [(String, String)] = [
            ("case", quoted(benchCase.name)), ("n", "\(samples.first?.size ?? samples.first?.count ?? 0)"),
            ("runs", "\(samples.count)"),
        ]
        if let first = samples.first, first.size != nil { members.append(("items", "\(first.count)")) }
        let times = samples.map(\.seconds)
        if times.contains(where: { $0 > 0 }) {
            members += [
                ("seconds", number(times.median)), ("seconds_min", number(times.min() ?? 0)),
                ("seconds_max", number(times.max() ?? 0)), ("rate", number(Self.rate(samples))),
            ]
        }
        if let name = benchCase.baseline, Self.rate(baseline) > 0 {
            members += [
                ("baseline", quoted(name)), ("baseline_rate", number(Self.rate(baseline))),
                ("ratio", number(Self.rate(samples) / Self.rate(baseline))),
            ]
        }
        for (key, _) in samples.first?.facts ?? [] {
            let values = samples.compactMap { sample in sample.facts.first { $0.key == key }?.value }
            members.append((key, number(values.median)))
        }
        members += [
            ("cores", "\(machine.cores)"), ("sqlite", quoted(machine.sqlite)), ("load", number(machine.load)),
            ("commit", quoted(machine.commit)), ("date", quoted(machine.date)),
        ]
        return "{" + members.map { "\(quoted($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }

    /// Names, hashes and dates: nothing in them needs an escape.
    private func quoted(_ text: String) -> String { "\"\(text)\"" }

    /// Six significant digits.
    private func number(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 { return "\(Int(value))" }
        var scale = 1.0
        while abs(value) * scale < 100_000, scale < 1e9 { scale *= 10 }
        return "\((value * scale).rounded() / scale)"
    }
}
