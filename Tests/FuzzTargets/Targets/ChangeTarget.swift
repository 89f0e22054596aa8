import AnnotationModel
import ChangeLog
import ServerStore
import WireFormat

extension FuzzTarget {
    /// Structure-aware: the input chooses changes; they travel, are merged in several orders, and travel damaged.
    static let change = FuzzTarget(
        "change", "changes made from the input: encoding, merging in any order to one state, damage on the way",
        lengthMax: 2048
    ) { input in
        let cryptography = FuzzCryptography()
        var generator = ChangeGenerator(
            ByteSource(input), layers: [layer], makers: makers, cryptography: cryptography)
        var segments: [Segment] = []
        while segments.count < 24, !generator.source.isSpent {
            // Where the input begins with its damage, there is one segment at least.
            segments.append(generator.segment())
        }
        for segment in segments {
            let encoded = segment.encoded
            try require(try Segment(decoding: encoded) == segment, "a segment changes on its way")
            try checkChanges(of: segment)
        }
        try checkMerging(segments, cryptography)
        try checkDamage(segments, input, cryptography)
    }

    private static let layer = LayerID(high: 0xA0, low: 0)
    private static let makers: [ChangeGenerator.Maker] = (1...3).map { number in
        ChangeGenerator.Maker(
            replica: ReplicaID(high: number, low: 1), author: MemberID(high: number, low: 2), certificate: nil)
    }

    /// What is merged does not depend on the order in which the chains arrive.
    private static func checkMerging(_ segments: [Segment], _ cryptography: FuzzCryptography) throws {
        var known: Set<Dot> = []
        var changes: [(stamp: Stamp, operations: [Operation])] = []
        for change in segments.flatMap({ $0.changes(using: cryptography) }) {
            // One change for each seq, as the chain has it.
            guard let payload = change.payload,
                known.insert(Dot(replica: change.header.replica, seq: change.header.seq, index: 0)).inserted,
                let decoded = try? Payload(decoding: payload, by: change.header.replica)
            else { continue }
            changes.append((change.header.stamp, decoded.operations))
        }
        let byReplica = Dictionary(grouping: changes) { $0.stamp.replica }.sorted { $0.key < $1.key }.map(\.value)
        let orders = [changes, changes.reversed(), byReplica.flatMap { $0 }, byReplica.reversed().flatMap { $0 }]
        let states = orders.map { order in
            var state = LayerState()
            for change in order + order { state.receive(change.stamp, change.operations) }
            return state
        }
        for record in states[0].records.values { try requireSound(record) }
        for state in states.dropFirst() {
            try require(state.vector == states[0].vector, "the order of arrival changes what is held")
            try require(
                state.records.mapValues(\.encoded).filter { $0.value != emptyState }
                    == states[0].records.mapValues(\.encoded).filter { $0.value != emptyState },
                "the order of arrival changes what is merged")
        }
        try checkReplay(changes, states[0])
    }

    private static let emptyState = RecordState().encoded

    /// A record made anew from its operations is the record that merging made.
    private static func checkReplay(
        _ changes: [(stamp: Stamp, operations: [Operation])], _ state: LayerState
    ) throws {
        var operations: [RecordID: [(operation: Operation, index: UInt32, stamp: Stamp)]] = [:]
        for change in changes where state.vector[change.stamp.replica] >= change.stamp.seq {
            for (index, operation) in change.operations.enumerated() {
                if case .unknown = operation.action { continue }
                operations[operation.record, default: []].append((operation, UInt32(index), change.stamp))
            }
        }
        for (record, merged) in state.records {
            let replayed = RecordState(replaying: operations[record] ?? [], vector: state.vector)
            try require(replayed.encoded == merged.encoded, "a record made anew differs from the one that was merged")
        }
    }

    /// Bytes that were changed on the way are refused, or are another change that can be dealt with.
    private static func checkDamage(
        _ segments: [Segment], _ input: [UInt8], _ cryptography: FuzzCryptography
    ) throws {
        guard let segment = segments.last else { return }
        var bytes = segment.encoded
        // The last bytes of the input, which mutation reaches as easily as any other.
        for place in stride(from: max(0, input.count - 6), to: input.count - 2, by: 3) {
            let position = (Int(input[place]) << 8 | Int(input[place + 1])) % bytes.count
            bytes[position] ^= input[place + 2]
        }
        let damaged: Segment
        do { damaged = try Segment(decoding: bytes) } catch { return }
        try require(damaged.encoded == bytes, "a segment has two encodings")
        try checkChanges(of: damaged)
        let identity = ServerIdentity(server: ServerID(high: 1, low: 1), key: signingKey)
        let verified = VerifiedSegment(
            damaged, from: Account(user: 1, member: damaged.author, name: "", device: signingKey.publicKey),
            identity: identity, cryptography: cryptography)
        guard verified.fault == nil else { return }
        for change in verified.changes {
            guard let payload = change.payload else { continue }
            // What a server takes is what every version 1 can read, or of a newer version altogether.
            do { try requireStable(Payload(decoding: payload, by: damaged.replica), by: damaged.replica) } catch let
                error as WireError where error.code == .unsupportedVersion
            {}
        }
    }

    private static let signingKey = FuzzCryptography().makeSigningKey()
}
