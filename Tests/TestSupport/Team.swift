public import AnnotationModel
public import ChangeLog
import Cryptography
import Foundation
public import LocalStore
public import ServerStore
import SyncClient
public import SyncServer
import Synchronization

/// A clock that tests move.
public final class TestClock: Sendable {
    private let now: Atomic<Int64>
    public init(_ milliseconds: Int64 = 1_700_000_000_000) { now = Atomic(milliseconds) }
    public var milliseconds: Int64 { now.load(ordering: .relaxed) }
    public func advance(_ milliseconds: Int64) { now.add(milliseconds, ordering: .relaxed) }
    public func set(_ milliseconds: Int64) { now.store(milliseconds, ordering: .relaxed) }
}

/// A server with one workspace and stores that sync with it, all in one process.
public final class Team: Sendable {
    public let folder: TemporaryFolder
    public let clock = TestClock()
    public let cryptography: any CryptographyProvider
    public static let workspace = "Team"
    private let serverState: Mutex<SQLiteServerStore>

    /// - Parameters:
    ///   - seed: Makes ids and keys repeatable; `nil` takes the system's randomness.
    ///   - isInMemory: See `TemporaryFolder`.
    public init(members: [String], seed: UInt64? = nil, isInMemory: Bool = false) async throws {
        folder = TemporaryFolder(isInMemory: isInMemory)
        cryptography = seed.map { SeededCryptography(seed: $0) as any CryptographyProvider } ?? OpenSSLCryptography()
        let server = try Self.openServer(folder.subfolder("server"), clock, cryptography, creates: true)
        serverState = Mutex(server)
        _ = try await server.addWorkspace(title: Self.workspace)
        for name in members {
            _ = try await server.addUser(name: name)
            try await server.addMember(workspace: Self.workspace, user: name, role: .curator)
        }
    }

    public static func openServer(
        _ path: String, _ clock: TestClock, _ cryptography: any CryptographyProvider, creates: Bool = false
    ) throws -> SQLiteServerStore {
        try SQLiteServerStore(
            folder: path, creates: creates, isServing: false, cryptography: cryptography,
            clock: { clock.milliseconds })
    }

    public var serverFolder: String { folder.path + "/server" }

    public var server: SQLiteServerStore { serverState.withLock { $0 } }

    /// Opens the server's store again, after its files were exchanged.
    public func reopenServer() throws {
        let fresh = try Self.openServer(serverFolder, clock, cryptography)
        serverState.withLock { $0 = fresh }
    }

    public var service: SyncService {
        SyncService(store: server, cryptography: cryptography, clock: { [clock] in clock.milliseconds }, log: { _ in })
    }

    public func token(for name: String) async throws -> String {
        let token = "test-" + UUID().uuidString
        try await server.addToken(tokenHash: cryptography.sha256([UInt8](token.utf8)), user: name)
        return token
    }

    public func transport(
        _ token: String, faults: @escaping @Sendable (String) -> InProcessTransport.Fault = { _ in .none }
    ) -> InProcessTransport {
        InProcessTransport(service, token: token, faults: faults)
    }

    public var options: LocalStore.Options {
        LocalStore.Options(cryptography: cryptography, clock: { [clock] in clock.milliseconds })
    }

    /// A store that is not connected yet.
    public func store(_ name: String, memberName: String? = nil) throws -> LocalStore {
        let path = folder.subfolder(name) + "/" + StoreFolder.name
        return try LocalStore.create(
            in: StoreFolder(path: path), memberName: memberName ?? name, title: "Local", options: options)
    }

    public func reopen(_ store: LocalStore) throws -> LocalStore { try LocalStore.open(store.folder, options: options) }

    /// A connected device of a member.
    public func device(_ name: String, of member: String) async throws -> Device {
        let store = try store(name, memberName: member)
        let token = try await token(for: member)
        try await SyncClient.connect(
            store, over: transport(token), url: "test:", workspace: nil, deviceName: name)
        return Device(team: self, store: store, token: token)
    }
}

/// A store and the token it syncs with.
public struct Device: Sendable {
    public let team: Team
    public var store: LocalStore
    public let token: String

    public init(team: Team, store: LocalStore, token: String) {
        self.team = team
        self.store = store
        self.token = token
    }

    /// - Parameters:
    ///   - snapshotsFrom: How many changes a layer has that begins from a snapshot; none does when `max`.
    ///   - fetchesHistory: Whether what a snapshot stands for is fetched too.
    @discardableResult
    public func sync(
        snapshotsFrom: UInt64 = .max, fetchesHistory: Bool = true, pullBytes: UInt64 = 1 << 20,
        faults: @escaping @Sendable (String) -> InProcessTransport.Fault = { _ in .none }
    ) async throws -> SyncSummary {
        try await SyncClient(
            store: store, transport: team.transport(token, faults: faults), retry: .none, pullBytes: pullBytes,
            snapshotsFrom: snapshotsFrom, fetchesHistory: fetchesHistory
        ).sync()
    }

    public func layer(_ kind: LayerKind) throws -> LayerID { try store.read { try $0.ownLayer(kind) } }

    /// Vector and state hash of every layer, by layer.
    public func fingerprint() throws -> [LayerID: String] {
        var result: [LayerID: String] = [:]
        for layer in try store.layerSummaries() {
            let vector = layer.vector.sorted.map { "\($0.replica)=\($0.seq)" }.joined(separator: ",")
            result[layer.layer] = "\(layer.stateHash) \(vector)"
        }
        return result
    }
}
