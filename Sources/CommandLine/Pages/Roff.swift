/// Text for the man macros of troff.
enum Roff {
    /// Text as it is read, whatever it holds: nothing in it is a request or another character.
    static func text(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\(rs"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            default: result.append(character)
            }
        }
        return result.hasPrefix(".") ? "\\&" + result : result
    }

    /// Text as one argument of a macro.
    static func argument(_ text: String) -> String { "\"" + Self.text(text).replacing("\"", with: "\\(dq") + "\"" }
}
