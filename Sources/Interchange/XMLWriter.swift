/// Writes XML 1.0 in UTF-8, an element a line.
struct XMLWriter {
    private(set) var bytes = Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".utf8)
    private var open: [String] = []
    /// How many characters XML has no place for; U+FFFD stands in theirs.
    private(set) var lostCharacterCount = 0

    /// Begins an element with other elements in it.
    mutating func begin(_ name: String, _ attributes: [(String, String)] = []) {
        start(name, attributes, end: ">\n")
        open.append(name)
    }

    mutating func end() {
        guard let name = open.popLast() else { return }
        indent()
        bytes += "</\(name)>\n".utf8
    }

    /// An element with nothing in it, or with text alone.
    mutating func element(_ name: String, _ attributes: [(String, String)] = [], text: String = "") {
        if text.isEmpty { return start(name, attributes, end: "/>\n") }
        start(name, attributes, end: ">")
        append(text, isAttribute: false)
        bytes += "</\(name)>\n".utf8
    }

    private mutating func start(_ name: String, _ attributes: [(String, String)], end: String) {
        indent()
        bytes += "<\(name)".utf8
        for (key, value) in attributes {
            bytes += " \(key)=\"".utf8
            append(value, isAttribute: true)
            bytes.append(UInt8(ascii: "\""))
        }
        bytes += end.utf8
    }

    private mutating func indent() { bytes += [UInt8](repeating: UInt8(ascii: " "), count: open.count * 2) }

    private mutating func append(_ text: String, isAttribute: Bool) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": bytes += "&amp;".utf8
            case "<": bytes += "&lt;".utf8
            case ">": bytes += "&gt;".utf8
            case "\"" where isAttribute: bytes += "&quot;".utf8
            // A reader makes a line feed of a carriage return, and a space of either in an attribute.
            case "\r": bytes += "&#13;".utf8
            case "\n" where isAttribute: bytes += "&#10;".utf8
            case "\t" where isAttribute: bytes += "&#9;".utf8
            case "\t", "\n": bytes.append(UInt8(scalar.value))
            case "\u{0}"..<" ", "\u{FFFE}", "\u{FFFF}":
                lostCharacterCount += 1
                bytes += "\u{FFFD}".utf8
            default: bytes += String(scalar).utf8
            }
        }
    }
}
