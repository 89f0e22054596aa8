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
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        // Behind the last line end there is nothing, or a line that a crash tore.
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
        guard lines.popFirst().map({ $0.elementsEqual("variorum incarnation 1".utf8) }) == true,
            let incarnation = lines.popFirst().flatMap(Self.identifier) as IncarnationID?,
            let inode = lines.popFirst().flatMap({ Self.word(after: "inode ", in: $0) }).flatMap(Self.number),
            let machine = lines.popFirst().flatMap({ Self.word(after: "machine ", in: $0) })
        else { return nil }
        self.init(incarnation: incarnation, inode: inode, machine: String(decoding: machine, as: UTF8.self))
        // Read at every push, and up to `bytesMax` long: by bytes, for strings would take longer than the flush.
        for line in lines {
            let words = line.split(separator: UInt8(ascii: " "))
            guard words.count == 4, words[0].elementsEqual("pushed".utf8),
                let layer: LayerID = Self.identifier(words[1]),
                let replica: ReplicaID = Self.identifier(words[2]), let seq = Self.number(words[3])
            else { return nil }
            pushed[Key(layer: layer, replica: replica)] = seq
        }
    }

    private static func word(after name: StaticString, in line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let isNamed = name.withUTF8Buffer { line.starts(with: $0) }
        return isNamed ? line.dropFirst(name.utf8CodeUnitCount) : nil
    }

    private static func identifier<Tag>(_ digits: ArraySlice<UInt8>) -> Identifier<Tag>? {
        Identifier(hexadecimal: digits.span)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        UInt64(String(decoding: digits, as: UTF8.self))
    }
}
