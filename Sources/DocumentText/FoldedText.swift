/// Text in which what a person cannot be expected to type alike is written alike, with the way back.
///
/// Each run of white space is one space; with `typography`, curly quotation marks and the dashes are their
/// ASCII counterparts, too. Every change makes one byte of a longer or equal run, so between two changes
/// offsets run in parallel, and one mark per change maps any offset back.
struct FoldedText {
    private(set) var bytes: [UInt8] = []
    /// After each change of length: the offset in the folded text and in the original.
    private var marks: [(folded: Int, original: Int)] = [(0, 0)]

    /// - Parameters:
    ///   - original: Valid UTF-8.
    ///   - typography: Whether quotation marks and dashes are folded.
    /// - Complexity: O(*n*).
    init(_ original: [UInt8], typography: Bool) {
        bytes.reserveCapacity(original.count)
        let span = original.span
        var offset = 0
        while offset < span.count {
            let spaces = Self.whiteSpaceLength(span, at: offset)
            if spaces > 0 {
                fold(from: offset, length: spaces, to: UInt8(ascii: " "))
                offset += spaces
            } else if typography, let (length, ascii) = Self.typographicMark(span, at: offset) {
                fold(from: offset, length: length, to: ascii)
                offset += length
            } else {
                bytes.append(span[offset])
                offset += 1
            }
        }
    }

    private mutating func fold(from offset: Int, length: Int, to byte: UInt8) {
        bytes.append(byte)
        if length != 1 { marks.append((bytes.count, offset + length)) }
    }

    /// The offset in the original of an offset in the folded text.
    ///
    /// - Complexity: O(log *k*) in the number of changes.
    func original(of folded: Int) -> Int {
        var low = 0
        var high = marks.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if marks[middle].folded <= folded { low = middle } else { high = middle }
        }
        return marks[low].original + folded - marks[low].folded
    }

    /// The length in bytes of the run of white space at an offset, 0 if there is none.
    private static func whiteSpaceLength(_ bytes: borrowing Span<UInt8>, at offset: Int) -> Int {
        var end = offset
        while end < bytes.count {
            let byte = bytes[end]
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                end += 1
            } else if byte == 0xC2, bytes[end + 1] == 0xA0 || bytes[end + 1] == 0x85 {
                end += 2  // no-break space, next line
            } else if isThreeByteSpace(bytes, at: end) {
                end += 3
            } else {
                break
            }
        }
        return end - offset
    }

    /// The characters with the Unicode property White_Space that take three bytes.
    private static func isThreeByteSpace(_ bytes: borrowing Span<UInt8>, at offset: Int) -> Bool {
        guard (0xE1...0xE3).contains(bytes[offset]) else { return false }
        switch (bytes[offset], bytes[offset + 1], bytes[offset + 2]) {
        case (0xE1, 0x9A, 0x80): return true  // U+1680
        case (0xE2, 0x80, 0x80...0x8A): return true  // U+2000 to U+200A
        case (0xE2, 0x80, 0xA8), (0xE2, 0x80, 0xA9), (0xE2, 0x80, 0xAF): return true  // U+2028, U+2029, U+202F
        case (0xE2, 0x81, 0x9F): return true  // U+205F
        case (0xE3, 0x80, 0x80): return true  // U+3000
        default: return false
        }
    }

    /// The quotation mark or dash at an offset: its length in bytes and what people type for it.
    private static func typographicMark(_ bytes: borrowing Span<UInt8>, at offset: Int) -> (Int, UInt8)? {
        switch bytes[offset] {
        case 0xC2:
            let isGuillemet = bytes[offset + 1] == 0xAB || bytes[offset + 1] == 0xBB
            return isGuillemet ? (2, UInt8(ascii: "\"")) : nil
        case 0xE2 where bytes[offset + 1] == 0x80:
            switch bytes[offset + 2] {
            case 0x90...0x95: return (3, UInt8(ascii: "-"))  // hyphen to horizontal bar
            case 0x98...0x9B, 0xB2: return (3, UInt8(ascii: "'"))  // single marks, prime
            case 0x9C...0x9F, 0xB3: return (3, UInt8(ascii: "\""))  // double marks, double prime
            default: return nil
            }
        default: return nil
        }
    }
}
