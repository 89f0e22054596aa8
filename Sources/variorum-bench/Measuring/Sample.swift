/// What one round measured of one case. Travels as a line from the process that measured to the one that reports.
struct Sample {
    var name: String
    /// How many items the time was for.
    var count: Int
    /// How many annotations were there already, where the case is measured at several sizes.
    var size: Int?
    /// 0 where the case is about bytes alone.
    var seconds: Double
    /// Further figures: bytes, latencies in milliseconds, peak memory.
    var facts: [(key: String, value: Double)] = []

    init(_ name: String, count: Int, seconds: Double, facts: [(key: String, value: Double)] = []) {
        self.name = name
        self.count = count
        self.seconds = seconds
        self.facts = facts
    }

    var line: String {
        (["sample", name, "\(count)", "\(seconds)"] + (size.map { ["\(Self.sizeKey)=\($0)"] } ?? [])
            + facts.map { "\($0.key)=\($0.value)" }).joined(separator: "\t")
    }

    init?(line: String) {
        let parts = line.split(separator: "\t").map(String.init)
        guard parts.count >= 4, parts[0] == "sample", let count = Int(parts[2]), let seconds = Double(parts[3]) else {
            return nil
        }
        self.init(parts[1], count: count, seconds: seconds)
        for part in parts.dropFirst(4) {
            let pair = part.split(separator: "=", maxSplits: 1)
            if pair.count == 2, pair[0] == Self.sizeKey {
                size = Int(pair[1])
            } else if pair.count == 2, let value = Double(pair[1]) {
                facts.append((String(pair[0]), value))
            }
        }
    }

    private static let sizeKey = "size"
}
