public import AnnotationModel
public import ChangeLog
import LocalStore

/// Where and when somebody got a version of a document.
public struct CaptureItem: Sendable, Hashable {
    public let id: RecordID
    public let layer: LayerID
    /// Who got it, and when.
    public let stamp: Stamp
    public let version: RecordID
    /// A file's name, an address, `-`.
    public let source: String?
    /// Program and version.
    public let importer: String?
    /// Of the bytes as they came.
    public let rawSha256: [UInt8]?

    /// The captures of a layer, oldest first, then by id.
    ///
    /// - Complexity: O(n log n) in the layer's captures.
    static func all(in layer: LayerID, reading reader: StoreReader) throws -> [CaptureItem] {
        let items = try reader.records(of: .capture, in: layer).compactMap { id -> CaptureItem? in
            guard let state = try reader.state(of: id, in: layer), state.isAlive, state.kind == .capture,
                let stamp = state.creation?.stamp, let version = state.writeOnce(Field.Capture.version)?.identifier
            else { return nil }
            var hash: [UInt8]?
            if case .bytes(let bytes)? = state.writeOnce(Field.Capture.rawSha256) { hash = bytes }
            return CaptureItem(
                id: id, layer: layer, stamp: stamp, version: version,
                source: state.writeOnce(Field.Capture.source)?.text,
                importer: state.writeOnce(Field.Capture.importer)?.text, rawSha256: hash)
        }
        return items.sorted { ($0.stamp.wallTime, $0.id) < ($1.stamp.wallTime, $1.id) }
    }
}

extension RecordNames {
    func json(_ capture: CaptureItem) -> JSON {
        let at = JSON.text(timestamp(ofMilliseconds: capture.stamp.wallTime))
        return [
            "kind": "capture", "id": .text("\(capture.id)"), "layer": .text(layerName(capture.layer)),
            "layer_id": .text("\(capture.layer)"), "author": .text("\(capture.stamp.author)"),
            "author_name": .optional(memberNames[capture.stamp.author]), "created": at, "modified": at,
            "version": .text("\(capture.version)"), "source": .optional(capture.source),
            "importer": .optional(capture.importer), "raw_sha256": .optional(capture.rawSha256.map(hexadecimal)),
        ]
    }
}
