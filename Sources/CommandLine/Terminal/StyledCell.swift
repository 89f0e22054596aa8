/// Something on a line that is never divided, and how it looks.
struct StyledCell {
    var cell: LineCell
    var style: TextStyle

    static func cells(of text: String, _ style: TextStyle) -> [StyledCell] {
        text.map { StyledCell(cell: LineCell($0), style: style) }
    }

    /// One line of cells, without the spaces at its end.
    ///
    /// Neighbours of one style share one pair of codes.
    static func line(_ cells: ArraySlice<StyledCell>, isStyled: Bool) -> (text: String, width: Int) {
        let end = cells.lastIndex { $0.cell.kind != .space }.map { $0 + 1 } ?? cells.startIndex
        var text = ""
        var width = 0
        var run = ""
        var style = TextStyle.plain
        for cell in cells[..<end] {
            if cell.style != style {
                text += style.apply(to: run, isEnabled: isStyled)
                run = ""
                style = cell.style
            }
            run += cell.cell.text
            width += cell.cell.width
        }
        return (text + style.apply(to: run, isEnabled: isStyled), width)
    }
}
