/// Text as XML and HTML can hold it, in content and in quoted attributes alike.
///
/// Markup becomes references. What XML 1.0 does not allow, and the other control characters with it, is replaced: C0 controls
/// by their pictures (U+2400 onwards), the rest by U+FFFD. Line feeds and tabs stay in content; attributes get references for them.
///
/// Controls of writing direction are replaced, too: they could make a text on a page read otherwise than what was coded.
func markupEscaped(_ text: String, inAttribute isAttribute: Bool = false) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result.append(contentsOf: "&amp;".unicodeScalars)
        case "<": result.append(contentsOf: "&lt;".unicodeScalars)
        case ">": result.append(contentsOf: "&gt;".unicodeScalars)
        case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
        case "'": result.append(contentsOf: "&#39;".unicodeScalars)
        case "\n", "\t":
            if isAttribute {
                result.append(contentsOf: (scalar == "\n" ? "&#10;" : "&#9;").unicodeScalars)
            } else {
                result.append(scalar)
            }
        default:
            if isUnprintable(scalar) {
                result.append(
                    scalar.value < 0x20 ? Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}" : "\u{FFFD}")
            } else {
                result.append(scalar)
            }
        }
    }
    return String(result)
}

/// Whether `markupEscaped` replaces the character, so that its text cannot be had back.
func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    case 0x00...0x1F, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069, 0xFDD0...0xFDEF: true
    default: scalar.value & 0xFFFE == 0xFFFE
    }
}

extension String {
    var hasUnprintables: Bool { unicodeScalars.contains(where: isUnprintable) }
}
