import AnnotationModel
import ChangeLog
import Compression
import WireFormat

/// Carries a layer's last snapshot forward to a later position of its feed.
///
/// The old snapshot's pieces and what the feed has brought since, sorted by record, are gone through side by side. It
/// reads a little at a time, so that the database's log can be cleared meanwhile, and writes piece by piece.
/// Memory: what `SnapshotLimits` says of the stretch of the feed, one old piece and one new.
struct SnapshotBuild {
    enum Outcome {
        case made
        /// Nothing that could be added.
        case nothingNew
        /// The layer was deleted, or somebody else has tidied up.
        case gone
        /// A record is larger than a piece may be.
        case tooLarge
        case cancelled
    }

    /// Why it ends before its end.
    private struct Stop: Error {
        let outcome: Outcome
    }

    private let layer: SnapshotLayer
    private let store: SQLiteServerStore
    private let limits: SnapshotLimits
    /// Its row.
    private var num: Int64 = 0
    private var position: UInt64 = 0
    private var vector = VersionVector()
    /// Deleted records that it leaves out.
    private var forgotten: Set<RecordID> = []
    private var records: [SnapshotPiece.Record] = []
    private var recordsBytes = 0
    private var pieceCount = 0
    private var recordCount = 0

    init(of layer: SnapshotLayer, in store: SQLiteServerStore, limits: SnapshotLimits) {
        (self.layer, self.store, self.limits) = (layer, store, limits)
    }

    /// - Parameter didWrite: Called after each piece, with its number.
    mutating func run(_ didWrite: (Int) async -> Void) async throws(ServerStoreError) -> Outcome {
        do {
            try await build(didWrite)
            return .made
        } catch let stop as Stop {
            if case .tooLarge = stop.outcome, num != 0 {
                try await store.write { [num, layer] in try $0.abandon(snapshot: num, of: layer) }
            }
            return stop.outcome
        } catch {
            throw ServerStoreError(translating: error)
        }
    }

    private mutating func build(_ didWrite: (Int) async -> Void) async throws {
        let layer = layer
        let old = try await store.read { try $0.lastSnapshot(of: layer) }
        // None of them changes any more: whatever comes is refused.
        forgotten = try await store.read { try $0.forgottenRecords(of: layer) }
        var stretch = try await gather(after: old)
        guard stretch.position > old?.position ?? 0 else { throw Stop(outcome: .nothingNew) }
        stretch.sort()
        (position, vector) = (stretch.position, stretch.vector)
        guard let num = try await store.write({ [stretch] in try $0.beginSnapshot(of: layer, stretch) }) else {
            throw Stop(outcome: .gone)
        }
        self.num = num
        for number in 0..<(old?.pieceCount ?? 0) {
            guard let old, let bytes = try await store.read({ try $0.piece(number, of: old.num, layer)?.bytes }) else {
                throw Stop(outcome: .gone)
            }
            let piece = try SnapshotPiece(
                decoding: Zstd.decompress(bytes, maximumSize: WireLimits.snapshotPieceBytesMax))
            for record in piece.records {
                while let next = stretch.nextRecord, next < record.id {
                    try await emit(RecordState(), of: next, &stretch, didWrite)
                }
                if stretch.nextRecord == record.id || record.awaited != nil {
                    try await emit(record.decoded(), of: record.id, &stretch, didWrite)
                } else {
                    try await emit(record, didWrite)
                }
            }
        }
        while let next = stretch.nextRecord { try await emit(RecordState(), of: next, &stretch, didWrite) }
        try await flush(didWrite)
        let isMade = try await store.write { [position, recordCount] in
            try $0.finish(snapshot: num, of: layer, at: position, recordCount: recordCount)
        }
        guard isMade else { throw Stop(outcome: .gone) }
    }

    /// What the feed has brought since, as much as one build takes on.
    private func gather(after old: HeldSnapshot?) async throws -> FeedStretch {
        var stretch = FeedStretch(
            after: old?.position ?? 0, feedHash: old?.feedHash ?? .zero, chains: old?.chains ?? [:], limits: limits)
        gathering: while stretch.position < layer.position {
            try await breathe()
            guard
                let rows = try await store.read({ [layer, limits, position = stretch.position] in
                    try $0.feedRows(of: layer, after: position, limits: limits)
                })
            else { throw Stop(outcome: .gone) }
            for row in rows {
                if !stretch.add(row) { break gathering }
            }
        }
        return stretch
    }

    /// Lets others go first.
    private func breathe() async throws {
        await Task.yield()
        if Task.isCancelled { throw Stop(outcome: .cancelled) }
    }

    /// Adds to a record what the stretch has of it.
    private mutating func emit(
        _ state: RecordState, of record: RecordID, _ stretch: inout FeedStretch, _ didWrite: (Int) async -> Void
    ) async throws {
        let operations = stretch.nextRecord == record ? try stretch.takeNext() : []
        let state = state.adding(operations, vector: vector)
        if state.isEmpty { return }
        try await emit(
            SnapshotPiece.Record(id: record, state: state.encoded, awaited: state.encodedAwaited), didWrite)
    }

    private mutating func emit(_ record: SnapshotPiece.Record, _ didWrite: (Int) async -> Void) async throws {
        if forgotten.contains(record.id) { return }
        // The id and the heads of three strings take 33 bytes at most.
        let size = record.state.count + (record.awaited?.count ?? 0) + 33
        // The head of a piece takes 5.
        guard size + 5 <= limits.pieceBytesMax else { throw Stop(outcome: .tooLarge) }
        if !records.isEmpty && recordsBytes + size > limits.pieceBytes { try await flush(didWrite) }
        records.append(record)
        recordsBytes += size
        recordCount += 1
    }

    /// Writes the records gathered as one piece.
    private mutating func flush(_ didWrite: (Int) async -> Void) async throws {
        guard let first = records.first else { return }
        try await breathe()
        let bytes = Zstd.compress(SnapshotPiece(records: records).encoded)
        guard bytes.count <= limits.frameBytesMax else { throw Stop(outcome: .tooLarge) }
        let piece = PackedPiece(
            number: pieceCount, firstRecord: first.id, hash: store.cryptography.sha256(bytes), bytes: bytes)
        let isThere = try await store.write { [num, layer, position] in
            try $0.add(piece, toSnapshot: num, of: layer, at: position)
        }
        guard isThere else { throw Stop(outcome: .gone) }
        records.removeAll(keepingCapacity: true)
        recordsBytes = 0
        pieceCount += 1
        await didWrite(piece.number)
    }
}
