extension JSON {
    /// The value on one line, without spaces: for JSON lines.
    ///
    /// - Complexity: O(*n*) in the length of the result.
    public var compact: [UInt8] {
        var writer = Writer(isIndented: false)
        writer.write(self, depth: 0)
        return writer.bytes
    }

    /// The value on as many lines as it has members and elements, indented by two spaces, with a line feed at its end.
    ///
    /// - Complexity: O(*n*) in the length of the result.
    public var indented: [UInt8] {
        var writer = Writer(isIndented: true)
        writer.write(self, depth: 0)
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private struct Writer {
        let isIndented: Bool
        var bytes: [UInt8] = []

        mutating func write(_ value: JSON, depth: Int) {
            switch value {
            case .null: bytes += "null".utf8
            case .boolean(let value): bytes += (value ? "true" : "false").utf8
            case .integer(let value): bytes += String(value).utf8
            case .text(let text): write(text)
            case .array(let elements):
                writeList(elements, "[", "]", depth) { writer, element in writer.write(element, depth: depth + 1) }
            case .object(let members):
                writeList(members, "{", "}", depth) { writer, member in
                    writer.write(member.name)
                    writer.bytes += (writer.isIndented ? ": " : ":").utf8
                    writer.write(member.value, depth: depth + 1)
                }
            }
        }

        private mutating func writeList<Element>(
            _ elements: [Element], _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ depth: Int,
            _ write: (inout Writer, Element) -> Void
        ) {
            bytes.append(UInt8(ascii: opening))
            for (place, element) in elements.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                startLine(depth + 1)
                write(&self, element)
            }
            if !elements.isEmpty { startLine(depth) }
            bytes.append(UInt8(ascii: closing))
        }

        private mutating func startLine(_ depth: Int) {
            guard isIndented else { return }
            bytes.append(UInt8(ascii: "\n"))
            bytes += repeatElement(UInt8(ascii: " "), count: depth * 2)
        }

        /// Writes a string in UTF-8. Beside what the RFC demands, everything is escaped that could steer a terminal
        /// or end a line in JavaScript: the output is somebody else's text, and may land on a screen.
        private mutating func write(_ text: String) {
            bytes.append(UInt8(ascii: "\""))
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"": bytes += "\\\"".utf8
                case "\\": bytes += "\\\\".utf8
                case "\n": bytes += "\\n".utf8
                case "\r": bytes += "\\r".utf8
                case "\t": bytes += "\\t".utf8
                case "\u{00}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{202A}"..."\u{202E}",
                    "\u{2066}"..."\u{2069}":
                    let digits = String(scalar.value, radix: 16)
                    bytes += "\\u".utf8
                    bytes += repeatElement(UInt8(ascii: "0"), count: 4 - digits.utf8.count)
                    bytes += digits.utf8
                default: bytes += String(scalar).utf8
                }
            }
            bytes.append(UInt8(ascii: "\""))
        }
    }
}
