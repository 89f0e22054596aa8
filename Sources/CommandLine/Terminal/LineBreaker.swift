/// One thing on a line that is never divided: a grapheme, or a mark beside one.
struct LineCell {
    enum Kind {
        case space, letter, wide, dash
        /// Stays with what follows.
        case opening
        /// Stays with what goes before.
        case closing
    }

    var text: String
    var width: Int
    var kind: Kind

    init(_ text: String, width: Int, kind: Kind) {
        self.text = text
        self.width = width
        self.kind = kind
    }

    init(_ grapheme: Character) {
        text = String(grapheme)
        width = displayWidth(of: grapheme)
        kind =
            switch grapheme {
            case " ", "\t", "\u{2002}", "\u{2003}", "\u{2009}", "\u{3000}", "\u{200B}": .space
            case "-", "‐", "–", "—": .dash
            case "(", "[", "{", "“", "‘", "«", "（", "「", "『", "【", "《", "〈", "〔", "［": .opening
            case ")", "]", "}", "”", "’", "»", "、", "。", "，", "．", "！", "？", "）", "」", "』": .closing
            case "】", "》", "〉", "〕", "］", "：", "；", "…", ".", ",", ":", ";", "!", "?", "ー", "%": .closing
            default: width >= 2 ? .wide : .letter
            }
    }
}

/// Divides text into lines of a given width.
///
/// A simplified form of the rules of Unicode Standard Annex 14: a line may end after spaces, after a dash inside a
/// word, and between wide characters, but not after opening or before closing punctuation. A word that is
/// longer than a line is divided between graphemes. Spaces at the end of a line take no room.
enum LineBreaker {
    /// - Complexity: O(*n*).
    /// - Returns: The ranges of cells that make one line each; together they are all cells. One empty range for none.
    static func lines(of cells: [LineCell], width: Int) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        var used = 0
        var lastBreak: Int?
        var index = 0
        while index < cells.count {
            let cell = cells[index]
            if cell.kind != .space, used + cell.width > width, index > start {
                let end = lastBreak ?? index
                lines.append(start..<end)
                start = end
                lastBreak = nil
                used = 0
                index = end
                continue
            }
            used += cell.width
            index += 1
            if mayBreak(before: index, in: cells) { lastBreak = index }
        }
        lines.append(start..<cells.count)
        return lines
    }

    private static func mayBreak(before index: Int, in cells: [LineCell]) -> Bool {
        guard index < cells.count else { return false }
        let left = cells[index - 1].kind
        let right = cells[index].kind
        if right == .space || right == .closing || left == .opening { return false }
        if left == .space || left == .wide || right == .wide { return true }
        return left == .dash && right != .dash && index > 1 && cells[index - 2].kind != .space
    }
}

/// Wraps text into lines of at most a width in columns.
///
/// Each line of the text is a paragraph of its own; an empty one stays empty. White space at its start is kept.
///
/// - Parameters:
///   - text: The text, free of control characters other than line feeds.
///   - width: The width in columns, the indent included.
///   - indent: How many spaces stand before the first line of each paragraph.
///   - hangingIndent: How many stand before the others; as the first, when not given.
/// - Returns: At least one line, none with spaces at its end.
/// - Complexity: O(*n*).
public func wrap(_ text: String, width: Int, indent: Int = 0, hangingIndent: Int? = nil) -> [String] {
    let hangingIndent = hangingIndent ?? indent
    var result: [String] = []
    for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
        let cells = paragraph.map { LineCell($0) }
        // The first line may be indented otherwise than the others, so it is divided off first.
        let first = LineBreaker.lines(of: cells, width: max(1, width - indent))[0]
        result.append(line(cells[first], indent: indent))
        if first.upperBound == cells.count { continue }
        let rest = Array(cells[first.upperBound...])
        for range in LineBreaker.lines(of: rest, width: max(1, width - hangingIndent)) {
            result.append(line(rest[range], indent: hangingIndent))
        }
    }
    return result
}

private func line(_ cells: ArraySlice<LineCell>, indent: Int) -> String {
    let end = cells.lastIndex { $0.kind != .space }.map { $0 + 1 } ?? cells.startIndex
    if end == cells.startIndex { return "" }
    return String(repeating: " ", count: indent) + cells[..<end].map(\.text).joined()
}
