public import AnnotationModel
public import ChangeLog

/// Writes deterministic CBOR (RFC 8949 section 4.2.1): shortest heads, definite lengths.
public struct CBORWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    @inline(__always)
    private mutating func head(_ major: UInt8, _ argument: UInt64) {
        let type = major << 5
        if argument < 24 {
            bytes.append(type | UInt8(truncatingIfNeeded: argument))
        } else if argument <= 0xFF {
            bytes.append(type | 24)
            bytes.append(UInt8(truncatingIfNeeded: argument))
        } else if argument <= 0xFFFF {
            bytes.append(type | 25)
            bigEndian(argument, count: 2)
        } else if argument <= 0xFFFF_FFFF {
            bytes.append(type | 26)
            bigEndian(argument, count: 4)
        } else {
            bytes.append(type | 27)
            bigEndian(argument, count: 8)
        }
    }

    private mutating func bigEndian(_ value: UInt64, count: Int) {
        var shift = UInt64(count) * 8
        while shift > 0 {
            shift -= 8
            bytes.append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    public mutating func unsigned(_ value: UInt64) { head(0, value) }

    public mutating func signed(_ value: Int64) {
        if value >= 0 { head(0, UInt64(value)) } else { head(1, UInt64(bitPattern: ~value)) }
    }

    public mutating func byteString(_ value: [UInt8]) {
        head(2, UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    public mutating func text(_ value: String) {
        head(3, UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// Begins an array of exactly `count` items, which the caller writes next.
    public mutating func array(_ count: Int) { head(4, UInt64(count)) }

    public mutating func boolean(_ value: Bool) { bytes.append(value ? 0xF5 : 0xF4) }

    public mutating func null() { bytes.append(0xF6) }

    public mutating func identifier<Tag>(_ value: Identifier<Tag>) {
        bytes.append(0x50)
        bigEndian(value.high, count: 8)
        bigEndian(value.low, count: 8)
    }

    public mutating func identifier<Tag>(_ value: Identifier<Tag>?) {
        if let value { identifier(value) } else { null() }
    }

    public mutating func digest(_ value: Digest) {
        bytes.append(0x58)
        bytes.append(32)
        for index in 0..<4 { bigEndian(value.words[index], count: 8) }
    }

    public mutating func signature(_ value: Signature?) {
        if let value { byteString(value.bytes) } else { null() }
    }

    /// Appends items that are encoded already.
    public mutating func raw(_ encoded: [UInt8]) { bytes.append(contentsOf: encoded) }

    public mutating func value(_ value: Value) {
        switch value {
        case .null: null()
        case .boolean(let value): boolean(value)
        case .integer(let value): signed(value)
        case .text(let value): text(value)
        case .bytes(let value): byteString(value)
        case .identifier(let value): identifier(value)
        case .list(let items):
            array(items.count)
            for item in items { self.value(item) }
        }
    }
}
