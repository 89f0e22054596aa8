/// A key that somebody pressed.
enum KeyPress: Hashable, Sendable {
    case character(Character)
    case enter, erase, escape, up, down, tab
    /// Shift and tab.
    case backTab
    /// Control-U.
    case eraseLine
    /// Control-C.
    case interrupt
    /// Control-D, or nobody is there any more.
    case end
}

/// Makes keys from the bytes that a terminal sends: UTF-8, control characters, and the sequences of ECMA-48.
struct KeyDecoder {
    private var bytes: [UInt8] = []

    /// - Parameter more: What has come since. Nothing: what has come so far is all, so that an escape stands for itself.
    /// - Returns: The keys that are whole. A key that is not known, and bytes that are no UTF-8, give none.
    mutating func keys(_ more: [UInt8]) -> [KeyPress] {
        bytes += more
        let isAll = more.isEmpty
        var keys: [KeyPress] = []
        while let first = bytes.first {
            if first == 0x1B {
                guard let (length, key) = sequence(isAll: isAll) else { break }
                bytes.removeFirst(length)
                if let key { keys.append(key) }
                continue
            }
            if first < 0x20 || first == 0x7F {
                bytes.removeFirst()
                switch first {
                case 0x03: keys.append(.interrupt)
                case 0x04: keys.append(.end)
                case 0x08, 0x7F: keys.append(.erase)
                case 0x09: keys.append(.tab)
                case 0x0A, 0x0D: keys.append(.enter)
                case 0x15: keys.append(.eraseLine)
                default: break
                }
                continue
            }
            let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
            if bytes.count < length {
                if isAll { bytes.removeAll() }
                break
            }
            if let text = String(validating: bytes[..<length], as: UTF8.self), let character = text.first {
                keys.append(.character(character))
                bytes.removeFirst(length)
            } else {
                bytes.removeFirst()
            }
        }
        return keys
    }

    /// The length of what begins with an escape, and its key; `nil` while more may come.
    private func sequence(isAll: Bool) -> (Int, KeyPress?)? {
        guard bytes.count > 1 else { return isAll ? (1, .escape) : nil }
        guard bytes[1] == UInt8(ascii: "[") || bytes[1] == UInt8(ascii: "O") else { return (1, .escape) }
        guard let end = bytes.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else {
            // No key has so long a name; somebody sends rubbish.
            return isAll || bytes.count > 32 ? (bytes.count, nil) : nil
        }
        switch bytes[end] {
        case UInt8(ascii: "A"): return (end + 1, .up)
        case UInt8(ascii: "B"): return (end + 1, .down)
        case UInt8(ascii: "Z"): return (end + 1, .backTab)
        default: return (end + 1, nil)
        }
    }
}
