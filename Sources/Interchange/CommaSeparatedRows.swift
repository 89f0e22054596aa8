/// Rows as RFC 4180 has them: CRLF, quotes where needed. UTF-8 without byte order mark.
func commaSeparatedBytes(_ rows: [[String]]) -> [UInt8] {
    var bytes: [UInt8] = []
    for row in rows {
        for (place, cell) in row.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += commaSeparatedCell(cell).utf8
        }
        bytes += [0x0D, 0x0A]
    }
    return bytes
}

private func commaSeparatedCell(_ text: String) -> String {
    // By scalars: "\r\n" is one character to Swift and would not be found as either.
    let needsQuotes = text.unicodeScalars.contains { $0 == "\"" || $0 == "," || $0 == "\n" || $0 == "\r" }
    guard needsQuotes else { return text }
    // Bytes, for the same reason: a quote with a combining mark is no quote to Swift.
    var escaped: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
        if byte == UInt8(ascii: "\"") { escaped.append(byte) }
        escaped.append(byte)
    }
    escaped.append(UInt8(ascii: "\""))
    return String(decoding: escaped, as: UTF8.self)
}
