import AnnotationModel
import ChangeLog
import HTTPClient
import LocalStore
import SyncClient

/// A connected store and what it syncs through.
struct BenchDevice {
    let store: LocalStore
    let transport: HTTPSyncTransport
    let client: SyncClient

    /// - Parameter usesSnapshots: Whether layers begin from snapshots, whatever their size, and their history stays where it is.
    init(_ store: LocalStore, url: String, token: String, usesSnapshots: Bool = false) {
        var configuration = HTTPClientConfiguration()
        configuration.proxy = .none
        self.store = store
        transport = HTTPSyncTransport(url: url, token: token, session: HTTPSession(configuration: configuration))
        client = SyncClient(
            store: store, transport: transport, retry: .none, snapshotsFrom: usesSnapshots ? 1 : .max,
            fetchesHistory: !usesSnapshots)
    }

    /// A new store, connected and empty.
    static func connected(
        _ name: String, in folder: String, url: String, token: String, usesSnapshots: Bool = false
    ) async throws -> BenchDevice {
        let device = BenchDevice(
            try BenchStore.create(name, in: folder), url: url, token: token, usesSnapshots: usesSnapshots)
        try await SyncClient.connect(
            device.store, over: device.transport, url: url, workspace: nil, deviceName: name)
        return device
    }

    @discardableResult
    func sync() async throws -> SyncSummary { try await client.sync() }

    /// Vector and hash of the merged state of every layer but the kinds left out: two devices that agree in this agree
    /// in everything.
    func fingerprint(without kinds: Set<LayerKind> = []) throws -> [String] {
        let others = try store.read { reader in
            Set(try reader.layers().filter { layer in kinds.contains { $0.rawValue == layer.kind } }.map(\.id))
        }
        return try store.layerSummaries().filter { !others.contains($0.layer) }.map { layer in
            let vector = layer.vector.sorted.map { "\($0.replica)=\($0.seq)" }.joined(separator: ",")
            return "\(layer.layer) \(layer.stateHash) \(vector)"
        }.sorted()
    }

    /// - Parameter kinds: Layers that are not compared: devices of several members do not have each other's private one.
    static func requireEqual(_ devices: [BenchDevice], without kinds: Set<LayerKind> = []) throws {
        let prints = try devices.map { try $0.fingerprint(without: kinds) }
        guard prints.allSatisfy({ $0 == prints.first }) else {
            throw BenchError("two devices do not agree after syncing")
        }
    }
}
