import AnnotationModel
import ChangeLog
import Cryptography
import Foundation
import HTTPClient
import HTTPServing
import LocalStore
import ServerStore
import SyncClient
import SyncServer
import TestSupport
import WireFormat

/// A whole server on a port of loopback, with one workspace and members.
final class LiveServer: Sendable {
    static let title = "Team"
    let folder = TemporaryFolder()
    let disk = FaultyDisk()
    let cryptography: any CryptographyProvider
    let store: SQLiteServerStore
    let workspace: WorkspaceID
    let server: HTTPServer
    let clock = TestClock()
    let service: SyncService
    let port: UInt16

    func advance(hours: Int64) { clock.advance(hours * 3_600_000) }

    /// - Parameter before: What the operator does before there is the workspace.
    init(
        members: [String] = ["ana", "ben"], configuration: HTTPServerConfiguration = HTTPServerConfiguration(),
        live: LiveLimits = LiveLimits(), requestsPerSecond: Int = 0,
        cryptography: any CryptographyProvider = OpenSSLCryptography(),
        log: @escaping @Sendable (String) -> Void = { _ in },
        before: (SQLiteServerStore) async throws -> Void = { _ in }
    ) async throws {
        self.cryptography = cryptography
        store = try SQLiteServerStore(
            folder: folder.subfolder("server"), creates: true, isServing: true, cryptography: cryptography,
            clock: { 1_700_000_000_000 }, vfs: disk.name)
        try await before(store)
        workspace = try await store.addWorkspace(title: Self.title)
        for name in members {
            _ = try await store.addUser(name: name)
            try await store.addMember(workspace: Self.title, user: name, role: .curator)
        }
        service = SyncService(
            store: store, cryptography: cryptography, clock: { [clock] in clock.milliseconds }, liveLimits: live,
            requestsPerSecond: requestsPerSecond, log: log)
        server = HTTPServer(configuration: configuration, handler: service)
        port = try server.start()
    }

    var database: String { folder.path + "/server/server.sqlite" }
    var url: String { "http://127.0.0.1:\(port)" }

    /// A token like those that `variorumd` makes: `vrm_` and 43 characters.
    func token(for name: String) async throws -> String {
        let token = "vrm_" + base64URL(cryptography.randomBytes(32))
        try await store.addToken(tokenHash: cryptography.sha256([UInt8](token.utf8)), user: name)
        return token
    }

    /// A connected device of a member.
    func device(
        _ name: String, of member: String, clock: TestClock = TestClock(), via port: UInt16? = nil
    ) async throws -> LiveDevice {
        let options = LocalStore.Options(cryptography: cryptography, clock: { clock.milliseconds })
        let store = try LocalStore.create(
            in: StoreFolder(path: folder.subfolder(name) + "/" + StoreFolder.name), memberName: member, title: "Local",
            options: options)
        let device = LiveDevice(
            store: store, token: try await token(for: member), url: "http://127.0.0.1:\(port ?? self.port)")
        try await SyncClient.connect(
            store, over: device.transport, url: device.url, workspace: nil, deviceName: name)
        return device
    }

    /// Whether the server still does its work, from the first request to the last.
    func isServing() async throws -> Bool {
        let device = try await device("still-serving-\(UUID().uuidString)", of: "ana")
        try device.addCode("still there")
        return try await device.sync().pushedCount == 1
    }

    func position(of layer: LayerID, for token: String) async throws -> UInt64? {
        let account = try await store.account(tokenHash: cryptography.sha256([UInt8](token.utf8)))
        guard let account else { return nil }
        return try await store.heads(workspace: workspace, for: account)?.layers.first { $0.layer == layer }?.position
    }
}

struct LiveDevice: Sendable {
    let store: LocalStore
    let token: String
    let url: String
    let session = HTTPSession()

    var transport: HTTPSyncTransport { HTTPSyncTransport(url: url, token: token, session: session) }

    init(store: LocalStore, token: String, url: String) {
        self.store = store
        self.token = token
        self.url = url
    }

    @discardableResult
    func sync(pullBytes: UInt64 = 2 << 20) async throws -> SyncSummary {
        try await SyncClient(store: store, transport: transport, retry: .none, pullBytes: pullBytes).sync()
    }

    func layer(_ kind: LayerKind) throws -> LayerID { try store.read { try $0.ownLayer(kind) } }

    @discardableResult
    func addCode(_ name: String, in kind: LayerKind = .shared) throws -> RecordID {
        let layer = try layer(kind)
        return try store.write { try $0.create(.code, in: layer, [(Field.Code.name, .text(name))]) }
    }

    func codes() throws -> Set<String> { Set(try store.read { try $0.codes() }.compactMap(\.name)) }

    /// What this device would push now, as one request.
    func pushRequest() throws -> PushRequest {
        guard let link = try store.syncLink() else { throw Missing(what: "link") }
        return PushRequest(workspace: link.workspace, segments: try store.outgoing())
    }

    /// Posts bytes that no proper client would; gives back the whole response.
    func post(_ path: String, _ body: [UInt8], encoding: String? = nil) async throws -> HTTPClientResponse {
        var headers = [(name: "Authorization", value: "Bearer " + token)]
        if let encoding { headers.append((name: "Content-Encoding", value: encoding)) }
        return try await session.send(
            HTTPClientRequest(method: "POST", url: url + path, headers: headers, body: body))
    }
}

struct Missing: Error { let what: String }

func required<T>(_ value: T?) throws -> T {
    guard let value else { throw Missing(what: "\(T.self)") }
    return value
}
