import AnnotationModel
public import ChangeLog

/// The bytes whose SHA-256 names a state of the codebook. docs/codebook.md describes them.
extension Codebook {
    /// The bytes that the revision is the hash of: the shared codes, ascending by id, with everything that bears on how they
    /// are applied. Colours and shortcuts do not.
    public var canonicalBytes: [UInt8] {
        Self.canonicalBytes(of: codes.lazy.filter(\.isShared).map(\.canonicalBytes))
    }

    /// The state's name: the SHA-256 of its canonical bytes.
    public func revision(using cryptography: some CryptographyProvider) -> Digest {
        cryptography.sha256(canonicalBytes)
    }

    /// - Parameter codes: The bytes of every code, ascending by its id.
    static func canonicalBytes(of codes: some Collection<[UInt8]>) -> [UInt8] {
        var bytes = Array("variorum codebook 1\n".utf8)
        bytes.append(word: codes.count)
        for code in codes { bytes += code }
        return bytes
    }
}

extension CodeRecord {
    /// The code's part of the canonical bytes.
    var canonicalBytes: [UInt8] {
        var bytes = id.bytes
        bytes.append((isCodable ? 1 : 0) | (isRetired ? 2 : 0))
        bytes.append(string: name)
        for text in [definition, include, exclude] {
            bytes.append(text == nil ? 0 : 1)
            if let text { bytes.append(string: text) }
        }
        for id in [parent, mergedInto] {
            bytes.append(id == nil ? 0 : 1)
            if let id { bytes += id.bytes }
        }
        for ids in [splitFrom, standsFor] {
            bytes.append(word: ids.count)
            for id in ids { bytes += id.bytes }
        }
        return bytes
    }

    /// The canonical bytes and what they leave out, to tell any two different codes apart.
    var wholeBytes: [UInt8] {
        var bytes = canonicalBytes
        for text in [colour, shortcut] {
            bytes.append(text == nil ? 0 : 1)
            if let text { bytes.append(string: text) }
        }
        return bytes
    }
}

extension [UInt8] {
    /// The number of UTF-8 bytes, then these.
    fileprivate mutating func append(string: String) {
        append(word: string.utf8.count)
        append(contentsOf: string.utf8)
    }
}
