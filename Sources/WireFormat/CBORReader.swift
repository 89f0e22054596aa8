public import AnnotationModel
public import ChangeLog

/// Reads deterministic CBOR and refuses every other encoding. Never traps, whatever the bytes.
public struct CBORReader: Sendable {
    private let bytes: [UInt8]
    /// Offset of the next byte.
    public private(set) var position: Int
    private let end: Int

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
        position = 0
        end = bytes.count
    }

    public var isAtEnd: Bool { position == end }

    /// Throws `trailingBytes` unless everything has been read.
    public func finish() throws(WireError) {
        guard isAtEnd else { throw WireError(.trailingBytes, at: position, expected: "the end of the item") }
    }

    // MARK: Heads

    private mutating func byte() throws(WireError) -> UInt8 {
        guard position < end else { throw WireError(.truncated, at: position, expected: "another byte") }
        defer { position += 1 }
        return bytes[position]
    }

    @inline(__always)
    private mutating func head(_ major: UInt8, _ expected: StaticString) throws(WireError) -> UInt64 {
        let start = position
        let first = try byte()
        guard first >> 5 == major else { throw WireError(.malformed, at: start, expected: "\(expected)") }
        return try argument(first & 0x1F, start)
    }

    private mutating func argument(_ info: UInt8, _ start: Int) throws(WireError) -> UInt64 {
        if info < 24 { return UInt64(info) }
        guard info <= 27 else { throw WireError(.malformed, at: start, expected: "a definite length") }
        let count = 1 << Int(info - 24)
        guard end - position >= count else {
            throw WireError(.truncated, at: position, expected: "\(count) more bytes")
        }
        var value: UInt64 = 0
        for _ in 0..<count {
            value = value << 8 | UInt64(bytes[position])
            position += 1
        }
        let leastOfWidth: UInt64 = count == 1 ? 24 : 1 << (UInt64(count) * 4)
        guard value >= leastOfWidth else { throw WireError(.notCanonical, at: start, expected: "the shortest head") }
        return value
    }

    /// The major type and low bits of the next byte, without reading it.
    private func peek() throws(WireError) -> UInt8 {
        guard position < end else { throw WireError(.truncated, at: position, expected: "another item") }
        return bytes[position]
    }

    // MARK: Items

    public mutating func unsigned() throws(WireError) -> UInt64 { try head(0, "an unsigned integer") }

    public mutating func unsigned(max: UInt64) throws(WireError) -> UInt64 {
        let start = position
        let value = try unsigned()
        guard value <= max else { throw WireError(.tooLarge, at: start, expected: "a number up to \(max)") }
        return value
    }

    public mutating func signed() throws(WireError) -> Int64 {
        let start = position
        let first = try byte()
        guard first >> 5 <= 1 else { throw WireError(.malformed, at: start, expected: "an integer") }
        let value = try argument(first & 0x1F, start)
        guard value <= UInt64(Int64.max) else { throw WireError(.tooLarge, at: start, expected: "a 64-bit integer") }
        return first >> 5 == 0 ? Int64(value) : ~Int64(value)
    }

    private mutating func slice(_ length: UInt64, max: Int, _ start: Int) throws(WireError) -> Range<Int> {
        guard length <= UInt64(max) else { throw WireError(.tooLarge, at: start, expected: "at most \(max) bytes") }
        guard end - position >= Int(length) else {
            throw WireError(.truncated, at: position, expected: "\(length) more bytes")
        }
        let range = position..<position + Int(length)
        position = range.upperBound
        return range
    }

    public mutating func byteString(max: Int) throws(WireError) -> [UInt8] {
        let start = position
        let length = try head(2, "a byte string")
        return Array(bytes[try slice(length, max: max, start)])
    }

    public mutating func text(max: Int) throws(WireError) -> String {
        let start = position
        let length = try head(3, "a text string")
        let range = try slice(length, max: max, start)
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw WireError(.malformed, at: start, expected: "valid UTF-8")
        }
        return text
    }

    /// Begins an array and gives its count.
    public mutating func array(max: Int) throws(WireError) -> Int {
        let start = position
        let count = try head(4, "an array")
        guard count <= UInt64(max) else { throw WireError(.tooLarge, at: start, expected: "at most \(max) items") }
        // Each item has a byte at least: a count that cannot be true is refused before memory is set aside for it.
        guard count <= UInt64(end - position) else {
            throw WireError(.truncated, at: position, expected: "\(count) items")
        }
        return Int(count)
    }

    public mutating func array(exactly expected: Int) throws(WireError) {
        let start = position
        guard try array(max: Int.max >> 1) == expected else {
            throw WireError(.malformed, at: start, expected: "an array of \(expected)")
        }
    }

    public mutating func boolean() throws(WireError) -> Bool {
        let start = position
        switch try byte() {
        case 0xF4: return false
        case 0xF5: return true
        default: throw WireError(.malformed, at: start, expected: "a boolean")
        }
    }

    /// Reads a null if the next item is one.
    public mutating func skipNull() throws(WireError) -> Bool {
        guard try peek() == 0xF6 else { return false }
        position += 1
        return true
    }

    public mutating func identifier<Tag>() throws(WireError) -> Identifier<Tag> {
        let start = position
        guard try head(2, "an identifier") == 16 else { throw WireError(.malformed, at: start, expected: "16 bytes") }
        let range = try slice(16, max: 16, start)
        var words: (UInt64, UInt64) = (0, 0)
        for offset in 0..<8 {
            words.0 = words.0 << 8 | UInt64(bytes[range.lowerBound + offset])
            words.1 = words.1 << 8 | UInt64(bytes[range.lowerBound + 8 + offset])
        }
        return Identifier(high: words.0, low: words.1)
    }

    public mutating func optionalIdentifier<Tag>() throws(WireError) -> Identifier<Tag>? {
        try skipNull() ? nil : try identifier()
    }

    public mutating func digest() throws(WireError) -> Digest {
        let start = position
        guard let digest = Digest(bytes: try byteString(max: 32)) else {
            throw WireError(.malformed, at: start, expected: "32 bytes")
        }
        return digest
    }

    public mutating func publicKey() throws(WireError) -> PublicKey {
        let start = position
        guard let key = PublicKey(bytes: try byteString(max: 32)) else {
            throw WireError(.malformed, at: start, expected: "32 bytes")
        }
        return key
    }

    public mutating func signature() throws(WireError) -> Signature {
        let start = position
        guard let signature = Signature(bytes: try byteString(max: 64)) else {
            throw WireError(.malformed, at: start, expected: "64 bytes")
        }
        return signature
    }

    public mutating func optionalSignature() throws(WireError) -> Signature? {
        try skipNull() ? nil : try signature()
    }

    public mutating func value(depth: Int = 0) throws(WireError) -> Value {
        let first = try peek()
        switch first >> 5 {
        case 0, 1: return .integer(try signed())
        case 2: return Value(bytes: try byteString(max: WireLimits.payloadBytesMax))
        case 3: return .text(try text(max: WireLimits.payloadBytesMax))
        case 4:
            guard depth < WireLimits.depthMax else {
                throw WireError(.tooLarge, at: position, expected: "at most \(WireLimits.depthMax) levels")
            }
            let count = try array(max: WireLimits.payloadBytesMax)
            var items: [Value] = []
            items.reserveCapacity(min(count, 64))
            for _ in 0..<count { items.append(try value(depth: depth + 1)) }
            return .list(items)
        default:
            switch first {
            case 0xF4, 0xF5: return .boolean(try boolean())
            case 0xF6:
                position += 1
                return .null
            default: throw WireError(.malformed, at: position, expected: "a value")
            }
        }
    }

    /// Skips one item of any type that deterministic CBOR has, checking its form, and gives its bytes.
    public mutating func skipItem(depth: Int = 0) throws(WireError) -> [UInt8] {
        let start = position
        try skip(depth: depth)
        return Array(bytes[start..<position])
    }

    private mutating func skip(depth: Int) throws(WireError) {
        let start = position
        let first = try byte()
        let (major, info) = (first >> 5, first & 0x1F)
        if major == 7 {
            switch info {
            case 20...23: return
            case 25, 26, 27: _ = try slice(UInt64(1 << Int(info - 24)), max: 8, start)
            default: throw WireError(.malformed, at: start, expected: "a simple value")
            }
            return
        }
        let length = try argument(info, start)
        switch major {
        case 0, 1: break
        case 2: _ = try slice(length, max: end, start)
        case 3:
            let range = try slice(length, max: end, start)
            guard String(validating: bytes[range], as: UTF8.self) != nil else {
                throw WireError(.malformed, at: start, expected: "valid UTF-8")
            }
        case 4, 5, 6:
            // An operation around a value that nests as deep as it may.
            guard depth <= WireLimits.depthMax else {
                throw WireError(.tooLarge, at: start, expected: "at most \(WireLimits.depthMax + 1) levels")
            }
            let count = major == 5 ? length.multipliedReportingOverflow(by: 2) : (major == 6 ? 1 : length, false)
            guard !count.1, count.0 <= UInt64(end - position) else {
                throw WireError(.truncated, at: position, expected: "\(length) items")
            }
            for _ in 0..<Int(count.0) { try skip(depth: depth + 1) }
        default: throw WireError(.malformed, at: start, expected: "an item")
        }
    }
}
