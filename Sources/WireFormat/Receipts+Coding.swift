import AnnotationModel
public import ChangeLog

extension CBORReader {
    /// `null`, or what `read` makes of what is there.
    mutating func optional<T>(_ read: (inout CBORReader) throws(WireError) -> T) throws(WireError) -> T? {
        try skipNull() ? nil : try read(&self)
    }

    /// Milliseconds since 1970, within what a wall time may be.
    mutating func wallTime() throws(WireError) -> Int64 {
        let start = position
        let time = try signed()
        guard abs(time) <= WireLimits.wallTimeMax else {
            throw WireError(.tooLarge, at: start, expected: "a time within \(WireLimits.wallTimeMax) ms of 1970")
        }
        return time
    }
}

extension Receipt: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.unsigned(seq)
        writer.signed(receivedAt)
        writer.byteString(signature.bytes)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        let seq = try reader.unsigned(max: UInt64(Int64.max))
        let receivedAt = try reader.wallTime()
        self.init(seq: seq, receivedAt: receivedAt, signature: try reader.signature())
    }
}

extension ChainReceipt: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.identifier(layer)
        writer.identifier(replica)
        receipt.write(to: &writer)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        let layer: LayerID = try reader.identifier()
        let replica: ReplicaID = try reader.identifier()
        self.init(layer: layer, replica: replica, receipt: try Receipt(from: &reader))
    }
}

extension ChangeName: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(2)
        writer.identifier(replica)
        writer.unsigned(seq)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 2)
        let replica: ReplicaID = try reader.identifier()
        self.init(replica: replica, seq: try reader.unsigned(max: UInt64(Int64.max)))
    }
}

extension ReceiptsRequest: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(4)
        writer.unsigned(1)
        writer.identifier(workspace)
        writer.identifier(layer)
        writer.array(changes.count)
        for change in changes { change.write(to: &writer) }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 4)
        try reader.version()
        let workspace: WorkspaceID = try reader.identifier()
        let layer: LayerID = try reader.identifier()
        self.init(
            workspace: workspace, layer: layer,
            changes: try reader.list(max: WireLimits.receiptsMax, ChangeName.init(from:)))
    }
}

extension ReceiptsReply: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(2)
        writer.unsigned(1)
        writer.array(receipts.count)
        for receipt in receipts { receipt.write(to: &writer) }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 2)
        try reader.version()
        self.init(receipts: try reader.list(max: WireLimits.receiptsMax, ChainReceipt.init(from:)))
    }
}
