import AnnotationModel

/// What a store keeps *outside* its database to notice that the database was copied, restored or forked.
///
/// The mark names the incarnation that the database names too, the file and machine that it was written for, and how
/// far own chains have been pushed. Where any of that disagrees, the store takes a new replica id: no
/// (replica, seq) ever means two things. What this does not notice (a whole folder put back in place) the server does.
package struct IncarnationMark: Equatable {
    var incarnation: IncarnationID
    /// Inode of the database file.
    var inode: UInt64
    /// The machine, or empty where it has no name.
    var machine: String
    /// Per layer and replica, the highest seq that has left the device.
    var pushed: [Key: UInt64] = [:]

    package struct Key: Hashable {
        var layer: LayerID
        var replica: ReplicaID
    }

    package var encoded: [UInt8] {
        var bytes = [UInt8]("variorum incarnation 1\n\(incarnation)\ninode \(inode)\nmachine \(machine)\n".utf8)
        for (key, seq) in pushed.sorted(by: { ($0.key.layer, $0.key.replica) < ($1.key.layer, $1.key.replica) }) {
            bytes += Self.line(key, seq)
        }
        return bytes
    }

    /// What is appended when more leaves the device: of several lines for one chain the last counts.
    static func line(_ key: Key, _ seq: UInt64) -> [UInt8] {
        [UInt8]("pushed \(key.layer) \(key.replica) \(seq)\n".utf8)
    }

    /// A file that would grow beyond this is written anew with one line a chain.
    static let bytesMax = 8192

    init(incarnation: IncarnationID, inode: UInt64, machine: String) {
        self.incarnation = incarnation
        self.inode = inode
        self.machine = machine
    }

    /// `nil` for anything that is not a mark: it then counts as missing.
    package init?(decoding bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        // Behind the last line end there is nothing, or a line that a crash tore.
        lines.removeLast()
        guard lines.count >= 4, lines[0] == "variorum incarnation 1", let incarnation = IncarnationID(String(lines[1])),
            lines[2].hasPrefix("inode "), let inode = UInt64(lines[2].dropFirst(6)), lines[3].hasPrefix("machine ")
        else { return nil }
        self.init(incarnation: incarnation, inode: inode, machine: String(lines[3].dropFirst(8)))
        for line in lines.dropFirst(4) {
            let words = line.split(separator: " ")
            guard words.count == 4, words[0] == "pushed", let layer = LayerID(String(words[1])),
                let replica = ReplicaID(String(words[2])), let seq = UInt64(words[3])
            else { return nil }
            pushed[Key(layer: layer, replica: replica)] = seq
        }
    }
}
