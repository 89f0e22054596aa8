import Interchange

/// One thing that `variorumd doctor` looked at.
struct Finding {
    enum Level: String {
        case ok, warning, problem
    }

    /// What was looked at, in a word that stays the same for programs.
    let check: String
    let level: Level
    let text: String
    /// What to do; `nil` where nothing is to be done.
    let advice: String?

    static func ok(_ check: String, _ text: String) -> Finding {
        Finding(check: check, level: .ok, text: text, advice: nil)
    }

    static func warning(_ check: String, _ text: String, _ advice: String) -> Finding {
        Finding(check: check, level: .warning, text: text, advice: advice)
    }

    static func problem(_ check: String, _ text: String, _ advice: String) -> Finding {
        Finding(check: check, level: .problem, text: text, advice: advice)
    }

    /// `warning  backup: none was ever made; variorumd backup makes one`
    var line: String {
        let word = level.rawValue + String(repeating: " ", count: 9 - level.rawValue.count)
        return printable("\(word)\(check): \(text)" + (advice.map { "; \($0)" } ?? ""))
    }

    var json: JSON {
        ["check": .text(check), "level": .text(level.rawValue), "text": .text(text), "advice": .optional(advice)]
    }
}
