import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// Watches the server's feeds grow: positions dense and in order, hashes as defined, what stood there stays.
struct FeedAuditor {
    private struct Seen {
        var position: UInt64 = 0
        var feedHash = Digest.zero
        var heads: [ReplicaID: UInt64] = [:]
    }

    private var layers: [LayerID: Seen] = [:]

    /// The server's disk was put back: its feeds may be shorter.
    mutating func startOver() { layers.removeAll() }

    /// - Returns: What is wrong, `nil` for nothing.
    mutating func audit(_ server: Connection, _ cryptography: any CryptographyProvider) throws -> String? {
        for layer in try Audit.layers(server) {
            var seen = layers[layer.id] ?? Seen()
            if layer.position < seen.position { return "the feed of \(layer.id) went back to \(layer.position)" }
            if layer.position == seen.position {
                if layer.feedHash != seen.feedHash { return "the feed of \(layer.id) changed under its readers" }
                continue
            }
            for (position, change) in try Audit.feed(server, layer: layer, after: seen.position) {
                guard position == seen.position + 1 else {
                    return "position \(seen.position + 1) of \(layer.id) is missing"
                }
                let head = seen.heads[change.stamp.replica] ?? 0
                guard change.stamp.seq == head + 1 else {
                    return "change \(change.stamp.seq) of \(change.stamp.replica) follows \(head) in \(layer.id)"
                }
                if let owner = layer.owner, owner != change.stamp.author, change.withheld == nil {
                    return "somebody else wrote in a layer of \(owner)"
                }
                seen.heads[change.stamp.replica] = change.stamp.seq
                seen.position = position
                seen.feedHash = FeedHash.next(
                    seen.feedHash, header: change.hash, withheld: change.withheld, using: cryptography)
            }
            guard seen.position == layer.position, seen.feedHash == layer.feedHash else {
                return "the feed of \(layer.id) does not add up to its own hash at \(layer.position)"
            }
            layers[layer.id] = seen
        }
        return nil
    }
}
