/// A highlighter: the colour behind marked text, and one of the same hue for names on the terminal's own background.
///
/// The first are pale, under black text, and the second of middle brightness, so that both can be read on dark and on
/// light terminals alike.
struct HighlightColour {
    let passage: TextStyle
    let label: TextStyle

    private static let backgrounds: [UInt8] = [229, 158, 195, 225, 223, 189, 193, 217]
    private static let foregrounds: [UInt8] = [136, 35, 33, 170, 173, 99, 70, 167]

    init(_ index: Int) {
        let count = Self.backgrounds.count
        let place = (index % count + count) % count
        passage = TextStyle(foreground: 16, background: Self.backgrounds[place])
        label = TextStyle(foreground: Self.foregrounds[place], isBold: true)
    }
}
