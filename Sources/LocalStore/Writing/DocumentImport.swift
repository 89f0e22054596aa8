public import AnnotationModel
public import ChangeLog
public import DocumentText

/// What came of an import.
public struct ImportedDocument: Sendable, Hashable {
    /// The document that holds the text: another than was asked for, where the text was another's version already.
    public let document: RecordID
    public let version: RecordID
    /// False where the store had this text already; the capture is noted all the same.
    public let isNew: Bool
}

extension LocalStore {
    /// Imports a text as a document, or as a further version of one.
    ///
    /// Ids follow from the text's SHA-256, so that two devices that import one text have one document.
    ///
    /// - Parameters:
    ///   - title: Headline of a new document.
    ///   - source: Where it came from: a file's name, an address, `-`.
    ///   - rawBytes: The bytes as they came, for the capture's hash.
    ///   - document: The document that this is a further version of.
    ///   - importer: Program and version.
    public func importDocument(
        _ text: CanonicalText, title: String, source: String, rawBytes: [UInt8], importer: String,
        asVersionOf document: RecordID? = nil, layer: LayerID? = nil
    ) throws -> ImportedDocument {
        let layer = try layer ?? read { try $0.ownLayer(.shared) }
        let sha256 = cryptography.sha256(text.utf8)
        let version = cryptography.derivedID("version", sha256.bytes)
        let parts = Self.parts(of: text.utf8)
        let (document, isNew) = try write { transaction in
            let known = try transaction.state(of: version, in: layer)
            // A version stays with the document that it was first imported for, also if it was deleted.
            let document =
                known.writeOnce(Field.DocumentVersion.document)?.identifier ?? document
                ?? cryptography.derivedID("document", sha256.bytes)
            let isKnown = known.isAlive
            if isKnown {
                try transaction.restore(document, in: layer)
            } else {
                // Bringing a deleted text back is what somebody who imports it wants.
                let wasDeleted = try transaction.restore(document, in: layer)
                if !(try transaction.state(of: document, in: layer).isAlive) && !wasDeleted {
                    try transaction.create(
                        .document, in: layer, id: document,
                        [(Field.Document.firstVersion, .bytes(sha256.bytes)), (Field.Document.title, .text(title))])
                }
                if !(try transaction.restore(version, in: layer)) {
                    try transaction.create(
                        .documentVersion, in: layer, id: version,
                        [
                            (Field.DocumentVersion.document, .identifier(document)),
                            (Field.DocumentVersion.sha256, .bytes(sha256.bytes)),
                            (Field.DocumentVersion.bytes, .integer(Int64(text.utf8.count))),
                            (Field.DocumentVersion.parts, .integer(Int64(parts.count))),
                        ])
                }
            }
            try transaction.create(
                .capture, in: layer,
                [
                    (Field.Capture.version, .identifier(version)), (Field.Capture.source, .text(source)),
                    (Field.Capture.importer, .text(importer)),
                    (Field.Capture.rawSha256, .bytes(cryptography.sha256(rawBytes).bytes)),
                ])
            if !isKnown, let first = parts.first {
                try createPart(first, 0, of: version, in: layer, transaction)
            }
            return (document, !isKnown)
        }
        // Each further part is a change of its own, so that every change fits a request; readers see a version
        // when all of it is there. What a crash leaves out, the next import of the text completes.
        for (number, part) in parts.enumerated().dropFirst() {
            try write { transaction in try createPart(part, number, of: version, in: layer, transaction) }
        }
        return ImportedDocument(document: document, version: version, isNew: isNew)
    }

    private func createPart(
        _ text: String, _ number: Int, of version: RecordID, in layer: LayerID, _ transaction: WriteTransaction
    ) throws {
        let id = cryptography.partID(number, of: version)
        if try transaction.state(of: id, in: layer).isAlive { return }
        if try transaction.restore(id, in: layer) { return }
        try transaction.create(
            .documentPart, in: layer, id: id,
            [
                (Field.DocumentPart.version, .identifier(version)),
                (Field.DocumentPart.number, .integer(Int64(number))),
                (Field.DocumentPart.text, .text(text)),
            ])
    }

    /// Cuts a text between code points into parts of at most 256 KiB.
    static func parts(of utf8: [UInt8]) -> [String] {
        var parts: [String] = []
        var start = 0
        while start < utf8.count {
            var end = min(start + Model.textBytesMax, utf8.count)
            while end < utf8.count && utf8[end] & 0xC0 == 0x80 { end -= 1 }
            parts.append(String(decoding: utf8[start..<end], as: UTF8.self))
            start = end
        }
        return parts.isEmpty ? [""] : parts
    }
}

extension CryptographyProvider {
    /// The id of a record that follows from content: the first 16 bytes of SHA-256("variorum " ‖ kind ‖ 0 ‖ content).
    public func derivedID(_ kind: String, _ content: [UInt8]) -> RecordID {
        let digest = sha256([UInt8]("variorum \(kind)".utf8) + [0] + content)
        return RecordID(high: digest.words[0], low: digest.words[1])
    }

    /// The id of a part of a version's text.
    func partID(_ number: Int, of version: RecordID) -> RecordID {
        derivedID("part", version.bytes + [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)])
    }
}
