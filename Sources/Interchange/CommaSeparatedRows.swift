/// Rows of comma-separated values (RFC 4180).
enum CommaSeparatedRows {
    /// CRLF at each row's end, quotes where needed; UTF-8 without byte order mark.
    static func bytes(of rows: [[String]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for row in rows {
            for (place, text) in row.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                append(text, to: &bytes)
            }
            bytes += [0x0D, 0x0A]
        }
        return bytes
    }

    /// By bytes: a quote with a combining mark is no quote to Swift, and "\r\n" one character.
    private static func append(_ text: String, to bytes: inout [UInt8]) {
        let (quote, special) = (UInt8(ascii: "\""), [UInt8]("\",\r\n".utf8))
        guard text.utf8.contains(where: special.contains) else { return bytes += text.utf8 }
        bytes.append(quote)
        for byte in text.utf8 {
            if byte == quote { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(quote)
    }

    /// A row and the line on which it begins, from 1.
    struct Row {
        var cells: [String] = []
        let line: Int
    }

    /// Reads rows; a byte order mark is left out, any line end is taken, empty lines are none.
    ///
    /// - Throws: For a quote where none may be, and one that is not closed.
    static func rows(of text: String) throws(CodebookFileError) -> [Row] {
        var rows: [Row] = []
        var line = 1
        var row = Row(line: 1)
        var cell = String.UnicodeScalarView()
        // Whether the cell began with a quote, and whether it has ended.
        var (isQuoted, isClosed) = (false, false)
        func endRow() {
            row.cells.append(String(cell))
            if row.cells.count > 1 || !cell.isEmpty || isQuoted { rows.append(row) }
            cell = String.UnicodeScalarView()
            (isQuoted, isClosed) = (false, false)
            row = Row(line: line)
        }
        var scalars = Array(text.unicodeScalars)
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        var place = 0
        while place < scalars.count {
            let scalar = scalars[place]
            place += 1
            if isQuoted && !isClosed {
                if scalar != "\"" {
                    if scalar == "\n" { line += 1 }
                    cell.append(scalar)
                } else if place < scalars.count, scalars[place] == "\"" {
                    cell.append("\"")
                    place += 1
                } else {
                    isClosed = true
                }
                continue
            }
            switch scalar {
            case ",":
                row.cells.append(String(cell))
                cell = String.UnicodeScalarView()
                (isQuoted, isClosed) = (false, false)
            case "\r" where place < scalars.count && scalars[place] == "\n": continue
            case "\n", "\r":
                line += 1
                endRow()
            case "\"" where cell.isEmpty && !isQuoted: isQuoted = true
            default:
                if isQuoted || scalar == "\"" {
                    throw CodebookFileError(line: line, "a quote stands where none may be")
                }
                cell.append(scalar)
            }
        }
        if isQuoted && !isClosed { throw CodebookFileError(line: row.line, "a quote is not closed") }
        endRow()
        return rows
    }
}
