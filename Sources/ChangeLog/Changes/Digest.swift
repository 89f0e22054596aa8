/// 32 bytes of SHA-256 (FIPS 180-4).
@frozen
public struct Digest: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let words: InlineArray<4, UInt64>

    /// What stands before the first header of a chain and the first position of a feed.
    public static let zero = Digest(words: [0, 0, 0, 0])

    @inlinable
    public init(words: InlineArray<4, UInt64>) { self.words = words }

    /// Reads exactly 32 bytes; any other count gives `nil`.
    @inlinable
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words: InlineArray<4, UInt64> = [0, 0, 0, 0]
        var position = 0
        for byte in bytes {
            words[position >> 3] = words[position >> 3] << 8 | UInt64(byte)
            position += 1
        }
        self.words = words
    }

    @inlinable
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(32)
        for index in 0..<4 {
            var shift: UInt64 = 64
            while shift > 0 {
                shift -= 8
                result.append(UInt8(truncatingIfNeeded: words[index] >> shift))
            }
        }
        return result
    }

    @inlinable
    public static func == (left: Digest, right: Digest) -> Bool {
        left.words[0] == right.words[0] && left.words[1] == right.words[1] && left.words[2] == right.words[2]
            && left.words[3] == right.words[3]
    }

    public static func < (left: Digest, right: Digest) -> Bool {
        for index in 0..<4 where left.words[index] != right.words[index] {
            return left.words[index] < right.words[index]
        }
        return false
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(words[0])
        hasher.combine(words[3])
    }

    /// 64 lower-case hexadecimal digits.
    public var description: String {
        var text = ""
        for index in 0..<4 {
            let digits = String(words[index], radix: 16)
            text += String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }
        return text
    }
}
