public import AnnotationModel
public import ChangeLog

extension SnapshotHead.Chain: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(4)
        writer.identifier(replica)
        writer.unsigned(seq)
        writer.digest(hash)
        writer.unsigned(lamport)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 4)
        let replica: ReplicaID = try reader.identifier()
        let seq = try reader.unsigned(max: UInt64(UInt32.max))
        let hash = try reader.digest()
        self.init(replica: replica, seq: seq, hash: hash, lamport: try reader.unsigned(max: UInt64(Int64.max)))
    }
}

extension SnapshotHead: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(7)
        writer.identifier(layer)
        writer.identifier(epoch)
        writer.unsigned(position)
        writer.digest(feedHash)
        writer.array(chains.count)
        for chain in chains { chain.write(to: &writer) }
        writer.unsigned(recordCount)
        writer.array(pieces.count)
        for piece in pieces { writer.digest(piece) }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 7)
        let layer: LayerID = try reader.identifier()
        let epoch: EpochID = try reader.identifier()
        let start = reader.position
        let position = try reader.unsigned(max: UInt64(Int64.max))
        guard position > 0 else { throw WireError(.malformed, at: start, expected: "a position from 1") }
        let feedHash = try reader.digest()
        let chainsStart = reader.position
        let chains = try reader.list { (reader: inout CBORReader) throws(WireError) in try Chain(from: &reader) }
        guard zip(chains, chains.dropFirst()).allSatisfy({ $0.replica < $1.replica }),
            chains.allSatisfy({ $0.seq > 0 })
        else { throw WireError(.malformed, at: chainsStart, expected: "chains by replica id, each with a change") }
        let recordCount = try reader.unsigned(max: UInt64(Int64.max))
        let pieces = try reader.list { (reader: inout CBORReader) throws(WireError) in try reader.digest() }
        self.init(
            layer: layer, epoch: epoch, position: position, feedHash: feedHash, chains: chains,
            recordCount: recordCount, pieces: pieces)
    }
}

extension SnapshotRequest: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(6)
        writer.unsigned(1)
        writer.identifier(workspace)
        writer.identifier(layer)
        writer.unsigned(position)
        writer.unsigned(firstPiece)
        writer.unsigned(byteBudget)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 6)
        try reader.version()
        let workspace: WorkspaceID = try reader.identifier()
        let layer: LayerID = try reader.identifier()
        let position = try reader.unsigned(max: UInt64(Int64.max))
        let firstPiece = try reader.unsigned(max: UInt64(Int32.max))
        self.init(
            workspace: workspace, layer: layer, position: position, firstPiece: firstPiece,
            byteBudget: try reader.unsigned())
    }
}

extension SnapshotReply: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(7)
        writer.unsigned(1)
        writer.identifier(layer)
        if let head { head.write(to: &writer) } else { writer.null() }
        writer.signature(signature)
        writer.signature(checkpoint)
        writer.unsigned(firstPiece)
        writer.array(pieces.count)
        for piece in pieces { writer.byteString(piece) }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 7)
        try reader.version()
        let layer: LayerID = try reader.identifier()
        let head = try reader.optional { (reader: inout CBORReader) throws(WireError) in
            try SnapshotHead(from: &reader)
        }
        let signature = try reader.optionalSignature()
        let checkpoint = try reader.optionalSignature()
        let firstPiece = try reader.unsigned(max: UInt64(Int32.max))
        let pieces = try reader.list { (reader: inout CBORReader) throws(WireError) in
            try reader.byteString(max: WireLimits.replyBytesMax)
        }
        self.init(
            layer: layer, head: head, signature: signature, checkpoint: checkpoint, firstPiece: firstPiece,
            pieces: pieces)
    }
}

/// Some of the records of a snapshot, by id, each in its canonical bytes: `snapshot-piece` of schema/wire/snapshot.cddl.
public struct SnapshotPiece: Hashable, Sendable {
    public struct Record: Hashable, Sendable {
        public let id: RecordID
        /// `RecordState.encoded`
        public let state: [UInt8]
        /// `RecordState.encodedAwaited`
        public let awaited: [UInt8]?
        public init(id: RecordID, state: [UInt8], awaited: [UInt8]?) {
            self.id = id
            self.state = state
            self.awaited = awaited
        }

        /// - Throws: every `WireError` code but `invalid`.
        public func decoded() throws(WireError) -> RecordState { try RecordState(decoding: state, awaited: awaited) }
    }

    /// Ascending by id.
    public var records: [Record]
    public init(records: [Record]) { self.records = records }
}

extension SnapshotPiece: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(records.count)
        for record in records {
            writer.array(3)
            writer.identifier(record.id)
            writer.byteString(record.state)
            if let awaited = record.awaited { writer.byteString(awaited) } else { writer.null() }
        }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        let start = reader.position
        let records = try reader.list { (reader: inout CBORReader) throws(WireError) in
            try reader.array(exactly: 3)
            let id: RecordID = try reader.identifier()
            let state = try reader.byteString(max: WireLimits.snapshotPieceBytesMax)
            let awaited = try reader.optional { (reader: inout CBORReader) throws(WireError) in
                try reader.byteString(max: WireLimits.snapshotPieceBytesMax)
            }
            return Record(id: id, state: state, awaited: awaited)
        }
        guard zip(records, records.dropFirst()).allSatisfy({ $0.id < $1.id }) else {
            throw WireError(.notCanonical, at: start, expected: "records by id")
        }
        self.init(records: records)
    }
}
