import AnnotationModel
import ChangeLog
import Cryptography
import SQLiteBinding
import ServerStore
import TestSupport
import WireFormat

/// A server store with one workspace and two members, each with a device, and the means to make changes by hand.
final class World: Sendable {
    static let title = "Team"
    let folder = TemporaryFolder()
    let cryptography: any CryptographyProvider = OpenSSLCryptography()
    let backend: Backend
    let store: any Backend.Store
    let identity: ServerIdentity
    let workspace: WorkspaceID
    let ana: Person
    let ben: Person
    let shared: LayerID

    /// A member with a device that has connected.
    struct Person: Sendable {
        let account: Account
        let key: SigningKey
        let certificate: DeviceCertificate
        let personal: LayerID
        let privateLayer: LayerID
    }

    init(_ backend: Backend) async throws {
        self.backend = backend
        store = try await backend.open(folder.path, cryptography)
        identity = try await store.identity()
        workspace = try await store.addWorkspace(title: Self.title)
        ana = try await Self.person("ana", store, workspace, identity, cryptography)
        ben = try await Self.person("ben", store, workspace, identity, cryptography)
        let heads = try await store.heads(workspace: workspace, for: ana.account)
        shared = try required(heads?.layers.first { $0.kind == LayerKind.shared.rawValue }).layer
    }

    private static func person(
        _ name: String, _ store: any Backend.Store, _ workspace: WorkspaceID, _ identity: ServerIdentity,
        _ cryptography: any CryptographyProvider
    ) async throws -> Person {
        let member = try await store.addUser(name: name)
        try await store.addMember(workspace: title, user: name, role: .curator)
        let hash = cryptography.sha256([UInt8](name.utf8))
        try await store.addToken(tokenHash: hash, user: name)
        let key = cryptography.makeSigningKey()
        _ = try await store.enrol(publicKey: key.publicKey, deviceName: name, tokenHash: hash)
        let account = try required(try await store.account(tokenHash: hash))
        let statement = SignedStatement.device(server: identity.server, member: member, publicKey: key.publicKey)
        let heads = try required(try await store.heads(workspace: workspace, for: account))
        func own(_ kind: LayerKind) throws -> LayerID {
            try required(heads.layers.first { $0.kind == kind.rawValue && $0.owner == member }).layer
        }
        return Person(
            account: account, key: key,
            certificate: DeviceCertificate(
                member: member, publicKey: key.publicKey, signature: cryptography.sign(statement, with: identity.key)),
            personal: try own(.personal), privateLayer: try own(.private))
    }

    // MARK: Doing

    func push(_ segments: Segment..., by person: Person) async throws -> [SegmentResult] {
        let verified = segments.map {
            VerifiedSegment($0, from: person.account, identity: identity, cryptography: cryptography)
        }
        return try await store.append(verified, workspace: workspace, by: person.account)
    }

    func heads(_ person: Person) async throws -> Heads {
        try required(try await store.heads(workspace: workspace, for: person.account))
    }

    func head(of layer: LayerID, _ person: Person) async throws -> LayerHead {
        try required(try await heads(person).layers.first { $0.layer == layer })
    }

    /// The beginning of a layer's feed, as a cursor.
    func start(of layer: LayerID, _ person: Person) async throws -> FeedCursor {
        FeedCursor(layer: layer, epoch: try await head(of: layer, person).epoch, position: 0, feedHash: .zero)
    }

    func page(from cursor: FeedCursor, byteBudget: Int = 1 << 20, _ person: Person) async throws -> FeedPage {
        try await store.page(from: cursor, workspace: workspace, byteBudget: byteBudget, for: person.account)
    }

    /// Everything in a layer's feed, read page by page, with the feed hash verified.
    func feed(of layer: LayerID, byteBudget: Int = 1 << 20, _ person: Person) async throws -> [Change] {
        var reading = Reading(cursor: try await start(of: layer, person))
        while !reading.isDone {
            let page = try await page(from: reading.cursor, byteBudget: byteBudget, person)
            try reading.take(page, using: cryptography)
        }
        return reading.changes
    }

    /// How far a feed has been read.
    private struct Reading {
        var cursor: FeedCursor
        var changes: [Change] = []
        var isDone = false

        mutating func take(_ page: FeedPage, using cryptography: any CryptographyProvider) throws {
            guard page.status == .changes else { throw Missing(what: "status \(page.status)") }
            var (position, hash) = (cursor.position, cursor.feedHash)
            for change in page.segments.flatMap({ $0.changes(using: cryptography) }) {
                hash = FeedHash.next(hash, header: change.hash, withheld: change.withheld, using: cryptography)
                position += 1
                changes.append(change)
            }
            guard position == page.position, hash == page.feedHash else { throw Missing(what: "the feed's hash") }
            isDone = page.position == page.headPosition
            guard isDone || page.position > cursor.position else { throw Missing(what: "progress") }
            cursor = FeedCursor(
                layer: cursor.layer, epoch: cursor.epoch, position: page.position, feedHash: page.feedHash)
        }
    }
}

extension Maker {
    init(_ person: World.Person, in layer: LayerID, replica: ReplicaID? = nil) {
        self.init(of: person.account.member, key: person.key, in: layer, replica: replica)
    }
}

struct Missing: Error { let what: String }

func required<T>(_ value: T?) throws -> T {
    guard let value else { throw Missing(what: "\(T.self)") }
    return value
}

extension World {
    /// Makes the store what an older version left: without the makers of records.
    func forgetMakers() throws {
        let db = try Connection(path: folder.path + "/server.sqlite", options: Connection.Options())
        try db.execute("DELETE FROM maker")
        try db.execute("UPDATE layer SET makers_position = 0")
    }
}
