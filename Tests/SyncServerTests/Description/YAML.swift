import Foundation

/// The part of YAML that schema/openapi.yaml is written in: block maps and lists, scalars, folded text, lists in brackets.
enum YAML {
    case text(String)
    case list([YAML])
    case map([String: YAML])

    init(_ text: String) {
        var reader = Reader(text)
        self = reader.node(at: 0)
        precondition(reader.lines.isEmpty, "not understood: \(reader.lines.first?.text ?? "")")
    }

    /// The entry of a map; nil for anything else.
    subscript(key: String) -> YAML? { entries[key] }

    var entries: [String: YAML] { if case .map(let entries) = self { entries } else { [:] } }
    var items: [YAML] { if case .list(let items) = self { items } else { [] } }
    var text: String? { if case .text(let text) = self { text } else { nil } }

    private struct Reader {
        var lines: ArraySlice<(indent: Int, text: String)>

        init(_ text: String) {
            lines = ArraySlice(
                text.split(separator: "\n").map { line in
                    let indent = line.prefix { $0 == " " }.count
                    return (indent, String(line.dropFirst(indent)))
                })
        }

        mutating func node(at indent: Int) -> YAML {
            guard let first = lines.first else { return .text("") }
            if first.text.hasPrefix("- ") { return list(at: indent) }
            if key(of: first.text) == nil { return scalar(lines.removeFirst().text) }
            return map(at: indent)
        }

        private mutating func list(at indent: Int) -> YAML {
            var items: [YAML] = []
            while let line = lines.first, line.indent == indent, line.text.hasPrefix("- ") {
                lines[lines.startIndex] = (indent + 2, String(line.text.dropFirst(2)))
                items.append(node(at: indent + 2))
            }
            return .list(items)
        }

        private mutating func map(at indent: Int) -> YAML {
            var entries: [String: YAML] = [:]
            while let line = lines.first, line.indent == indent, let (key, rest) = key(of: line.text) {
                lines.removeFirst()
                precondition(entries[key] == nil, "\(key) is there twice")
                if rest == ">-" {
                    let end = lines.firstIndex { $0.indent <= indent } ?? lines.endIndex
                    entries[key] = .text(lines[..<end].map(\.text).joined(separator: " "))
                    lines = lines[end...]
                } else if rest.isEmpty {
                    entries[key] = node(at: lines.first?.indent ?? 0)
                } else {
                    entries[key] = scalar(rest)
                }
            }
            return .map(entries)
        }

        /// The key of a line and what follows it.
        private func key(of line: String) -> (key: String, rest: String)? {
            if line.hasPrefix("\""), !line.hasSuffix("\":") { return nil }
            guard let match = line.firstMatch(of: /: |:$/) else { return nil }
            let key = line[..<match.range.lowerBound].replacing("\"", with: "")
            return (String(key), String(line[match.range.upperBound...]))
        }

        private func scalar(_ text: String) -> YAML {
            guard text.hasPrefix("[") else { return .text(unquoted(text)) }
            let inner = text.dropFirst().dropLast()
            var items: [String] = []
            var isQuoted = false
            var item = ""
            for character in inner {
                if character == "\"" { isQuoted.toggle() }
                if character == ",", !isQuoted {
                    items.append(item)
                    item = ""
                } else {
                    item.append(character)
                }
            }
            if !inner.isEmpty { items.append(item) }
            return .list(items.map { .text(unquoted($0.trimmingCharacters(in: .whitespaces))) })
        }

        private func unquoted(_ text: String) -> String {
            guard text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
            return String(text.dropFirst().dropLast()).replacing("\\n", with: "\n").replacing("\\\"", with: "\"")
        }
    }
}
