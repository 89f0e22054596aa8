/// Bounds of everything that comes over the wire or out of a file.
public enum WireLimits {
    /// One change's payload, in bytes.
    public static let payloadBytesMax = 768 * 1024
    /// Operations in one change.
    public static let operationsMax = 50_000
    /// Dots that one operation may name.
    public static let dotsMax = 50_000
    /// Nesting of lists in a value.
    public static let depthMax = 16
    /// A body after decompression, in bytes.
    public static let bodyBytesMax = 4 * 1024 * 1024
    /// A reply after decompression, in bytes.
    public static let replyBytesMax = 64 * 1024 * 1024
    /// A body as sent, in bytes: what the server takes in one request.
    public static let requestBytesMax = 1024 * 1024
    /// Payload bytes that a client packs into one request, so that even incompressible ones fit it.
    public static let pushPayloadBytesMax = 960 * 1024
    /// Payload bytes of one signed segment, unless it holds a single change.
    public static let segmentPayloadBytesMax = 512 * 1024
    /// Payload bytes that a server gives in one pull at most, whatever is asked for.
    public static let pullBytesMax = 4 * 1024 * 1024
    /// Feeds that one pull may name.
    public static let pullCursorsMax = 1024
    /// A piece of a snapshot when unpacked, in bytes.
    public static let snapshotPieceBytesMax = 32 * 1024 * 1024
    /// Receipts that one request may ask for.
    public static let receiptsMax = 1024
    /// Changes in one segment.
    public static let segmentChangesMax = 4096
    /// A wall time lies between minus this and this, so that differences of any two can be written (and so that
    /// programs whose numbers are IEEE doubles hold it exactly). Milliseconds; about 285,000 years.
    public static let wallTimeMax: Int64 = (1 << 53) - 1
    /// How far a lamport counter may run ahead of everything held of its layer.
    public static let lamportLeadMax: UInt64 = 1 << 20
}
