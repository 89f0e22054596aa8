import DocumentText

extension ReadingView {
    /// One line on the screen of the document's text.
    struct Row {
        /// The line number for the first row of a line, else spaces.
        var gutter: String
        var text = ""
        var width = 0
        /// The highlights, by their place in the numbered list, that begin on this row.
        var begins: [Int] = []
        /// Whether a paragraph ends here, so that notes may follow.
        var isParagraphEnd = false
    }

    /// The text's rows, with empty ones between paragraphs.
    func bodyRows(_ highlights: [PlacedHighlight], _ layout: Layout, isStyled: Bool) -> [Row] {
        let string = text.text.string
        let textLines = string.split(separator: "\n", omittingEmptySubsequences: false)
        let isBlank = textLines.map { $0.allSatisfy(\.isWhitespace) }
        // Of a text without any letter, its first line is shown, since passages may be marked even there.
        let first = isBlank.firstIndex(of: false) ?? 0
        let last = isBlank.lastIndex(of: false) ?? 0
        let hasOwnSpacing = isBlank[first...last].contains(true)
        var marker = Marker(highlights, isStyled: isStyled)
        var rows: [Row] = []
        var offset = 0
        for (number, textLine) in textLines.enumerated() {
            if (first...last).contains(number), number == first || !isBlank[number] {
                if !rows.isEmpty, !hasOwnSpacing || isBlank[number - 1] { rows.append(Row(gutter: "")) }
                let paragraph = marker.paragraph(textLine, at: offset, isLast: number == last)
                rows += self.rows(of: paragraph, lineNumber: number + 1, layout, isStyled: isStyled)
            }
            offset += textLine.unicodeScalars.count + 1
        }
        return rows
    }

    private func rows(of paragraph: MarkedParagraph, lineNumber: Int, _ layout: Layout, isStyled: Bool) -> [Row] {
        let ranges = LineBreaker.lines(of: paragraph.cells.map(\.cell), width: layout.textWidth)
        let number = String(lineNumber)
        let spaces = String(repeating: " ", count: layout.gutterWidth - 2 - number.count)
        let gutter = TextStyle.quiet.apply(to: spaces + number, isEnabled: isStyled) + "  "
        let emptyGutter = String(repeating: " ", count: layout.gutterWidth)
        var begins = paragraph.begins[...]
        var rows: [Row] = []
        for range in ranges {
            let (text, width) = StyledCell.line(paragraph.cells[range], isStyled: isStyled)
            var row = Row(gutter: rows.isEmpty ? gutter : emptyGutter, text: text, width: width)
            while let next = begins.first, next.cell < range.upperBound || range.upperBound == paragraph.cells.count {
                row.begins.append(next.highlight)
                begins.removeFirst()
            }
            rows.append(row)
        }
        rows[rows.count - 1].isParagraphEnd = true
        return rows
    }

    struct MarkedParagraph {
        var cells: [StyledCell] = []
        /// Which highlights begin, and at which cell.
        var begins: [(highlight: Int, cell: Int)] = []
    }

    /// Walks through the text from beginning to end and puts the marks of highlights in.
    private struct Marker {
        private let highlights: [PlacedHighlight]
        private let isStyled: Bool
        private var nextHighlight = 0
        /// The highlights that have begun and not ended, by their place in the list, in the order of their beginnings.
        private var open: [Int] = []
        private var result = MarkedParagraph()

        init(_ highlights: [PlacedHighlight], isStyled: Bool) {
            self.highlights = highlights
            self.isStyled = isStyled
        }

        mutating func paragraph(_ line: Substring, at start: Int, isLast: Bool) -> MarkedParagraph {
            result = MarkedParagraph()
            var offset = start
            for grapheme in line {
                let end = offset + grapheme.unicodeScalars.count
                begin(before: end)
                // What is nothing but line ends has no letter to stand on; it is marked before the letter that follows.
                close(upTo: offset)
                result.cells.append(StyledCell(cell: Self.cell(grapheme), style: style))
                close(upTo: end)
                offset = end
            }
            if isLast {
                begin(before: .max)
                close(upTo: .max)
            }
            return result
        }

        private static func cell(_ grapheme: Character) -> LineCell {
            if grapheme == "\t" { return LineCell("    ", width: 4, kind: .space) }
            let shown = printable(String(grapheme))
            return shown.count == 1
                ? LineCell(shown.first ?? grapheme) : LineCell(shown, width: displayWidth(of: shown), kind: .letter)
        }

        private mutating func begin(before offset: Int) {
            while nextHighlight < highlights.count, highlights[nextHighlight].range.lowerBound < offset {
                result.begins.append((nextHighlight, result.cells.count))
                open.append(nextHighlight)
                if !isStyled {
                    let mark = "⟦" + ReadingView.reference(highlights[nextHighlight].number)
                    result.cells.append(
                        StyledCell(cell: LineCell(mark, width: displayWidth(of: mark), kind: .opening), style: .plain))
                }
                nextHighlight += 1
            }
        }

        /// Ends the open highlights that reach no further than an offset, the last begun first.
        private mutating func close(upTo offset: Int) {
            // Nearly every letter comes by here without anything to end.
            if !open.contains(where: { highlights[$0].range.upperBound <= offset }) { return }
            let isAlone = open.count == 1
            for index in open.reversed() where highlights[index].range.upperBound <= offset {
                open.removeAll { $0 == index }
                let placed = highlights[index]
                let number = ReadingView.reference(placed.number)
                let mark = isStyled ? number : isAlone ? "⟧" : number + "⟧"
                var label = isStyled ? HighlightColour(placed.highlight.colour).label : .plain
                // A passage around this one goes on under the number.
                label.background = style.background
                result.cells.append(
                    StyledCell(cell: LineCell(mark, width: displayWidth(of: mark), kind: .closing), style: label))
            }
        }

        private var style: TextStyle {
            guard isStyled, let innermost = open.last else { return .plain }
            var style = HighlightColour(highlights[innermost].highlight.colour).passage
            style.isUnderlined = open.count > 1
            return style
        }
    }
}
