extension ReadingView {
    /// The rows with the notes of each paragraph under it.
    func linesWithNotesBelow(
        _ rows: [Row], _ highlights: [PlacedHighlight], _ layout: Layout, isStyled: Bool
    ) -> [String] {
        let indent = String(repeating: " ", count: layout.gutterWidth)
        let rule = TextStyle.quiet.apply(to: "│ ", isEnabled: isStyled)
        var lines: [String] = []
        var waiting: [Int] = []
        for row in rows {
            lines.append(row.text.isEmpty ? "" : row.gutter + row.text)
            waiting += row.begins
            if !row.isParagraphEnd || waiting.isEmpty { continue }
            for index in waiting {
                for line in note(highlights[index], width: layout.textWidth - 2, isStyled: isStyled) {
                    lines.append(indent + rule + line)
                }
            }
            waiting = []
        }
        return lines
    }

    /// The rows with the notes to their right, each from the row on where its passage begins, or as near below
    /// it as the notes before it allow.
    func linesWithMargin(
        _ rows: [Row], _ highlights: [PlacedHighlight], _ layout: Layout, isStyled: Bool
    ) -> [String] {
        var margin: [String] = []
        for (number, row) in rows.enumerated() where !row.begins.isEmpty {
            while margin.count < number { margin.append("") }
            for index in row.begins {
                margin += note(highlights[index], width: layout.marginWidth ?? 0, isStyled: isStyled)
            }
        }
        let rule = TextStyle.quiet.apply(to: Layout.marginRule, isEnabled: isStyled)
        return (0..<max(rows.count, margin.count)).map { number in
            let row = number < rows.count ? rows[number] : Row(gutter: "")
            let note = number < margin.count ? margin[number] : ""
            if note.isEmpty { return row.text.isEmpty ? "" : row.gutter + row.text }
            let gutter = row.text.isEmpty ? String(repeating: " ", count: layout.gutterWidth) : row.gutter
            return gutter + row.text + String(repeating: " ", count: layout.textWidth - row.width) + rule + note
        }
    }

    /// What has no place in this text, with the words that were marked.
    func notFound(_ placed: PlacedHighlights, _ layout: Layout, isStyled: Bool) -> [String] {
        var entries: [Orphan] = placed.outside.map {
            Orphan(
                quote: "", author: $0.author, colour: $0.colour,
                status: "characters \($0.range.lowerBound) to \($0.range.upperBound) are not in the text",
                notes: $0.notes)
        }
        entries += orphans
        if entries.isEmpty { return [] }
        var lines = ["", Self.rule("Not found in this version", layout, isStyled: isStyled)]
        for (place, orphan) in entries.enumerated() {
            var notes = orphan.notes
            if !orphan.quote.isEmpty { notes.insert("“\(Self.shortened(orphan.quote))”", at: 0) }
            lines += noteLines(
                number: placed.inText.count + place + 1, author: orphan.author, colour: orphan.colour,
                status: orphan.status, notes: notes, width: layout.textWidth, isStyled: isStyled
            ).map { String(repeating: " ", count: layout.gutterWidth) + $0 }
        }
        return lines
    }

    /// Long quotes are recognised by their beginning.
    private static func shortened(_ quote: String) -> String {
        let lengthMax = 240
        return quote.count <= lengthMax ? quote : quote.prefix(lengthMax - 1) + "…"
    }

    private func note(_ placed: PlacedHighlight, width: Int, isStyled: Bool) -> [String] {
        noteLines(
            number: placed.number, author: placed.highlight.author, colour: placed.highlight.colour,
            status: placed.highlight.status, notes: placed.highlight.notes, width: width, isStyled: isStyled)
    }

    private func noteLines(
        number: Int, author: String, colour: Int, status: String?, notes: [String], width: Int, isStyled: Bool
    ) -> [String] {
        let label = isStyled ? HighlightColour(colour).label : .plain
        var head = StyledCell.cells(of: "\(Self.reference(number)) \(Self.oneLine(author))", label)
        if let status { head += StyledCell.cells(of: " · \(Self.oneLine(status))", .quiet) }
        var lines = LineBreaker.lines(of: head.map(\.cell), width: max(1, width)).map {
            StyledCell.line(head[$0], isStyled: isStyled).text
        }
        for note in notes { lines += wrap(printable(note), width: width, indent: 2) }
        return lines
    }
}
