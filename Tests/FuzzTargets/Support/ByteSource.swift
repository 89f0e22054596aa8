import AnnotationModel

/// An input as a sequence of choices, so that a mutation of the input is a mutation of what is made from it.
///
/// Where the bytes are spent, every choice is the first one.
struct ByteSource {
    private let bytes: [UInt8]
    private var position: Int

    init(_ bytes: [UInt8], from position: Int = 0) {
        self.bytes = bytes
        self.position = min(position, bytes.count)
    }

    var isSpent: Bool { position >= bytes.count }

    /// What has not been read yet.
    var rest: [UInt8] { Array(bytes[position...]) }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func below(_ bound: Int) -> Int { Int(byte()) % bound }

    mutating func pick<T>(_ items: [T]) -> T { items[below(items.count)] }

    /// True for one of `denominator` bytes, and never where the bytes are spent.
    mutating func chance(in denominator: Int) -> Bool { Int(byte()) % denominator == denominator - 1 }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }

    mutating func word() -> UInt64 { bytes(8).reduce(0) { $0 << 8 | UInt64($1) } }

    /// Mostly small, at times at a border of its type.
    mutating func number() -> UInt64 {
        let choice = byte()
        switch choice {
        case 0..<0xE0: return UInt64(choice)
        case 0xE0..<0xF0: return UInt64(byte()) << 8 | UInt64(byte())
        case 0xF0..<0xFA: return word()
        case 0xFA: return .max
        case 0xFB: return UInt64(Int64.max)
        case 0xFC: return UInt64(Int64.max) + 1
        case 0xFD: return 1 << 53
        case 0xFE: return UInt64(UInt32.max)
        default: return UInt64(UInt32.max) + 1
        }
    }

    /// The bytes up to the next 0xFF, which no UTF-8 has, or to the end.
    mutating func part() -> [UInt8] {
        let start = position
        while position < bytes.count, bytes[position] != 0xFF { position += 1 }
        defer { if position < bytes.count { position += 1 } }
        return Array(bytes[start..<position])
    }

    mutating func text() -> String { String(decoding: part(), as: UTF8.self) }

    /// One of 256 identifiers.
    mutating func identifier<Tag>() -> Identifier<Tag> { Identifier(high: UInt64(byte()), low: 1) }
}
