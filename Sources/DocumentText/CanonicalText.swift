/// The text of a document version, in the one form that its SHA-256 names.
///
/// Canonical text is valid UTF-8 with LF line ends, without a byte order mark at its start and without
/// U+0000. Nothing else is touched: no Unicode normalisation, no trimming, no repair. So two devices
/// that import the same text get the same bytes and the same version, and what an analyst quotes is
/// what the source wrote.
///
/// NUL is refused rather than kept: C interfaces cut a string there, PostgreSQL's `text` and XML cannot
/// hold it, and in practice it means that the file was not text at all (UTF-16, or a binary).
///
/// Equality and hashing go by bytes. `String ==` takes canonically equivalent texts as equal although
/// their offsets and hashes differ, so texts are not compared as strings anywhere.
public struct CanonicalText: Sendable, Hashable {
    /// The size in bytes that a text may have: 16 MiB.
    ///
    /// The longest novels have about 6 MiB in UTF-8. Beyond this a file is a data set, and reading it
    /// whole into memory on every device is the wrong tool.
    public static let sizeInBytesMax = 16 << 20

    /// The canonical bytes, which are also what the version's SHA-256 is computed over.
    public let utf8: [UInt8]

    /// Makes canonical text from the bytes of a file or of an importer.
    ///
    /// A byte order mark at the start is dropped (and any further ones after it, else canonicalising
    /// twice would differ from canonicalising once); CRLF and lone CR become LF.
    ///
    /// - Throws: `invalidUTF8` and `containsNUL` with the offset in the given bytes, `tooLarge`.
    /// - Complexity: O(*n*) in the number of bytes; no copy is made when nothing has to change.
    public init(importing bytes: [UInt8]) throws(DocumentTextError) {
        if let offset = Self.firstInvalidByte(of: bytes) {
            throw DocumentTextError(.invalidUTF8, at: offset, in: .utf8)
        }
        if let offset = bytes.firstIndex(of: 0) { throw DocumentTextError(.containsNUL, at: offset, in: .utf8) }
        let start = Self.byteOrderMarksLength(of: bytes)
        let canonical: [UInt8]
        if start == 0, !bytes.contains(Self.carriageReturn) {
            canonical = bytes
        } else {
            canonical = Self.withLineFeeds(bytes, from: start)
        }
        if canonical.count > Self.sizeInBytesMax { throw DocumentTextError(.tooLarge, at: canonical.count, in: .utf8) }
        self.utf8 = canonical
    }

    /// Takes bytes that claim to be canonical text already: from the store, the wire or a bundle.
    ///
    /// Nothing is repaired, since the version's hash is over these very bytes.
    ///
    /// - Throws: `tooLarge`, `invalidUTF8`, `containsNUL`, or `notCanonical` at a byte order mark or CR.
    /// - Complexity: O(*n*) in the number of bytes, without a copy.
    public init(canonical bytes: [UInt8]) throws(DocumentTextError) {
        if bytes.count > Self.sizeInBytesMax { throw DocumentTextError(.tooLarge, at: bytes.count, in: .utf8) }
        if let offset = Self.firstInvalidByte(of: bytes) {
            throw DocumentTextError(.invalidUTF8, at: offset, in: .utf8)
        }
        if let offset = bytes.firstIndex(of: 0) { throw DocumentTextError(.containsNUL, at: offset, in: .utf8) }
        if Self.byteOrderMarksLength(of: bytes) > 0 { throw DocumentTextError(.notCanonical, at: 0, in: .utf8) }
        if let offset = bytes.firstIndex(of: Self.carriageReturn) {
            throw DocumentTextError(.notCanonical, at: offset, in: .utf8)
        }
        self.utf8 = bytes
    }

    /// The whole text as a Swift string. Do not compare it with `==`; see the type's description.
    ///
    /// - Complexity: O(*n*) in the number of bytes.
    public var string: String { String(decoding: utf8, as: UTF8.self) }

    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")

    private static func firstInvalidByte(of bytes: [UInt8]) -> Int? {
        do {
            _ = try UTF8Span(validating: bytes.span)
            return nil
        } catch {
            return error.byteOffsets.lowerBound
        }
    }

    private static func byteOrderMarksLength(of bytes: [UInt8]) -> Int {
        var length = 0
        while bytes[length...].starts(with: [0xEF, 0xBB, 0xBF]) { length += 3 }
        return length
    }

    private static func withLineFeeds(_ bytes: [UInt8], from start: Int) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count - start)
        var previous: UInt8 = 0
        for byte in bytes[start...] {
            if byte == carriageReturn {
                result.append(lineFeed)
            } else if byte != lineFeed || previous != carriageReturn {
                result.append(byte)
            }
            previous = byte
        }
        return result
    }
}
