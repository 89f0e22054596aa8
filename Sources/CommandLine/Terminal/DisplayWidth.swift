/// How many columns of a terminal a text takes.
///
/// Grapheme by grapheme, as terminals that combine characters do. Control characters count nothing: whoever
/// shows foreign text passes it through `printable` first.
///
/// - Complexity: O(*n*).
public func displayWidth(of text: some StringProtocol) -> Int {
    text.reduce(0) { $0 + displayWidth(of: $1) }
}

/// How many columns of a terminal one grapheme takes: 0, 1 or 2, or more for clusters of several letters.
///
/// An emoji of any composition (flags, families, skin tones, keycaps) takes two columns, East Asian wide and
/// full-width characters two, marks that combine and invisible characters none, everything else one. The sum over a
/// cluster is right for scripts whose letters join into one cluster (Devanagari) and for Hangul in parts.
public func displayWidth(of grapheme: Character) -> Int {
    let scalars = grapheme.unicodeScalars
    guard let first = scalars.first else { return 0 }
    if first.value < 0x7F { return scalars.count == 1 ? (first.value < 0x20 ? 0 : 1) : widthOfCluster(grapheme) }
    return widthOfCluster(grapheme)
}

private func widthOfCluster(_ grapheme: Character) -> Int {
    var width = 0
    var previous: Unicode.Scalar?
    for scalar in grapheme.unicodeScalars {
        // The variation selector asks for the coloured form of what stands before it.
        if scalar.value == 0xFE0F, previous?.properties.isEmoji == true { return 2 }
        if scalar.properties.isEmojiPresentation { return 2 }
        width += widthOfScalar(scalar)
        previous = scalar
    }
    return width
}

private func widthOfScalar(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .control, .nonspacingMark, .enclosingMark, .lineSeparator, .paragraphSeparator: return 0
    default: break
    }
    // The soft hyphen is shown by terminals, although it is meant to be ignored.
    if scalar.value == 0xAD { return 1 }
    if scalar.properties.isDefaultIgnorableCodePoint { return 0 }
    switch scalar.value {
    case 0x1160...0x11FF, 0xD7B0...0xD7FF: return 0  // vowels and finals of Hangul, drawn into the initial
    default: return isEastAsianWide(scalar.value) ? 2 : 1
    }
}

/// Whether East_Asian_Width is Wide or Fullwidth (Unicode Standard Annex 11), for all that is not an emoji.
///
/// Swift does not offer the property. Gaps that are not assigned yet are taken in, as the annex advises for the
/// blocks of ideographs.
private func isEastAsianWide(_ value: UInt32) -> Bool {
    switch value {
    case 0..<0x1100: false
    case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x3247, 0x3250...0x4DBF: true
    case 0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19: true
    case 0xFE30...0xFE6B, 0xFF01...0xFF60, 0xFFE0...0xFFE6: true
    case 0x16FE0...0x1B2FB, 0x1F200...0x1F265, 0x20000...0x2FFFD, 0x30000...0x3FFFD: true
    default: false
    }
}

/// A text with spaces after it up to a width in columns.
func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - displayWidth(of: text)))
}

/// A text cut to a width in columns, with "…" in place of what was cut.
func truncated(_ text: String, to width: Int) -> String {
    if displayWidth(of: text) <= width { return text }
    var kept = ""
    var used = 0
    for grapheme in text {
        used += displayWidth(of: grapheme)
        if used > width - 1 { break }
        kept.append(grapheme)
    }
    return width > 0 ? kept + "…" : ""
}
