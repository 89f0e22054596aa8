public import AnnotationModel
public import ChangeLog

/// A message with one encoding; see schema/wire/messages.cddl.
public protocol WireMessage: Sendable {
    func write(to writer: inout CBORWriter)
    init(from reader: inout CBORReader) throws(WireError)
}

extension WireMessage {
    public var encoded: [UInt8] {
        var writer = CBORWriter(capacity: 256)
        write(to: &writer)
        return writer.bytes
    }

    /// - Throws: every `WireError` code but `invalid`.
    public init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = CBORReader(bytes)
        try self.init(from: &reader)
        try reader.finish()
    }
}

extension CBORReader {
    /// Reads an array whose items `read` reads.
    mutating func list<T>(max: Int = 1 << 20, _ read: (inout CBORReader) throws(WireError) -> T) throws(WireError)
        -> [T]
    {
        let count = try array(max: max)
        var items: [T] = []
        items.reserveCapacity(min(count, 1024))
        for _ in 0..<count { items.append(try read(&self)) }
        return items
    }

    mutating func status<S: RawRepresentable>(_ type: S.Type) throws(WireError) -> S where S.RawValue == UInt8 {
        let start = position
        guard let status = S(rawValue: UInt8(try unsigned(max: 255))) else {
            throw WireError(.malformed, at: start, expected: "a known status")
        }
        return status
    }
}

extension ConnectRequest: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.unsigned(1)
        writer.byteString(publicKey.bytes)
        writer.text(deviceName)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        try reader.version()
        let key = try reader.publicKey()
        self.init(publicKey: key, deviceName: try reader.text(max: 200))
    }
}

extension CBORReader {
    /// Reads the protocol version that every request begins with.
    mutating func version() throws(WireError) {
        let start = position
        let version = try unsigned()
        guard version == 1 else {
            throw WireError(.unsupportedVersion, at: start, expected: "protocol version 1, not \(version)")
        }
    }
}

extension ConnectReply: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(7)
        writer.unsigned(1)
        writer.identifier(server)
        writer.byteString(serverKey.bytes)
        writer.identifier(member)
        writer.text(memberName)
        certificate.write(to: &writer)
        writer.array(workspaces.count)
        for entry in workspaces {
            writer.array(2)
            writer.identifier(entry.workspace)
            writer.text(entry.title)
        }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 7)
        try reader.version()
        let server: ServerID = try reader.identifier()
        let key = try reader.publicKey()
        let member: MemberID = try reader.identifier()
        let name = try reader.text(max: 1000)
        let certificate = try DeviceCertificate(from: &reader)
        let workspaces = try reader.list { (reader: inout CBORReader) throws(WireError) in
            try reader.array(exactly: 2)
            let workspace: WorkspaceID = try reader.identifier()
            return WorkspaceEntry(workspace: workspace, title: try reader.text(max: 1000))
        }
        self.init(
            server: server, serverKey: key, member: member, memberName: name, certificate: certificate,
            workspaces: workspaces)
    }
}

extension HeadsRequest: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.unsigned(1)
        writer.identifier(workspace)
        writer.identifier(digest)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        try reader.version()
        let workspace: WorkspaceID = try reader.identifier()
        self.init(workspace: workspace, digest: try reader.optionalIdentifier())
    }
}

extension RosterEntry: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.identifier(member)
        writer.text(name)
        writer.unsigned(UInt64(role))
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        let member: MemberID = try reader.identifier()
        let name = try reader.text(max: 1000)
        self.init(member: member, name: name, role: UInt8(try reader.unsigned(max: 255)))
    }
}

extension RoundStage {
    init(from reader: inout CBORReader) throws(WireError) {
        let number = try reader.unsigned(max: UInt64(RoundStage.published.rawValue))
        self = RoundStage(rawValue: UInt8(number)) ?? .hidden
    }
}

extension Heads: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.unsigned(1)
        writer.array(layers.count)
        for head in layers {
            writer.array(9)
            writer.identifier(head.layer)
            writer.unsigned(UInt64(head.kind))
            writer.identifier(head.owner)
            writer.boolean(head.isWritable)
            writer.identifier(head.epoch)
            writer.unsigned(head.position)
            writer.digest(head.feedHash)
            writer.identifier(head.round)
            writer.unsigned(UInt64(head.stage.rawValue))
        }
        writer.array(members.count)
        for entry in members { entry.write(to: &writer) }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        try reader.version()
        let layers = try reader.list { (reader: inout CBORReader) throws(WireError) in
            try reader.array(exactly: 9)
            let layer: LayerID = try reader.identifier()
            let kind = UInt8(try reader.unsigned(max: 255))
            let owner: MemberID? = try reader.optionalIdentifier()
            let isWritable = try reader.boolean()
            let epoch: EpochID = try reader.identifier()
            let position = try reader.unsigned(max: UInt64(Int64.max))
            let feedHash = try reader.digest()
            let round: RecordID? = try reader.optionalIdentifier()
            return LayerHead(
                layer: layer, kind: kind, owner: owner, isWritable: isWritable, epoch: epoch, position: position,
                feedHash: feedHash, round: round, stage: try RoundStage(from: &reader))
        }
        let members = try reader.list(RosterEntry.init(from:))
        self.init(layers: layers, members: members)
    }

    /// What a client sends instead of the heads it knows.
    public func digest(using cryptography: some CryptographyProvider) -> HeadsDigest {
        let digest = cryptography.sha256(encoded)
        return HeadsDigest(high: digest.words[0], low: digest.words[1])
    }
}

extension PushRequest: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.unsigned(1)
        writer.identifier(workspace)
        writer.array(segments.count)
        for segment in segments { segment.write(to: &writer) }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        try reader.version()
        let workspace: WorkspaceID = try reader.identifier()
        self.init(workspace: workspace, segments: try reader.list(Segment.init(from:)))
    }
}

extension PushReply: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.unsigned(1)
        writer.array(results.count)
        for result in results {
            writer.array(14)
            writer.identifier(result.layer)
            writer.identifier(result.replica)
            writer.unsigned(UInt64(result.status.rawValue))
            writer.unsigned(result.heldSeq)
            writer.unsigned(result.conflictSeq)
            writer.identifier(result.epoch)
            writer.unsigned(result.firstPosition)
            writer.unsigned(result.lastPosition)
            writer.digest(result.feedHash)
            writer.signature(result.signature)
            writer.array(result.refused.count)
            for seq in result.refused { writer.unsigned(seq) }
            writer.text(result.explanation)
            if let time = result.receivedAt { writer.signed(time) } else { writer.null() }
            writer.signature(result.receipt)
        }
        writer.identifier(headsDigest)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        try reader.version()
        let results = try reader.list { (reader: inout CBORReader) throws(WireError) in
            try reader.array(exactly: 14)
            let layer: LayerID = try reader.identifier()
            let replica: ReplicaID = try reader.identifier()
            let status = try reader.status(SegmentResult.Status.self)
            let heldSeq = try reader.unsigned(max: UInt64(Int64.max))
            let conflictSeq = try reader.unsigned(max: UInt64(Int64.max))
            let epoch: EpochID = try reader.identifier()
            let first = try reader.unsigned(max: UInt64(Int64.max))
            let last = try reader.unsigned(max: UInt64(Int64.max))
            let feedHash = try reader.digest()
            let signature = try reader.optionalSignature()
            let refused = try reader.list { (reader: inout CBORReader) throws(WireError) in try reader.unsigned() }
            let explanation = try reader.text(max: 1000)
            let receivedAt = try reader.optional { (reader: inout CBORReader) throws(WireError) in try reader.wallTime()
            }
            return SegmentResult(
                layer: layer, replica: replica, status: status, heldSeq: heldSeq, conflictSeq: conflictSeq,
                epoch: epoch, firstPosition: first, lastPosition: last, feedHash: feedHash, signature: signature,
                refused: refused, explanation: explanation, receivedAt: receivedAt,
                receipt: try reader.optionalSignature())
        }
        self.init(results: results, headsDigest: try reader.identifier())
    }
}

extension FeedCursor: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(4)
        writer.identifier(layer)
        writer.identifier(epoch)
        writer.unsigned(position)
        writer.digest(feedHash)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 4)
        let layer: LayerID = try reader.identifier()
        let epoch: EpochID = try reader.identifier()
        let position = try reader.unsigned(max: UInt64(Int64.max))
        self.init(layer: layer, epoch: epoch, position: position, feedHash: try reader.digest())
    }
}

extension PullRequest: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(4)
        writer.unsigned(1)
        writer.identifier(workspace)
        writer.array(cursors.count)
        for cursor in cursors { cursor.write(to: &writer) }
        writer.unsigned(byteBudget)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 4)
        try reader.version()
        let workspace: WorkspaceID = try reader.identifier()
        let cursors = try reader.list(FeedCursor.init(from:))
        self.init(workspace: workspace, cursors: cursors, byteBudget: try reader.unsigned())
    }
}

extension FeedPage: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(8)
        writer.identifier(layer)
        writer.unsigned(UInt64(status.rawValue))
        writer.identifier(epoch)
        writer.array(segments.count)
        for segment in segments { segment.write(to: &writer) }
        writer.unsigned(position)
        writer.digest(feedHash)
        writer.signature(signature)
        writer.unsigned(headPosition)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 8)
        let layer: LayerID = try reader.identifier()
        let status = try reader.status(FeedPage.Status.self)
        let epoch: EpochID = try reader.identifier()
        let segments = try reader.list(Segment.init(from:))
        let position = try reader.unsigned(max: UInt64(Int64.max))
        let feedHash = try reader.digest()
        let signature = try reader.optionalSignature()
        self.init(
            layer: layer, status: status, epoch: epoch, segments: segments, position: position, feedHash: feedHash,
            signature: signature, headPosition: try reader.unsigned(max: UInt64(Int64.max)))
    }
}

extension ReplicaDevice: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(2)
        writer.identifier(replica)
        certificate.write(to: &writer)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 2)
        let replica: ReplicaID = try reader.identifier()
        self.init(replica: replica, certificate: try DeviceCertificate(from: &reader))
    }
}

extension PullReply: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.unsigned(1)
        writer.array(pages.count)
        for page in pages { page.write(to: &writer) }
        writer.array(devices.count)
        for device in devices { device.write(to: &writer) }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        try reader.version()
        let pages = try reader.list(FeedPage.init(from:))
        self.init(pages: pages, devices: try reader.list(ReplicaDevice.init(from:)))
    }
}

extension VectorRequest: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.unsigned(1)
        writer.identifier(workspace)
        writer.identifier(layer)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        try reader.version()
        let workspace: WorkspaceID = try reader.identifier()
        self.init(workspace: workspace, layer: try reader.identifier())
    }
}

extension VectorReply: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(7)
        writer.unsigned(1)
        writer.identifier(layer)
        writer.identifier(epoch)
        writer.array(heads.count)
        for head in heads {
            writer.array(3)
            writer.identifier(head.replica)
            writer.unsigned(head.seq)
            writer.digest(head.hash)
        }
        writer.unsigned(position)
        writer.digest(feedHash)
        writer.signature(signature)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 7)
        try reader.version()
        let layer: LayerID = try reader.identifier()
        let epoch: EpochID? = try reader.optionalIdentifier()
        let heads = try reader.list { (reader: inout CBORReader) throws(WireError) in
            try reader.array(exactly: 3)
            let replica: ReplicaID = try reader.identifier()
            let seq = try reader.unsigned(max: UInt64(Int64.max))
            return ChainHead(replica: replica, seq: seq, hash: try reader.digest())
        }
        let position = try reader.unsigned(max: UInt64(Int64.max))
        let feedHash = try reader.digest()
        self.init(
            layer: layer, epoch: epoch, heads: heads, position: position, feedHash: feedHash,
            signature: try reader.optionalSignature())
    }
}

extension CheckpointProof: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(4)
        writer.unsigned(1)
        writer.identifier(workspace)
        cursor.write(to: &writer)
        writer.byteString(signature.bytes)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 4)
        try reader.version()
        let workspace: WorkspaceID = try reader.identifier()
        let cursor = try FeedCursor(from: &reader)
        self.init(workspace: workspace, cursor: cursor, signature: try reader.signature())
    }
}

extension CheckpointReply: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.unsigned(1)
        writer.identifier(layer)
        writer.identifier(epoch)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        try reader.version()
        let layer: LayerID = try reader.identifier()
        self.init(layer: layer, epoch: try reader.optionalIdentifier())
    }
}
