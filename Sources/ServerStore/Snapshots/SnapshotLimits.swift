import WireFormat

/// How much a build of a snapshot takes on. The defaults need about 100 MiB of memory in the worst case.
package struct SnapshotLimits: Sendable {
    /// Runs of operations on one record, and changes, that one build adds at most; the next goes on from there.
    package var runsMax = 1_000_000
    /// Bytes of those operations.
    package var operationBytesMax = 32 << 20
    /// Bytes of a piece when unpacked, unless it is a single record.
    package var pieceBytes = 1 << 20
    /// Bytes of a piece when unpacked, whatever it holds: a layer with a larger record gets no snapshot.
    package var pieceBytesMax = WireLimits.snapshotPieceBytesMax
    /// Bytes of a piece as it travels: a layer with a larger one gets no snapshot.
    package var frameBytesMax = 8 << 20
    /// Rows of a feed that are read at once.
    package var rowsAtOnce = 2000
    /// Bytes of payload that are read at once, about.
    package var payloadBytesAtOnce = 4 << 20

    package init() {}
}
