public import AnnotationModel
public import ChangeLog

/// A file of changes for a colleague: the same segments that travel over the network. See schema/wire/bundle.cddl.
public struct Bundle: Hashable, Sendable {
    public let workspace: WorkspaceID
    public let title: String
    public let layers: [BundleLayer]
    public let members: [RosterEntry]
    public let devices: [ReplicaDevice]
    public let segments: [Segment]
    /// Whose certificates and receipts these are; `nil` where the store never had a server.
    public let server: KnownServer?
    public let receipts: [ChainReceipt]

    public init(
        workspace: WorkspaceID, title: String, layers: [BundleLayer], members: [RosterEntry],
        devices: [ReplicaDevice], segments: [Segment], server: KnownServer? = nil, receipts: [ChainReceipt] = []
    ) {
        self.workspace = workspace
        self.title = title
        self.layers = layers
        self.members = members
        self.devices = devices
        self.segments = segments
        self.server = server
        self.receipts = receipts
    }

    /// What a bundle file begins with; the rest is one zstd frame of the encoded bundle.
    public static let magic = [UInt8]("variorum bundle 1\n".utf8)
    /// Size of the encoded bundle, before compression.
    public static let bytesMax = 1 << 30
}

public struct BundleLayer: Hashable, Sendable {
    public let layer: LayerID
    public let kind: UInt8
    public let owner: MemberID?
    /// The round that it belongs to.
    public let round: RecordID?
    /// How far the round has come; `hidden` for a layer that belongs to none.
    public let stage: RoundStage
    public init(
        layer: LayerID, kind: UInt8, owner: MemberID?, round: RecordID? = nil, stage: RoundStage = .hidden
    ) {
        self.layer = layer
        self.kind = kind
        self.owner = owner
        self.round = round
        self.stage = stage
    }
}

extension Bundle: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(9)
        writer.unsigned(1)
        writer.identifier(workspace)
        writer.text(title)
        writer.array(layers.count)
        for layer in layers {
            writer.array(5)
            writer.identifier(layer.layer)
            writer.unsigned(UInt64(layer.kind))
            writer.identifier(layer.owner)
            writer.identifier(layer.round)
            writer.unsigned(UInt64(layer.stage.rawValue))
        }
        writer.array(members.count)
        for member in members { member.write(to: &writer) }
        writer.array(devices.count)
        for device in devices { device.write(to: &writer) }
        writer.array(segments.count)
        for segment in segments { segment.write(to: &writer) }
        if let server {
            writer.array(2)
            writer.identifier(server.server)
            writer.byteString(server.key.bytes)
        } else {
            writer.null()
        }
        writer.array(receipts.count)
        for receipt in receipts { receipt.write(to: &writer) }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 9)
        try reader.version()
        let workspace: WorkspaceID = try reader.identifier()
        let title = try reader.text(max: 1000)
        let layers = try reader.list { (reader: inout CBORReader) throws(WireError) in
            try reader.array(exactly: 5)
            let layer: LayerID = try reader.identifier()
            let kind = UInt8(try reader.unsigned(max: 255))
            let owner: MemberID? = try reader.optionalIdentifier()
            let round: RecordID? = try reader.optionalIdentifier()
            return BundleLayer(
                layer: layer, kind: kind, owner: owner, round: round, stage: try RoundStage(from: &reader))
        }
        let members = try reader.list(RosterEntry.init(from:))
        let devices = try reader.list(ReplicaDevice.init(from:))
        let segments = try reader.list(Segment.init(from:))
        let server = try reader.optional { (reader: inout CBORReader) throws(WireError) in
            try reader.array(exactly: 2)
            let server: ServerID = try reader.identifier()
            return KnownServer(server: server, key: try reader.publicKey())
        }
        self.init(
            workspace: workspace, title: title, layers: layers, members: members, devices: devices, segments: segments,
            server: server, receipts: try reader.list(ChainReceipt.init(from:)))
    }
}
