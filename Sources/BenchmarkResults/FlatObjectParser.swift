/// A value that is no object and no array.
enum FlatValue: Hashable, Sendable {
    case text(String)
    case number(Double)
    /// true, false, null.
    case word(String)
}

/// Reads one line of JSON that is an object of texts and numbers, as results are. Nothing nested, and no escapes.
struct FlatObjectParser {
    private let bytes: [UInt8]
    private var place = 0

    private static let lengthMax = 64 * 1024

    init(_ line: String) { bytes = Array(line.utf8.prefix(Self.lengthMax + 1)) }

    mutating func members() throws(ResultError) -> [String: FlatValue] {
        guard bytes.count <= Self.lengthMax else { throw ResultError("longer than \(Self.lengthMax) bytes") }
        var members: [String: FlatValue] = [:]
        try expect(UInt8(ascii: "{"))
        if next() == UInt8(ascii: "}") {
            place += 1
        } else {
            while true {
                let name = try text()
                try expect(UInt8(ascii: ":"))
                guard members.updateValue(try value(), forKey: name) == nil else {
                    throw ResultError("\"\(name)\" is there twice")
                }
                guard next() == UInt8(ascii: ",") else { break }
                place += 1
            }
            try expect(UInt8(ascii: "}"))
        }
        guard next() == nil else { throw unexpected() }
        return members
    }

    /// The next byte that is not blank; the place stays before it.
    private mutating func next() -> UInt8? {
        while place < bytes.count, [0x20, 0x09, 0x0D].contains(bytes[place]) { place += 1 }
        return place < bytes.count ? bytes[place] : nil
    }

    private mutating func expect(_ byte: UInt8) throws(ResultError) {
        guard next() == byte else { throw unexpected() }
        place += 1
    }

    private func unexpected() -> ResultError {
        place < bytes.count
            ? ResultError("this is not a result: byte \(place + 1) cannot stand there")
            : ResultError("this is not a result: the line ends too early")
    }

    private mutating func text() throws(ResultError) -> String {
        try expect(UInt8(ascii: "\""))
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            guard bytes[place] >= 0x20, bytes[place] != UInt8(ascii: "\\") else { throw unexpected() }
            place += 1
        }
        guard place < bytes.count else { throw unexpected() }
        defer { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func value() throws(ResultError) -> FlatValue {
        if next() == UInt8(ascii: "\"") { return .text(try text()) }
        let start = place
        while place < bytes.count, Self.isOfWord(bytes[place]) { place += 1 }
        let word = String(decoding: bytes[start..<place], as: UTF8.self)
        if ["true", "false", "null"].contains(word) { return .word(word) }
        guard let first = word.utf8.first, first == UInt8(ascii: "-") || Self.isDigit(first),
            word.utf8.allSatisfy({ Self.isDigit($0) || Self.signs.contains($0) }),
            let number = Double(word), number.isFinite
        else {
            place = start
            throw unexpected()
        }
        return .number(number)
    }

    private static let signs: Set<UInt8> = Set("-+.eE".utf8)

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || signs.contains(byte)
    }
}
