import AnnotationModel

/// What a store keeps *outside* its database to notice that the database was copied, restored or forked.
///
/// The mark names the incarnation that the database names too, the file and machine that it was written for, and how
/// far own chains have been pushed. Where any of that disagrees, the store takes a new replica id: no
/// (replica, seq) ever means two things. What this does not notice (a whole folder put back in place) the server does.
struct IncarnationMark: Equatable {
    var incarnation: IncarnationID
    /// Inode of the database file.
    var inode: UInt64
    /// The machine, or empty where it has no name.
    var machine: String
    /// Per layer and replica, the highest seq that has left the device.
    var pushed: [Key: UInt64] = [:]

    struct Key: Hashable {
        var layer: LayerID
        var replica: ReplicaID
    }

    var encoded: [UInt8] {
        var text = "variorum incarnation 1\n\(incarnation)\ninode \(inode)\nmachine \(machine)\n"
        for (key, seq) in pushed.sorted(by: { ($0.key.layer, $0.key.replica) < ($1.key.layer, $1.key.replica) }) {
            text += "pushed \(key.layer) \(key.replica) \(seq)\n"
        }
        return [UInt8](text.utf8)
    }

    init(incarnation: IncarnationID, inode: UInt64, machine: String) {
        self.incarnation = incarnation
        self.inode = inode
        self.machine = machine
    }

    /// `nil` for anything that is not a mark: it then counts as missing.
    init?(decoding bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, lines[0] == "variorum incarnation 1", let incarnation = IncarnationID(String(lines[1])),
            lines[2].hasPrefix("inode "), let inode = UInt64(lines[2].dropFirst(6)), lines[3].hasPrefix("machine ")
        else { return nil }
        self.init(incarnation: incarnation, inode: inode, machine: String(lines[3].dropFirst(8)))
        for line in lines.dropFirst(4) where !line.isEmpty {
            let words = line.split(separator: " ")
            guard words.count == 4, words[0] == "pushed", let layer = LayerID(String(words[1])),
                let replica = ReplicaID(String(words[2])), let seq = UInt64(words[3])
            else { return nil }
            pushed[Key(layer: layer, replica: replica)] = seq
        }
    }

    /// The name that systemd gives a machine, if it has one.
    static func machineName() -> String {
        guard let bytes = try? SmallFile.read("/etc/machine-id") else { return "" }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }.filter { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
    }
}
