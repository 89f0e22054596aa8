/// Foreign text made safe to show on a terminal: nothing in it can move the cursor, change colours, retitle the
/// window or turn the order of what follows.
///
/// Control characters become their pictures (␛ for escape) or "�", and so do the two characters that override the
/// direction of text; a tab becomes four spaces, and line feeds stay. Everything that a document, a note or a
/// name holds is somebody else's and passes through here.
///
/// - Complexity: O(*n*), without a copy when there is nothing to change.
public func printable(_ text: String) -> String {
    if !text.unicodeScalars.contains(where: isUnsafe) { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        if !isUnsafe(scalar) {
            result.append(scalar)
        } else if scalar == "\t" {
            result.append(contentsOf: "    ".unicodeScalars)
        } else {
            result.append(picture(of: scalar))
        }
    }
    return String(result)
}

private func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A: false
    case 0x00..<0x20, 0x7F..<0xA0: true
    case 0x202D, 0x202E: true  // left-to-right and right-to-left override
    default: false
    }
}

private func picture(of scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0x00..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}"
    case 0x7F: "\u{2421}"
    default: "\u{FFFD}"
    }
}
