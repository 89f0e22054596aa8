/// A list in columns.
public struct TextTable: Sendable {
    public struct Column: Sendable {
        public enum Alignment: Sendable { case left, right }

        public var title: String
        public var alignment: Alignment
        /// Whether its cells are cut when the table is too wide.
        public var isFlexible: Bool

        public init(_ title: String, alignment: Alignment = .left, isFlexible: Bool = false) {
            self.title = title
            self.alignment = alignment
            self.isFlexible = isFlexible
        }
    }

    public var columns: [Column]
    public var rows: [[String]]

    public init(_ columns: [Column], rows: [[String]] = []) {
        self.columns = columns
        self.rows = rows
    }

    /// Writes the table: a line of titles, then a line for each row.
    ///
    /// Cells may hold foreign text; line feeds and other control characters in them are made harmless. A row may
    /// have fewer cells than there are columns.
    ///
    /// - Parameters:
    ///   - width: The width to which flexible columns are cut, in columns; nil to cut nothing, as for a pipe.
    ///   - isStyled: Whether titles are bold.
    /// - Returns: Text that ends with a line feed.
    /// - Complexity: O(*n*) in the length of all cells.
    public func text(width: Int?, isStyled: Bool = false) -> String {
        let cells = rows.map { row in
            columns.indices.map { $0 < row.count ? Self.oneLine(row[$0]) : "" }
        }
        var widths = columns.map { displayWidth(of: $0.title) }
        for row in cells {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], displayWidth(of: cell)) }
        }
        if let width { narrow(&widths, to: width) }
        var text = TextStyle.heading.apply(to: line(columns.map(\.title), widths), isEnabled: isStyled) + "\n"
        for row in cells { text += line(row, widths) + "\n" }
        return text
    }

    private static let gap = "  "

    private static func oneLine(_ text: String) -> String {
        printable(text.split(whereSeparator: \.isNewline).joined(separator: " "))
    }

    /// Takes from the widest flexible column, a column at a time, until the table fits or nothing more can be cut.
    private func narrow(_ widths: inout [Int], to width: Int) {
        let widthMin = 8
        var excess = widths.reduce(0, +) + Self.gap.count * (widths.count - 1) - width
        while excess > 0 {
            let flexible = columns.indices.filter { columns[$0].isFlexible && widths[$0] > widthMin }
            guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { return }
            let others = flexible.filter { $0 != widest }.map { widths[$0] }.max() ?? widthMin
            let cut = min(excess, max(1, widths[widest] - max(others, widthMin)))
            widths[widest] -= cut
            excess -= cut
        }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var parts: [String] = []
        for (column, cell) in cells.enumerated() {
            let text = truncated(cell, to: widths[column])
            let space = String(repeating: " ", count: widths[column] - displayWidth(of: text))
            parts.append(columns[column].alignment == .left ? text + space : space + text)
        }
        var line = parts.joined(separator: Self.gap)
        while line.last == " " { line.removeLast() }
        return line
    }
}
