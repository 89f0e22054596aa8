import AnnotationModel
import ChangeLog
import DocumentText
import Foundation
import LocalStore
import SQLiteBinding
import ServerStore
import SyncClient
import TestSupport
import WireFormat

/// A team in the middle of its work, and the states of one device's store from which the deeds start.
///
/// Ids and keys come from a seed that begins anew with every try, so that tries are equal.
final class StoreScene: Sendable {
    enum State: String, CaseIterable {
        /// No store yet; one that has never met a server; an empty one.
        case nothing, detached, pristine
        /// In the middle of work: everything there is to read, a conflict, a refusal, something to send and to fetch.
        case working
        /// Has collected what to send; has heard where the feeds stand.
        case collected, behind
        /// Put back to an older state and gone on from there, while the server has what came after.
        case forked
        /// New on a server that has snapshots; has taken those in; has read them into the records.
        case beginning, begun, withoutHistory
        /// Was away while the server let go of what it misses, with unsent work; stands on the server's snapshot.
        case away, underlaid
    }

    let team: Team
    let token: String
    private let saved: [State: SavedFiles]
    let servers: [State: String]
    let olderServer: String

    let bundle: WireFormat.Bundle
    let heads: Heads
    let headsWithoutPrivate: Heads
    let results: [SegmentResult]
    let segments: [Segment]
    let page: PullReply
    let vector: VectorReply
    let snapshot: SnapshotReply
    let history: PullReply
    let underlay: SnapshotReply
    let headers: PullReply
    let receipts: [ChainReceipt]
    let connected: (reply: ConnectReply, workspace: WorkspaceEntry, heads: Heads)
    let memo: RecordID
    let deletedMemo: RecordID
    let document: RecordID
    let deletedDocument: RecordID
    let version: RecordID
    let personal: LayerID
    let shared: LayerID
    static let url = "test:"

    static let clock: Int64 = 1_700_000_000_000

    static func options(_ injector: Injector?, _ cryptography: SeededCryptography) -> LocalStore.Options {
        var options = LocalStore.Options(cryptography: cryptography, clock: { clock })
        options.vfs = injector?.disk.name
        options.isFullySynchronous = true
        // Nobody else is there: a lock that is held has been left behind.
        options.busyTimeoutMilliseconds = 100
        if let injector { options.files = POSIXFileSystem(fault: injector.smallFileFault) }
        return options
    }

    static func text(_ content: String) throws -> CanonicalText { try CanonicalText(importing: [UInt8](content.utf8)) }

    /// Everything of the database in its one file, so that copies open without recovery.
    private static func save(_ store: LocalStore) throws -> SavedFiles {
        do {
            let db = try Connection(path: store.folder.database)
            try db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        }
        var files = try store.snapshotFiles()
        for ending in ["-wal", "-shm"] { files["store.sqlite" + ending] = nil }
        return files
    }

    init() async throws {
        team = try await Team(members: ["ana", "ben"], seed: 1, isInMemory: true)
        let (team, member) = (team, "ana")
        var saved: [State: SavedFiles] = [.nothing: [:]]
        var servers: [State: String] = [:]

        // Before any server: own work, and a colleague's by hand.
        let store = try team.store("device", memberName: member)
        saved[.pristine] = try Self.save(team.store("newcomer"))
        let guest = try team.store("guest")
        let first = try Self.text("The ministry denied the report.\nThe ministry confirmed it.\n")
        _ = try store.importDocument(first, title: "R", source: "-", rawBytes: first.utf8, importer: "t")
        _ = try guest.read(store.bundle())
        let localShared = try guest.read { try $0.ownLayer(.shared) }
        try guest.write { try $0.create(.code, in: localShared, [(Field.Code.name, .text("guest's"))]) }
        _ = try store.read(guest.bundle())
        saved[.detached] = try Self.save(store)

        token = try await team.token(for: member)
        let transport = team.transport(token)
        let reply = try await transport.connect(
            ConnectRequest(publicKey: store.signingKey().publicKey, deviceName: "device"))
        let workspace = reply.workspaces[0]
        let firstHeads = try await required(
            transport.heads(HeadsRequest(workspace: workspace.workspace, digest: nil)))
        connected = (reply, workspace, firstHeads)
        try store.attach(reply, workspace: workspace, heads: firstHeads, url: Self.url, deviceName: "device")
        try store.save(token: token)
        let device = Device(team: team, store: store, token: token)
        let other = try await team.device("other", of: member)
        let colleague = try await team.device("colleague", of: "ben")
        (personal, shared) = (try device.layer(.personal), try device.layer(.shared))
        let (personal, shared) = (personal, shared)

        // One of everything.
        let selectors = try TextIndex(first).selectors(forCodePoints: 0..<12)
        let documentItem = try store.read { try $0.documents()[0] }
        document = documentItem.info.id
        version = documentItem.versions[0].info.id
        let (document, version) = (document, version)
        let second = try Self.text("A second report.\n")
        deletedDocument = try store.importDocument(
            second, title: "S", source: "-", rawBytes: second.utf8, importer: "t"
        ).document
        let deletedDocument = deletedDocument
        try store.write { try $0.deleteDocument(deletedDocument, in: shared) }
        (memo, deletedMemo) = try store.write { transaction in
            let code = try transaction.create(.code, in: shared, [(Field.Code.name, .text("support"))])
            let entity = try transaction.create(.entity, in: shared, [(Field.Entity.name, .text("Ministry"))])
            let annotation = try transaction.create(
                .annotation, in: personal,
                [
                    (Field.Annotation.document, .identifier(document)),
                    (Field.Annotation.version, .identifier(version)),
                    (Field.Annotation.position, .list([.integer(0), .integer(12)])),
                    (
                        Field.Annotation.quote,
                        .list([
                            .text(selectors.quote.exact), .text(selectors.quote.prefix), .text(selectors.quote.suffix),
                        ])
                    ),
                    (Field.Annotation.note, .text("note")), (Field.Annotation.tags, .text("tag")),
                    (Field.Annotation.codes, .identifier(code)),
                ])
            try transaction.create(
                .comment, in: shared,
                [(Field.Comment.target, .identifier(annotation)), (Field.Comment.body, .text("really?"))])
            try transaction.create(
                .statement, in: personal,
                [
                    (Field.Statement.annotation, .identifier(annotation)),
                    (Field.Statement.speaker, .identifier(entity)), (Field.Statement.concept, .identifier(code)),
                ])
            let memo = try transaction.create(
                .memo, in: personal, [(Field.Memo.title, .text("title")), (Field.Memo.body, .text("one"))])
            let deleted = try transaction.create(.memo, in: personal, [(Field.Memo.body, .text("gone"))])
            return (memo, deleted)
        }
        let (memo, deletedMemo) = (memo, deletedMemo)
        try store.write { try $0.delete(deletedMemo, in: personal) }
        try await device.sync()
        olderServer = team.folder.path + "/server-older"
        try team.copyServer(to: olderServer)
        try await other.sync()
        // A conflict that has arrived.
        try store.write { try $0.set(Field.Memo.body, of: memo, in: personal, to: .text("device")) }
        try other.store.write { try $0.set(Field.Memo.body, of: memo, in: personal, to: .text("other")) }
        try await other.sync()
        try await device.sync()
        // A refusal: carried to the server by a colleague while its maker was no member.
        try await colleague.sync()
        try store.write { try $0.create(.code, in: shared, [(Field.Code.name, .text("refused"))]) }
        let late = try store.bundle()
        try await team.server.removeMember(workspace: Team.workspace, user: member)
        _ = try colleague.store.read(late)
        try await colleague.sync()
        try await team.server.addMember(workspace: Team.workspace, user: member, role: .curator)
        try await device.sync()
        try store.recordSync(failure: "the network was away")
        // Something that waits at the server, something that came by hand only, something to send.
        try colleague.store.write {
            for number in 0..<3 { try $0.create(.code, in: shared, [(Field.Code.name, .text("code \(number)"))]) }
            try $0.create(.code, in: shared, [(Field.Code.name, .text("support"))])
        }
        try await colleague.sync()
        _ = try await team.server.addUser(name: "cem")
        try await team.server.addMember(workspace: Team.workspace, user: "cem", role: .curator)
        try colleague.store.write { try $0.create(.entity, in: shared, [(Field.Entity.name, .text("Council"))]) }
        bundle = try colleague.store.bundle()
        let privateLayer = try device.layer(.private)
        try store.write {
            try $0.create(.memo, in: privateLayer, [(Field.Memo.body, .text("private and unsent"))])
            try $0.create(.memo, in: personal, [(Field.Memo.body, .text("unsent"))])
        }
        saved[.working] = try Self.save(store)
        servers[.working] = team.folder.path + "/server-working"
        try team.copyServer(to: servers[.working]!)

        // What a server says, for the deeds that take it in.
        heads = try await required(transport.heads(HeadsRequest(workspace: workspace.workspace, digest: nil)))
        var fewer = heads
        fewer.layers.removeAll { $0.layer == privateLayer }
        headsWithoutPrivate = fewer
        do {
            let folder = StoreFolder(path: team.folder.path + "/aside/" + StoreFolder.name)
            try Self.put(saved[.working]!, into: folder)
            let aside = try LocalStore.open(folder, options: Self.options(nil, SeededCryptography(seed: 5)))
            segments = try aside.outgoing()
            saved[.collected] = try Self.save(aside)
            results = try await transport.push(
                PushRequest(workspace: workspace.workspace, segments: segments)
            ).results
            let outcome = try aside.adopt(heads)
            saved[.behind] = try Self.save(aside)
            page = try await transport.pull(
                PullRequest(workspace: workspace.workspace, cursors: outcome.behind, byteBudget: 1 << 20))
            vector = try await transport.vector(VectorRequest(workspace: workspace.workspace, layer: personal))
            receipts = try await transport.receipts(
                ReceiptsRequest(
                    workspace: workspace.workspace, layer: personal, changes: required(store.unreceipted()[personal]))
            ).receipts
        }
        // Two lives of one replica.
        do {
            let folder = StoreFolder(path: team.folder.path + "/fork/" + StoreFolder.name)
            try Self.put(saved[.working]!, into: folder)
            let fork = try LocalStore.open(folder, options: Self.options(nil, SeededCryptography(seed: 6)))
            try fork.write { try $0.create(.memo, in: personal, [(Field.Memo.body, .text("lost with the disk"))]) }
            try await Device(team: team, store: fork, token: token).sync()
        }
        do {
            let folder = StoreFolder(path: team.folder.path + "/forked/" + StoreFolder.name)
            try Self.put(saved[.working]!, into: folder)
            let fork = try LocalStore.open(folder, options: Self.options(nil, SeededCryptography(seed: 7)))
            try fork.write { try $0.create(.memo, in: personal, [(Field.Memo.body, .text("made instead"))]) }
            saved[.forked] = try Self.save(fork)
        }
        servers[.forked] = team.folder.path + "/server-forked"
        try team.copyServer(to: servers[.forked]!)
        // A new device, from the server's snapshot of the shared layer.
        do {
            var limits = SnapshotLimits()
            limits.pieceBytes = 300
            _ = try await team.server.refreshSnapshots(from: 1, limits: limits) { _ in }
            let new = try await team.device("beginner", of: member)
            let transport = team.transport(new.token)
            let heads = try await required(
                transport.heads(HeadsRequest(workspace: workspace.workspace, digest: nil)))
            _ = try new.store.adopt(heads, snapshotsFrom: 1)
            saved[.beginning] = try Self.save(new.store)
            snapshot = try await transport.snapshot(
                SnapshotRequest(
                    workspace: workspace.workspace, layer: shared, position: 0, firstPiece: 0, byteBudget: 1 << 20))
            guard try new.store.take(snapshot).next == nil else { throw Missing() }
            saved[.begun] = try Self.save(new.store)
            while try new.store.readSnapshotPiece() != nil {}
            saved[.withoutHistory] = try Self.save(new.store)
            history = try await transport.pull(
                PullRequest(
                    workspace: workspace.workspace, cursors: new.store.missingHistory(), byteBudget: 1 << 20))
        }
        do {
            let transport = team.transport(other.token)
            try await other.sync()
            try other.store.write {
                try $0.create(.code, in: shared, [(Field.Code.name, .text("made while away"))])
            }
            for number in 0..<20 {
                try colleague.store.write {
                    try $0.create(.code, in: shared, [(Field.Code.name, .text("code \(number) of meanwhile"))])
                }
            }
            try await colleague.sync()
            var limits = SnapshotLimits()
            limits.pieceBytes = 300
            // The older of two snapshots counts.
            for _ in 0..<2 {
                for number in 0..<20 {
                    try colleague.store.write {
                        try $0.create(.code, in: shared, [(Field.Code.name, .text("another \(number)"))])
                    }
                }
                try await colleague.sync()
                guard try await team.server.refreshSnapshots(from: 1, limits: limits, didWrite: { _ in }) > 0 else {
                    throw Missing()
                }
            }
            guard try await team.server.compact(receivedBefore: .max) > 0 else { throw Missing() }
            let now = try await required(
                transport.heads(HeadsRequest(workspace: workspace.workspace, digest: nil)))
            _ = try other.store.adopt(now)
            saved[.away] = try Self.save(other.store)
            underlay = try await transport.snapshot(
                SnapshotRequest(
                    workspace: workspace.workspace, layer: shared, position: 0, firstPiece: 0, byteBudget: 1 << 20))
            guard try other.store.take(underlay).next == nil else { throw Missing() }
            saved[.underlaid] = try Self.save(other.store)
            headers = try await transport.pull(
                PullRequest(
                    workspace: workspace.workspace, cursors: other.store.missingHistory(), byteBudget: 1 << 20))
        }
        self.saved = saved
        self.servers = servers
    }

    /// Writes a saved store to a folder; its mark names the new file, as if the disk had been copied block by block.
    private static func put(_ files: SavedFiles, into folder: StoreFolder) throws {
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        for (name, data) in files where name != "incarnation" {
            try data.write(to: URL(fileURLWithPath: folder.path + "/" + name))
        }
        guard let mark = files["incarnation"] else { return }
        let inode = try FileManager.default.attributesOfItem(atPath: folder.database)[.systemFileNumber] as! Int
        let lines = String(decoding: mark, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("inode ") ? "inode \(inode)" : $0 }
        try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: folder.path + "/incarnation"))
    }

    /// A copy of the store in one of its states, in a folder of its own.
    func put(_ state: State, into path: String) throws -> StoreFolder {
        let folder = StoreFolder(path: path + "/" + StoreFolder.name)
        if state == .nothing {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } else {
            try Self.put(saved[state]!, into: folder)
        }
        return folder
    }
}

struct Missing: Error {}

func required<T>(_ value: T?) throws -> T {
    guard let value else { throw Missing() }
    return value
}
