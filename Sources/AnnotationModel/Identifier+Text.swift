/// How ids look to people: 32 lower-case hexadecimal digits, or a short form.
extension Identifier: CustomStringConvertible, LosslessStringConvertible {
    /// 32 lower-case hexadecimal digits.
    public var description: String {
        hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16)
    }

    /// Reads 32 hexadecimal digits of either case; anything else gives `nil`.
    public init?(_ description: String) { self.init(hexadecimal: description.utf8.span) }

    /// Reads 32 hexadecimal digits of either case, in ASCII; anything else gives `nil`.
    public init?(hexadecimal digits: Span<UInt8>) {
        guard digits.count == 32 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for position in 0..<32 {
            guard let digit = hexadecimalDigit(digits[position]) else { return nil }
            if position < 16 {
                words.0 = words.0 << 4 | UInt64(digit)
            } else {
                words.1 = words.1 << 4 | UInt64(digit)
            }
        }
        self.init(high: words.0, low: words.1)
    }
}

extension Identifier where Tag == IdentifierTag.Record {
    /// The form shown in lists: eight digits, and behind a dot the counter of a record that is not the
    /// first of its block (`3f9c21aa`, `3f9c21aa.1c`).
    ///
    /// Records made in one sitting share their first eight bytes (see `RecordIDSource`), so that the plain
    /// first digits would not tell them apart.
    public var short: String {
        let block = hexadecimal(high >> 32, digits: 8)
        return low == 0 || low > Self.counterMax ? block : block + "." + String(low, radix: 16)
    }

    /// A higher `low` is not a counter: the id was derived from a hash.
    public static var counterMax: UInt64 { 0xFFFF_FFFF }

    /// Whether `text` (a full id, a short one, or a beginning of either's first part) means this record.
    public func matches(_ text: String) -> Bool {
        let lowered = text.lowercased()
        if lowered.utf8.count == 32 { return lowered == description }
        let parts = lowered.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let block = parts.first, !block.isEmpty, hexadecimal(high, digits: 16).hasPrefix(block) else {
            return false
        }
        if parts.count == 2 { return UInt64(parts[1], radix: 16) == low && low <= Self.counterMax }
        return low == 0 || low > Self.counterMax
    }
}

/// Lower-case hexadecimal with leading zeros.
func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}

func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x61...0x66: byte - 0x61 + 10
    case 0x41...0x46: byte - 0x41 + 10
    default: nil
    }
}
