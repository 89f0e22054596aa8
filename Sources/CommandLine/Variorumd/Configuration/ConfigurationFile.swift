/// The server's configuration file: lines `key = value`, sections, comments.
///
/// A line is empty, a comment that begins with "#", a section `[limits]` that holds for the keys below it, or a key with
/// its value. A value ends at " #", which begins a comment, or at the end of the line; one in double quotes may hold
/// anything, with \" and \\ for the two.
public struct ConfigurationFile: Sendable {
    struct Entry: Equatable, Sendable {
        let key: String
        let value: String
        let line: Int
    }

    let path: String
    let entries: [Entry]

    /// Longer files are refused.
    public static let bytesMax = 64 << 10

    /// Reads a file.
    ///
    /// - Throws: `ConfigurationError` with every line that is wrong.
    public init(path: String, bytes: [UInt8]) throws(ConfigurationError) {
        self.path = path
        guard bytes.count <= Self.bytesMax else {
            throw ConfigurationError("\(path) is longer than \(Self.bytesMax) bytes, which is the limit")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError("\(path) is not UTF-8")
        }
        var reader = LineReader()
        for (number, line) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        {
            reader.read(line, number: number + 1)
        }
        guard reader.faults.isEmpty else {
            throw ConfigurationError(
                reader.faults.map { line, message, suggestion in
                    ConfigurationError.Fault(place: "\(path):\(line)", message: message, suggestion: suggestion)
                })
        }
        entries = reader.entries
    }

    /// The same settings, written anew.
    public var text: String { entries.map { "\($0.key) = \(Self.quoted($0.value))\n" }.joined() }

    private static func quoted(_ value: String) -> String {
        var text = "\"".unicodeScalars
        for scalar in value.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { text.append("\\") }
            text.append(scalar)
        }
        return String(text) + "\""
    }
}

/// Works on scalars throughout: a combining mark after a quote or an equals sign takes nothing of its meaning away.
private struct LineReader {
    private typealias Scalars = String.UnicodeScalarView.SubSequence

    private(set) var entries: [ConfigurationFile.Entry] = []
    private(set) var faults: [(line: Int, message: String, suggestion: String?)] = []
    /// `nil` below a section that does not exist: its keys belong nowhere, and that was said once.
    private var section: String? = ""

    mutating func read(_ text: String.UnicodeScalarView.SubSequence, number: Int) {
        let line = trimmed(text.last == "\r" ? text.dropLast() : text)
        if line.isEmpty || line.first == "#" { return }
        if line.contains(where: { ($0.value < 0x20 && $0 != "\t") || $0.value == 0x7F }) {
            return fail(number, "control characters cannot stand in a configuration")
        }
        if line.first == "[" { return readSection(line, number) }
        guard let section else { return }
        guard let equals = line.firstIndex(of: "=") else {
            return fail(number, "a line is 'key = value', '[section]' or '# comment', not '\(printable(String(line)))'")
        }
        let key = (section.isEmpty ? "" : section + ".") + String(trimmed(line[..<equals]))
        guard let setting = Setting.named(key) else {
            return fail(number, "there is no setting '\(printable(key))'", suggestion: Self.keyMeant(by: key))
        }
        if let earlier = entries.first(where: { $0.key == key }) {
            return fail(number, "\(key) is set already, in line \(earlier.line)")
        }
        guard let value = value(trimmed(line[line.index(after: equals)...]), number) else { return }
        if let message = setting.fault(in: value) { return fail(number, message) }
        entries.append(ConfigurationFile.Entry(key: key, value: value, line: number))
    }

    private mutating func readSection(_ line: Scalars, _ number: Int) {
        let name = line.last == "]" ? String(trimmed(line.dropFirst().dropLast())) : ""
        guard Setting.sections.contains(name) else {
            section = nil
            return fail(
                number,
                "there is no section \(printable(String(line))); there are \(Setting.sections.joined(separator: ", "))",
                suggestion: suggestion(for: name, among: Setting.sections).map { "[\($0)]" })
        }
        section = name
    }

    /// A value without quotes and comment; `nil` if there is none.
    private mutating func value(_ text: Scalars, _ number: Int) -> String? {
        if text.first == "\"" { return quotedValue(text.dropFirst(), number) }
        let comment = text.indices.first { place in
            text[place] == "#" && (place == text.startIndex || isBlank(text[text.index(before: place)]))
        }
        let value = trimmed(text[..<(comment ?? text.endIndex)])
        guard !value.isEmpty else {
            fail(number, "there is no value; leave the line out for the default")
            return nil
        }
        return String(value)
    }

    private mutating func quotedValue(_ text: Scalars, _ number: Int) -> String? {
        var value = String.UnicodeScalarView()
        var rest = text
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\"":
                let after = trimmed(rest)
                if after.isEmpty || after.first == "#" { return String(value) }
                fail(number, "something follows the closing quote")
                return nil
            case "\\":
                guard let escaped = rest.popFirst(), escaped == "\\" || escaped == "\"" else {
                    fail(number, "in quotes, a backslash stands before another or before a quote")
                    return nil
                }
                value.append(escaped)
            default: value.append(scalar)
            }
        }
        fail(number, "the closing quote is missing")
        return nil
    }

    /// A key that was meant, also when it was put into the wrong section.
    private static func keyMeant(by key: String) -> String? {
        let name = key.split(separator: ".").last.map(String.init) ?? key
        let namesakes = Setting.all.filter { $0.name == name }
        return namesakes.count == 1 ? namesakes[0].key : suggestion(for: key, among: Setting.all.map(\.key))
    }

    private mutating func fail(_ line: Int, _ message: String, suggestion: String? = nil) {
        faults.append((line, message, suggestion))
    }

    private func isBlank(_ scalar: Unicode.Scalar) -> Bool { scalar == " " || scalar == "\t" }

    private func trimmed(_ text: Scalars) -> Scalars {
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }
}
