/// One setting of the server: what it is called, what it takes and what it means.
///
/// The parser, the help, the example file, the manual page and the table of docs/operate.md all read `Setting.all`, so
/// they cannot disagree.
struct Setting: Sendable {
    enum Kind: Sendable {
        /// A numeric address and a port.
        case address
        /// A file; in the configuration file relative to that file's folder.
        case file
        /// A whole number of `unit` in a range.
        case number(ClosedRange<Int>, unit: String)
        /// Addresses and networks with commas between.
        case networks
        /// yes or no.
        case choice([String])
    }

    /// The name in the file, with its section: `limits.connections`.
    let key: String
    let kind: Kind
    /// `nil`: not set.
    let standard: String?
    let summary: String
    /// The option of `variorumd serve` that sets it, if it has one of its own.
    let option: String?

    init(_ key: String, _ kind: Kind, _ standard: String?, _ summary: String, option: String? = nil) {
        self.key = key
        self.kind = kind
        self.standard = standard
        self.summary = summary
        self.option = option
    }

    /// `VARIORUM_LIMITS_CONNECTIONS`.
    var environmentVariable: String {
        "VARIORUM_" + key.uppercased().map { $0 == "." || $0 == "-" ? "_" : String($0) }.joined()
    }

    var isFlag: Bool {
        if case .choice(let choices) = kind { choices == Self.yesOrNo } else { false }
    }

    static let yesOrNo = ["yes", "no"]

    /// What a value has to look like, in a phrase.
    var form: String {
        switch kind {
        case .address: "HOST:PORT with a numeric address, such as 127.0.0.1:8642 or [::1]:8642"
        case .file: "a file's path"
        case .number(let range, let unit): "a whole number of \(unit) from \(range.lowerBound) to \(range.upperBound)"
        case .networks:
            "addresses and networks with commas between, such as 127.0.0.1, 10.0.0.0/8, 2001:db8::/32; at most \(TrustedProxies.networksMax)"
        case .choice(let choices): choices.joined(separator: " or ")
        }
    }

    /// What is wrong with a value, `nil` if nothing is.
    func fault(in text: String) -> String? {
        let isGood =
            switch kind {
            case .address: ListenAddress(text) != nil
            case .file: !text.isEmpty
            case .number(let range, _): Int(text).map(range.contains) ?? false
            case .networks: TrustedProxies(text) != nil
            case .choice(let choices): choices.contains(text)
            }
        return isGood ? nil : "\(key) takes \(form), not '\(printable(text))'"
    }

    static func named(_ key: String) -> Setting? { all.first { $0.key == key } }
}
