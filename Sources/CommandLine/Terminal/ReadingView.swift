public import DocumentText

/// A document as people read it in a terminal: the text with everybody's marks in it and their notes beside it.
///
/// With styles, a passage is coloured like with a highlighter, in its author's colour, and its number stands at its
/// end; where passages overlap, the one that began last gives the colour and the text is underlined. Without styles
/// a passage stands between ⟦¹ and ⟧, and the closing bracket repeats the number where several passages
/// are open. Notes stand to the right, from the line on where their passage begins, when there are 100 columns or more, else
/// under the paragraph. What could not be found in this version is listed at the end and never left out.
///
/// Each line of the text is shown as a paragraph with its line number; empty lines are put between them unless the text
/// has its own.
public struct ReadingView: Sendable {
    /// Somebody's mark on a passage.
    public struct Highlight: Sendable {
        /// The passage, in code points. Half-taken characters are shown whole; white space at the ends is not marked.
        public var range: Range<Int>
        /// Who made it.
        public var author: String
        /// Any number, best one per author; colours repeat after eight.
        public var colour: Int
        /// What there is to say about the mark itself, such as "moved".
        public var status: String?
        /// The lines of its note, codes and whatever else belongs beside it.
        public var notes: [String]

        public init(range: Range<Int>, author: String, colour: Int, status: String? = nil, notes: [String] = []) {
            self.range = range
            self.author = author
            self.colour = colour
            self.status = status
            self.notes = notes
        }
    }

    /// Somebody's mark whose passage is not in this version.
    public struct Orphan: Sendable {
        /// The words that were marked.
        public var quote: String
        public var author: String
        public var colour: Int
        /// Why it has no place, such as "orphan" or "in 3 places".
        public var status: String?
        public var notes: [String]

        public init(quote: String, author: String, colour: Int, status: String? = nil, notes: [String] = []) {
            self.quote = quote
            self.author = author
            self.colour = colour
            self.status = status
            self.notes = notes
        }
    }

    public var title: String
    public var text: TextIndex
    public var highlights: [Highlight]
    public var orphans: [Orphan]

    public init(title: String, text: TextIndex, highlights: [Highlight], orphans: [Orphan] = []) {
        self.title = title
        self.text = text
        self.highlights = highlights
        self.orphans = orphans
    }

    /// The width from which on notes stand beside the text.
    public static let widthWithMarginMin = 100

    /// Writes the view.
    ///
    /// - Parameters:
    ///   - width: The width of the terminal in columns.
    ///   - isStyled: Whether colours are wanted.
    /// - Returns: Lines without line feeds, none wider than `width` unless it is tiny.
    /// - Complexity: O(*n* + *h* log *h*) in the lengths of the text and of all notes and the number of highlights.
    public func lines(width: Int, isStyled: Bool) -> [String] {
        let placed = placedHighlights()
        let layout = Layout(width: width, lineCount: text.lineCount)
        let rows = bodyRows(placed.inText, layout, isStyled: isStyled)
        var lines = header(placed, layout, isStyled: isStyled)
        lines +=
            layout.marginWidth == nil
            ? linesWithNotesBelow(rows, placed.inText, layout, isStyled: isStyled)
            : linesWithMargin(rows, placed.inText, layout, isStyled: isStyled)
        lines += notFound(placed, layout, isStyled: isStyled)
        return lines
    }

    /// How the columns of the terminal are shared out.
    struct Layout {
        /// The columns for line numbers, with the space after them.
        let gutterWidth: Int
        let textWidth: Int
        /// The columns for notes; nil when they stand under the text.
        let marginWidth: Int?
        /// The columns that are used at all.
        let fullWidth: Int

        /// Longer lines tire the eye.
        private static let textWidthMax = 80
        static let marginRule = " │ "

        init(width: Int, lineCount: Int) {
            gutterWidth = String(lineCount).count + 2
            let room = max(16, width - gutterWidth)
            if width >= ReadingView.widthWithMarginMin {
                let margin = min(max(width * 38 / 100, 36), 52)
                marginWidth = margin
                textWidth = min(Self.textWidthMax, room - margin - Self.marginRule.count)
                fullWidth = gutterWidth + textWidth + Self.marginRule.count + margin
            } else {
                marginWidth = nil
                textWidth = min(Self.textWidthMax, room)
                fullWidth = gutterWidth + textWidth
            }
        }
    }

    /// A highlight with its number and the place where it is drawn.
    struct PlacedHighlight {
        var number: Int
        var range: Range<Int>
        var highlight: Highlight
    }

    struct PlacedHighlights {
        /// In the order of their beginnings, the longer first, and so numbered from 1.
        var inText: [PlacedHighlight] = []
        /// Highlights whose range is empty or outside the text: a bug somewhere, but nobody's note is hidden for it.
        var outside: [Highlight] = []
    }

    private func placedHighlights() -> PlacedHighlights {
        var placed = PlacedHighlights()
        for highlight in highlights {
            if let range = drawnRange(of: highlight.range) {
                placed.inText.append(PlacedHighlight(number: 0, range: range, highlight: highlight))
            } else {
                placed.outside.append(highlight)
            }
        }
        // Swift's sort is stable, so equal ranges keep the order in which they were given.
        placed.inText.sort {
            ($0.range.lowerBound, -$0.range.upperBound) < ($1.range.lowerBound, -$1.range.upperBound)
        }
        for index in placed.inText.indices { placed.inText[index].number = index + 1 }
        return placed
    }

    /// Whole characters, without white space at the ends unless there is nothing else.
    private func drawnRange(of range: Range<Int>) -> Range<Int>? {
        guard !range.isEmpty, let whole = try? text.wholeGraphemes(aroundCodePoints: range),
            let words = try? text.string(inCodePoints: whole)
        else { return nil }
        let scalars = words.unicodeScalars
        let before = scalars.prefix { $0.properties.isWhitespace }.count
        if before == scalars.count { return whole }
        let after = scalars.reversed().prefix { $0.properties.isWhitespace }.count
        return whole.lowerBound + before..<whole.upperBound - after
    }

    private func header(_ placed: PlacedHighlights, _ layout: Layout, isStyled: Bool) -> [String] {
        var lines = wrap(Self.oneLine(title), width: layout.fullWidth).map {
            TextStyle.heading.apply(to: $0, isEnabled: isStyled)
        }
        let marks =
            placed.inText.map { ($0.highlight.author, $0.highlight.colour) }
            + placed.outside.map { ($0.author, $0.colour) } + orphans.map { ($0.author, $0.colour) }
        if !marks.isEmpty {
            let missing = placed.outside.count + orphans.count
            var summary = "\(placed.inText.count) \(placed.inText.count == 1 ? "passage" : "passages") marked"
            if missing > 0 { summary += " · \(missing) not found in this version" }
            lines.append(TextStyle.quiet.apply(to: summary, isEnabled: isStyled))
            lines += legend(marks, layout, isStyled: isStyled)
        }
        return lines + [Self.rule("", layout, isStyled: isStyled), ""]
    }

    /// Who marked how much, in the order of first appearance and each in their colour.
    private func legend(_ marks: [(author: String, colour: Int)], _ layout: Layout, isStyled: Bool) -> [String] {
        var counts: [String: Int] = [:]
        var authors: [(name: String, colour: Int)] = []
        for mark in marks {
            if counts[mark.author] == nil { authors.append((mark.author, mark.colour)) }
            counts[mark.author, default: 0] += 1
        }
        var cells: [StyledCell] = []
        for author in authors {
            if !cells.isEmpty { cells += StyledCell.cells(of: " · ", .quiet) }
            let style = isStyled ? HighlightColour(author.colour).label : .plain
            cells += StyledCell.cells(of: Self.oneLine(author.name), style)
            cells += StyledCell.cells(of: " \(counts[author.name] ?? 0)", .plain)
        }
        return LineBreaker.lines(of: cells.map(\.cell), width: layout.fullWidth).map {
            StyledCell.line(cells[$0], isStyled: isStyled).text
        }
    }

    /// A line across the page, with a title in it or not.
    static func rule(_ title: String, _ layout: Layout, isStyled: Bool) -> String {
        let left = title.isEmpty ? "" : "── "
        let right = String(
            repeating: "─", count: max(0, layout.fullWidth - displayWidth(of: left + title) - (title.isEmpty ? 0 : 1)))
        return TextStyle.quiet.apply(to: left, isEnabled: isStyled)
            + TextStyle.heading.apply(to: title, isEnabled: isStyled)
            + TextStyle.quiet.apply(to: title.isEmpty ? right : " " + right, isEnabled: isStyled)
    }

    /// Foreign text made harmless, in one line.
    static func oneLine(_ text: String) -> String {
        printable(text.split(whereSeparator: \.isNewline).joined(separator: " "))
    }

    /// A number as small raised digits.
    static func reference(_ number: Int) -> String {
        let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
        return String(String(number).compactMap { $0.wholeNumberValue }.map { digits[$0] })
    }
}
