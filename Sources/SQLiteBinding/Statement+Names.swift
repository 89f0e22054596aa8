public import AnnotationModel
import CSQLite
public import ChangeLog

// Ids, hashes, keys and signatures as blobs; ids and hashes without an array for each.

extension Statement {
    public func bind<Tag>(_ id: Identifier<Tag>, at index: Int32) {
        let words: InlineArray<2, UInt64> = [id.high.bigEndian, id.low.bigEndian]
        words.span.withUnsafeBytes { bindBytes($0, at: index) }
    }

    public func bind<Tag>(_ id: Identifier<Tag>?, at index: Int32) {
        if let id { bind(id, at: index) } else { bindNull(at: index) }
    }

    public func bind(_ digest: Digest, at index: Int32) {
        let words: InlineArray<4, UInt64> = [
            digest.words[0].bigEndian, digest.words[1].bigEndian, digest.words[2].bigEndian, digest.words[3].bigEndian,
        ]
        words.span.withUnsafeBytes { bindBytes($0, at: index) }
    }

    public func bind(_ digest: Digest?, at index: Int32) {
        if let digest { bind(digest, at: index) } else { bindNull(at: index) }
    }

    public func bind(_ key: PublicKey, at index: Int32) { bind(key.bytes, at: index) }

    public func bind(_ signature: Signature?, at index: Int32) { bind(signature?.bytes, at: index) }

    /// `nil` for NULL and for anything else that has not 32 bytes.
    public func digest(_ column: Int32) -> Digest? {
        withBytes(column) { bytes in
            guard bytes.count == 32 else { return nil }
            var words: InlineArray<4, UInt64> = [0, 0, 0, 0]
            for index in 0..<4 {
                words[index] = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
            }
            return Digest(words: words)
        }
    }
}

extension Identifier {
    /// Reads a column; `nil` for NULL and for anything else that has not 16 bytes.
    public init?(_ row: Statement, _ column: Int32) {
        let id = row.withBytes(column) { bytes -> Self? in
            guard bytes.count == 16 else { return nil }
            let high = bytes.loadUnaligned(as: UInt64.self)
            let low = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            return Self(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
        }
        guard let id else { return nil }
        self = id
    }
}
