import AnnotationModel
import Synchronization

/// What goes on with snapshots, and what did not work.
struct Snapshotting: Sendable {
    var isBuilding = false
    /// Layers with a record that is too large, and how long their feeds were when that was found.
    var impossible: [LayerID: UInt64] = [:]
    /// What was last looked through for deleted records to forget.
    var searched: [LayerID: Search] = [:]

    struct Search: Hashable {
        let snapshot: Int64
        /// Up to where all devices had read.
        let position: UInt64
    }

    /// Marks that somebody is at the snapshots. - Returns: Whether nobody was before.
    mutating func begin() -> Bool {
        defer { isBuilding = true }
        return !isBuilding
    }

    /// Whether it is worth a try: a record may have shrunk since.
    func isPossible(_ layer: SnapshotLayer) -> Bool {
        impossible[layer.id].map { layer.position >= $0 + $0 / 4 + 1 } ?? true
    }
}

extension SQLiteServerStore {
    public func refreshSnapshots(from changes: UInt64) async throws(ServerStoreError) -> Int {
        try await refreshSnapshots(from: changes, limits: SnapshotLimits()) { _ in }
    }

    /// - Parameter didWrite: Called after each piece, with its number.
    package func refreshSnapshots(
        from changes: UInt64, limits: SnapshotLimits, didWrite: @Sendable (Int) async -> Void
    ) async throws(ServerStoreError) -> Int {
        guard snapshotting.withLock({ $0.begin() }) else { return 0 }
        defer { snapshotting.withLock { $0.isBuilding = false } }
        var count = 0
        var failure: ServerStoreError?
        for layer in try await read({ try $0.layersToSnapshot(from: changes) }) {
            if Task.isCancelled { break }
            guard snapshotting.withLock({ $0.isPossible(layer) }) else { continue }
            do throws(ServerStoreError) {
                var build = SnapshotBuild(of: layer, in: self, limits: limits)
                switch try await build.run(didWrite) {
                case .made: count += 1
                case .tooLarge: snapshotting.withLock { $0.impossible[layer.id] = layer.position }
                case .nothingNew, .gone, .cancelled: break
                }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return count
    }
}
