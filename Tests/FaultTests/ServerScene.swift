import AnnotationModel
import ChangeLog
import Cryptography
import Foundation
import SQLiteBinding
import ServerStore
import TestSupport
import WireFormat

/// A server with a team, its data folder saved, and what is pushed to it.
final class ServerScene: Sendable {
    let folder = TemporaryFolder(isInMemory: true)
    private let saved: Data
    let workspace: WorkspaceID
    let ana: Account
    let ben: Account
    let identity: ServerIdentity
    let tokenHash: Digest
    let freeTokenHash: Digest
    let invitation: Digest
    let introduction: DeviceIntroduction
    let shared: LayerID
    let replica: ReplicaID
    let head: LayerHead
    /// A further segment of a chain, one that is held, several of new chains, one that its author may not write.
    let next: VerifiedSegment
    let known: VerifiedSegment
    let several: [VerifiedSegment]
    let refused: VerifiedSegment
    /// One that opens a round, and the one by which the last coder of another submits.
    let opening: VerifiedSegment
    let submission: VerifiedSegment
    /// A limit within which the first of `several` can still be taken, and not two.
    let bytesForOne: Int64
    static let clock: Int64 = 1_700_000_000_000

    static func open(
        _ path: String, _ cryptography: SeededCryptography, _ injector: Injector? = nil, creates: Bool = false,
        workspaceBytesMax: Int64 = 0
    ) throws -> SQLiteServerStore {
        try SQLiteServerStore(
            folder: path, creates: creates, isServing: true, cryptography: cryptography, clock: { clock },
            workspaceBytesMax: workspaceBytesMax, vfs: injector?.disk.name)
    }

    init() async throws {
        let cryptography = SeededCryptography(seed: 11)
        let path = folder.subfolder("server")
        let keys = ["ana": cryptography.makeSigningKey(), "ben": cryptography.makeSigningKey()]
        let hashes = ["ana": cryptography.sha256([1]), "ben": cryptography.sha256([2])]
        let freeTokenHash = cryptography.sha256([3])
        (tokenHash, self.freeTokenHash) = (hashes["ana"]!, freeTokenHash)
        let store = try Self.open(path, cryptography, creates: true)
        let identity = try await store.identity()
        self.identity = identity
        let workspace = try await store.addWorkspace(title: "Team")
        self.workspace = workspace
        var accounts: [String: Account] = [:]
        for name in ["ana", "ben"] {
            _ = try await store.addUser(name: name)
            try await store.addMember(workspace: "Team", user: name, role: .curator)
            try await store.addToken(tokenHash: hashes[name]!, user: name)
            _ = try await store.enrol(publicKey: keys[name]!.publicKey, deviceName: name, tokenHash: hashes[name]!)
            accounts[name] = try await required(store.account(tokenHash: hashes[name]!))
        }
        let key = cryptography.makeSigningKey()
        introduction = DeviceIntroduction(
            publicKey: key.publicKey, deviceName: "phone", signature: cryptography.sign([1], with: key))
        invitation = cryptography.sha256([4])
        _ = try await store.invite(
            codeHash: invitation, workspace: "Team", role: .analyst, user: nil, lifetime: 1_000_000)
        _ = try await store.addUser(name: "cem")
        try await store.addToken(tokenHash: freeTokenHash, user: "cem")
        let (ana, ben) = (accounts["ana"]!, accounts["ben"]!)
        (self.ana, self.ben) = (ana, ben)
        let heads = try await required(store.heads(workspace: workspace, for: ana))
        let shared = try required(heads.layers.first { $0.owner == nil }).layer
        self.shared = shared
        let personal = try required(
            heads.layers.first { $0.owner == ana.member && $0.kind == LayerKind.personal.rawValue }
        ).layer

        func memo() -> [ChangeLog.Operation] {
            let text = Value.text(String(repeating: "text ", count: 50))
            return [
                Operation(
                    record: cryptography.randomIdentifier(), kind: .memo,
                    action: .write(Field.Memo.body, text, isContested: true))
            ]
        }
        /// A signed chain, cut into segments of the given lengths.
        func chain(
            _ layer: LayerID, _ account: Account, _ lengths: Int..., of operations: () -> [ChangeLog.Operation] = memo
        ) throws -> (ReplicaID, [VerifiedSegment]) {
            let replica: ReplicaID = cryptography.randomIdentifier()
            var segments: [VerifiedSegment] = []
            var (previous, seq) = (Digest.zero, UInt64(1))
            for length in lengths {
                let entries = (0..<length).map { place in
                    Segment.Entry(
                        lamport: seq + UInt64(place), wallTime: Self.clock,
                        body: .payload(Payload(operations: operations()).encoded(by: replica)))
                }
                var segment = Segment(
                    layer: layer, replica: replica, author: account.member, firstSeq: seq, previous: previous,
                    entries: entries, signatures: [])
                let last = try required(segment.changes(using: cryptography).last)
                let statement = SignedStatement.chainHead(
                    layer: layer, replica: replica, seq: last.header.seq, hash: last.hash)
                segment.signatures = [
                    Segment.SignedHead(
                        seq: last.header.seq, signature: cryptography.sign(statement, with: keys[account.name]!))
                ]
                segments.append(
                    VerifiedSegment(segment, from: account, identity: identity, cryptography: cryptography))
                (previous, seq) = (last.hash, last.header.seq + 1)
            }
            return (replica, segments)
        }
        let (replica, own) = try chain(shared, ana, 5, 4)
        self.replica = replica
        (known, next) = (own[0], own[1])
        refused = try chain(personal, ben, 2).1[0]
        several = try (0..<4).map { _ in try chain(shared, ana, 2).1[0] }
        func opening(_ round: RecordID, for coders: Account...) -> [ChangeLog.Operation] {
            [
                Operation(
                    record: round, kind: .round,
                    action: .create([
                        FieldValue(Field.Round.isBlind, .boolean(true)),
                        FieldValue(Field.Round.revealRule, .text(RevealRule.all.rawValue)),
                    ])),
                Operation(
                    record: round, kind: .round,
                    action: .write(Field.Round.state, .text(RoundState.open.name), isContested: true)),
            ]
                + coders.enumerated().map { number, coder in
                    Operation(
                        record: RecordID(high: round.high, low: round.low + 1 + UInt64(number)), kind: .assignment,
                        action: .create([
                            FieldValue(Field.Assignment.round, .identifier(round)),
                            FieldValue(
                                Field.Assignment.coder,
                                .identifier(RecordID(high: coder.member.high, low: coder.member.low))),
                        ]))
                }
        }
        self.opening = try chain(shared, ana, 1) { opening(RecordID(high: 5, low: 0), for: ana, ben) }.1[0]
        let round = RecordID(high: 6, low: 0)
        let held = try chain(shared, ana, 1) { opening(round, for: ana) }.1
        _ = try await store.append(held, workspace: workspace, by: ana)
        let coding = try required(
            try await required(store.heads(workspace: workspace, for: ana)).layers.first {
                $0.kind == LayerKind.coding.rawValue
            }
        ).layer
        submission = try chain(coding, ana, 1) {
            [
                Operation(
                    record: RecordID(high: 6, low: 9), kind: .submission,
                    action: .create([
                        FieldValue(Field.Submission.round, .identifier(round)),
                        FieldValue(Field.Submission.assignment, .identifier(RecordID(high: 6, low: 1))),
                    ]))
            ]
        }.1[0]
        _ = try await store.append([known], workspace: workspace, by: ana)
        _ = try await store.append(chain(personal, ana, 3).1, workspace: workspace, by: ana)
        _ = try await store.append(chain(shared, ben, 3).1, workspace: workspace, by: ben)
        head = try await required(
            store.heads(workspace: workspace, for: ana)?.layers.first { $0.layer == shared })
        let size = several[0].segment.entries.reduce(0) { sum, entry in
            if case .payload(let bytes) = entry.body { sum + 256 + bytes.count } else { sum + 256 }
        }
        bytesForOne = Int64(try await required(store.statistics().workspaces.first).byteCount + size)
        let copy = folder.path + "/copy.sqlite"
        try Connection(path: path + "/server.sqlite").copy(to: copy)
        saved = try Data(contentsOf: URL(fileURLWithPath: copy))
    }

    let cryptography = SeededCryptography(seed: 14)

    /// How far each chain goes in a database.
    func chains(in database: String) throws -> [ReplicaID: UInt64] {
        let db = try Connection(path: database)
        let select = try db.prepare(
            "SELECT replica.id, chain.seq FROM chain JOIN replica ON replica.num = chain.replica")
        var chains: [ReplicaID: UInt64] = [:]
        while try select.step() {
            if let replica = ReplicaID(bytes: select.blob(0)) { chains[replica] = UInt64(select.int64(1)) }
        }
        return chains
    }

    /// A folder with a copy of the data, or an empty one.
    func put(_ number: Int, isEmpty: Bool) throws -> String {
        let path = folder.subfolder("try-\(number)")
        if !isEmpty { try saved.write(to: URL(fileURLWithPath: path + "/server.sqlite")) }
        return path
    }
}

/// Every table of a server's database: exactly, and without what a second try makes anew.
struct ServerPrint: Equatable {
    let exact: [String]
    let shape: [String]

    init(_ path: String) throws {
        let db = try Connection(path: path + "/server.sqlite")
        var exact: [String] = []
        var shape: [String] = []
        func rows(_ sql: String) throws -> [String] {
            let select = try db.prepare(sql)
            var rows: [String] = []
            while try select.step() {
                rows.append((0..<select.columnCount).map { "\(select.blob($0))" }.joined(separator: "|"))
            }
            return rows
        }
        let tables = try db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        while try tables.step() {
            let (name, all) = (tables.text(0), try rows("SELECT * FROM \(tables.text(0))"))
            exact += ["\(name): \(all.count)"] + all
            shape.append("\(name): \(all.count)")
        }
        if shape.contains(where: { $0.hasPrefix("feed:") }) {
            for sql in [
                "SELECT name FROM user ORDER BY 1", "SELECT title FROM workspace ORDER BY 1",
                "SELECT kind, position, epoch_count FROM layer ORDER BY 1, 2",
                "SELECT seq FROM chain ORDER BY 1", "SELECT user, device FROM token ORDER BY 1, 2",
                "SELECT workspace, user FROM membership ORDER BY 1, 2",
            ] { shape += try rows(sql) }
        }
        (self.exact, self.shape) = (exact, shape)
    }
}
