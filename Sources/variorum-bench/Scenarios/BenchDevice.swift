import ChangeLog
import HTTPClient
import LocalStore
import SyncClient

/// A connected store and what it syncs through.
struct BenchDevice {
    let store: LocalStore
    let transport: HTTPSyncTransport
    let client: SyncClient

    init(_ store: LocalStore, url: String, token: String) {
        var configuration = HTTPClientConfiguration()
        configuration.proxy = .none
        self.store = store
        transport = HTTPSyncTransport(url: url, token: token, session: HTTPSession(configuration: configuration))
        client = SyncClient(store: store, transport: transport, retry: .none)
    }

    /// A new store, connected and empty.
    static func connected(_ name: String, in folder: String, url: String, token: String) async throws -> BenchDevice {
        let device = BenchDevice(try BenchStore.create(name, in: folder), url: url, token: token)
        try await SyncClient.connect(
            device.store, over: device.transport, url: url, workspace: nil, deviceName: name)
        return device
    }

    @discardableResult
    func sync() async throws -> SyncSummary { try await client.sync() }

    /// Vector and hash of the merged state of every layer: two devices that agree in this agree in everything.
    func fingerprint() throws -> [String] {
        try store.layerSummaries().map { layer in
            let vector = layer.vector.sorted.map { "\($0.replica)=\($0.seq)" }.joined(separator: ",")
            return "\(layer.layer) \(layer.stateHash) \(vector)"
        }.sorted()
    }

    static func requireEqual(_ devices: [BenchDevice]) throws {
        let prints = try devices.map { try $0.fingerprint() }
        guard prints.allSatisfy({ $0 == prints.first }) else {
            throw BenchError("two devices do not agree after syncing")
        }
    }
}
