import AnnotationModel
import ChangeLog
import DocumentText
import Foundation
import LocalStore
import TestSupport
import WireFormat

extension StoreDeed {
    var state: StoreScene.State {
        switch self {
        case .create: .nothing
        case .attach: .detached
        case .joinBundle: .pristine
        case .record: .collected
        case .apply: .behind
        case .syncForked: .forked
        case .takeSnapshot: .beginning
        case .readSnapshot: .begun
        case .fillHistory: .withoutHistory
        case .underlaySnapshot: .away
        case .fillHeaders: .underlaid
        default: .working
        }
    }
}

/// One deed on a store of its own.
final class StoreAttempt {
    let scene: StoreScene
    let deed: StoreDeed
    let folder: StoreFolder
    private let path: String
    private let cryptography = SeededCryptography(seed: 99)
    private let injector: Injector
    /// The store that the deed is done on; `nil` where it did not open.
    private(set) var store: LocalStore?

    init(_ scene: StoreScene, _ deed: StoreDeed, _ injector: Injector, number: Int) throws {
        self.scene = scene
        self.deed = deed
        self.injector = injector
        path = scene.team.folder.path + "/try-\(number)"
        folder = try scene.put(deed.state, into: path)
        if deed != .create && deed != .open {
            store = try LocalStore.open(folder, options: StoreScene.options(injector, cryptography))
        }
        switch deed {
        case .sync, .syncForked: try scene.team.restoreServer(from: scene.servers[deed.state]!)
        case .syncRestoredServer: try scene.team.restoreServer(from: scene.olderServer)
        default: break
        }
        cryptography.restart(seed: 100)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func arm(_ fault: Fault, _ number: Int) { injector.arm(fault, number) }
    func disarm(_ fault: Fault) -> (calls: Int, failures: Int) { injector.disarm(fault) }

    /// A second opening, without faults: as after a crash of the program nothing in memory counts.
    func reopened() throws -> LocalStore? {
        do {
            return try LocalStore.open(folder, options: StoreScene.options(nil, SeededCryptography(seed: 101)))
        } catch let error as StoreError where error.code == .notAStore && deed == .create {
            return nil
        }
    }

    /// Goes on with another opening of the store.
    func goOn(with store: LocalStore) { self.store = store }

    /// Does the deed; gives back what it answered, for those that answer.
    func perform() async throws -> String {
        let scene = scene
        let (memo, personal, shared) = (scene.memo, scene.personal, scene.shared)
        switch deed {
        case .create:
            store = try LocalStore.create(
                in: folder, memberName: "ana", title: "T", options: StoreScene.options(injector, cryptography))
            return ""
        case .open:
            store = try LocalStore.open(folder, options: StoreScene.options(injector, cryptography))
            return ""
        default: break
        }
        guard let store else { throw Missing() }
        switch deed {
        case .create, .open: break
        case .observe:
            var changes = store.observe(pollMilliseconds: 600_000).makeAsyncIterator()
            let id = try store.write { try $0.create(.memo, in: personal, [(Field.Memo.body, .text("seen"))]) }
            let change = await changes.next()
            guard change?.records == [id] else { throw Missing() }
        case .readEverything: return try readEverything(store)
        case .check:
            let report = try store.check()
            return report.problems.joined() + report.layers.map { "\($0.stateHash)" }.joined(separator: " ")
        case .write:
            try store.write { transaction in
                let id = try transaction.create(
                    .entity, in: shared, [(Field.Entity.name, .text("N")), (Field.Entity.aliases, .text("a"))])
                try transaction.add(.text("b"), to: Field.Entity.aliases, of: id, in: shared)
                try transaction.remove(.text("a"), from: Field.Entity.aliases, of: id, in: shared)
                try transaction.set(Field.Memo.title, of: memo, in: personal, to: .text("other title"))
                guard try transaction.state(of: memo, in: personal).isAlive,
                    try transaction.reader.ownLayer(.personal) == personal
                else { throw Missing() }
            }
        case .delete: try store.write { try $0.delete(memo, in: personal) }
        case .restore: try store.write { try $0.restore(scene.deletedMemo, in: personal) }
        case .deleteDocument: try store.write { try $0.deleteDocument(scene.document, in: shared) }
        case .restoreDocument: try store.write { try $0.restoreDocument(scene.deletedDocument, in: shared) }
        case .settleConflict:
            try store.write { try $0.set(Field.Memo.body, of: memo, in: personal, to: .text("settled")) }
        case .takeSnapshot: guard try store.take(scene.snapshot).next == nil else { throw Missing() }
        case .readSnapshot: guard try store.readSnapshotPiece() != nil else { throw Missing() }
        case .underlaySnapshot:
            let outcome = try store.take(scene.underlay)
            guard outcome.next == nil, outcome.changeCount > 0 else { throw Missing() }
        case .fillHeaders: guard try store.fill(scene.headers).filledCount > 0 else { throw Missing() }
        case .fillHistory: guard try store.fill(scene.history).filledCount > 0 else { throw Missing() }
        case .setRole: try store.write { try $0.setRole(of: $0.reader.ownMember(), to: nil) }
        case .endAccess: try store.endAccess()
        case .keepReceipts:
            guard try store.keep(scene.receipts) == scene.receipts.count else { throw Missing() }
        case .undo: _ = try store.undo()
        case .importDocument:
            let text = try StoreScene.text("A third report.\n")
            _ = try store.importDocument(text, title: "r", source: "-", rawBytes: text.utf8, importer: "test")
        case .importVersion:
            let text = try StoreScene.text("The report, corrected.\n")
            _ = try store.importDocument(
                text, title: "r", source: "-", rawBytes: text.utf8, importer: "test", asVersionOf: scene.document)
        case .importLong:
            let text = try StoreScene.text(String(repeating: "0123456789abcde\n", count: 20_000))
            _ = try store.importDocument(text, title: "r", source: "-", rawBytes: text.utf8, importer: "test")
        case .reapply:
            let change = try required(store.read { try $0.refused() }.first).change
            try store.reapply(change, in: shared)
        case .dismiss: try store.dismiss(required(store.read { try $0.refused() }.first).change)
        case .bundle: return "\(try store.bundle().encoded.hashValue)"
        case .readBundle, .joinBundle: _ = try store.read(scene.bundle)
        case .outgoing: return "\(try store.outgoing().hashValue)"
        case .record: _ = try store.record(scene.results, of: scene.segments)
        case .adopt: _ = try store.adopt(scene.heads)
        case .adoptLoss: _ = try store.adopt(scene.headsWithoutPrivate)
        case .apply: _ = try store.apply(scene.page)
        case .recover: try store.recover(scene.vector)
        case .attach, .attachAgain:
            let (reply, workspace, heads) = scene.connected
            try store.attach(
                reply, workspace: workspace, heads: deed == .attach ? heads : scene.heads, url: StoreScene.url + "2",
                deviceName: "device")
        case .renew: try store.renew(scene.connected.reply, workspace: scene.connected.workspace)
        case .saveToken: try store.save(token: "another")
        case .saveAuthority: try store.save(authority: [UInt8]("certificate".utf8))
        case .savePin: try store.save(serverKeyPin: Digest(words: [1, 2, 3, 4]))
        case .recordSync: try store.recordSync(failure: nil)
        case .recordFailure: try store.recordSync(failure: "it rains")
        case .rebuild: try store.rebuild()
        case .sync, .syncForked, .syncRestoredServer:
            let summary = try await Device(team: scene.team, store: store, token: scene.token).sync()
            guard summary.blocked.isEmpty, !summary.gaveUp else { throw Missing() }
        }
        return ""
    }

    /// Every question that can be asked, in words that can be compared.
    private func readEverything(_ store: LocalStore) throws -> String {
        var answers: [String] = []
        func note(_ answer: some Any) { answers.append("\(answer)") }
        let scene = scene
        try store.read { reader in
            note(try (reader.ownMember(), reader.ownReplica(), reader.workspace()))
            note(try reader.memberNames().sorted { $0.key < $1.key })
            note(try reader.layers())
            note(try reader.ownLayer(.private))
            note(try required(reader.state(of: scene.memo, in: scene.personal)).encoded)
            note(try reader.documents())
            note(try reader.versions())
            note(try reader.text(of: scene.version) as Any)
            note(try reader.annotations(on: scene.document))
            note(try reader.annotationCount())
            note(try reader.comments())
            note(try reader.codes())
            note(try reader.entities())
            note(try reader.statements())
            note(try reader.statementTypes())
            note(try reader.memos())
            note(try reader.find("support", includesDeleted: true))
            // Without the marks in the snippets: SQLite's `snippet` leaves them out, and says nothing, where its list
            // of the hits did not fit into memory.
            note(
                try reader.search(["ministry"]).map { hit in
                    "\(hit.record) \(hit.layer) \(hit.kind) \(hit.snippet.filter { $0 != "\u{02}" && $0 != "\u{03}" })"
                })
            note(try reader.conflicts())
            note(try reader.duplicateNames())
            note(try reader.log(limit: 1000))
            note(try reader.log(touching: .memo, in: scene.personal))
            note(try reader.records(of: .memo, in: scene.personal))
            note(try reader.log(of: (scene.memo, scene.personal)))
            note(try reader.refused())
            note(try reader.members())
            note(try reader.rounds())
            note(try reader.assignments())
            note(try reader.submissions())
            note(try reader.decisions())
            note(try reader.agreementRuns())
            note(try reader.setAside())
        }
        note(try store.signingKey().publicKey)
        note(try store.token() as Any)
        note(try store.authorityFile() as Any)
        note(try store.serverKeyPin() as Any)
        note(try store.syncLink() as Any)
        note(try store.headsDigest() as Any)
        note(try store.hasOutgoing())
        let outlook = try required(store.syncOutlook())
        note((outlook.link, outlook.hasOutgoing, outlook.headsDigest as Any))
        note(try store.outgoingMark() != nil)
        note(try store.feedPoints().sorted { $0.key < $1.key })
        note(try store.unreceipted().sorted { $0.key < $1.key })
        note(try store.proofs().map { "\($0.layer) \($0.replica) \($0.changeCount) \($0.receipts) \($0.problems)" })
        note(try store.lastSyncs())
        note(try store.missingHistory())
        note(try store.layerSummaries().map { "\($0.layer) \($0.changeCount) \($0.stateHash) \($0.vector.sorted)" })
        return answers.joined(separator: "\n")
    }
}

/// What a store holds: exactly, and without what a second try makes anew (ids and what follows from them).
struct StorePrint: Equatable {
    let exact: [String]
    let shape: [String]

    init(_ store: LocalStore?) throws {
        guard let store else {
            (exact, shape) = (["nothing"], ["nothing"])
            return
        }
        let summaries = try store.layerSummaries()
        let read = try store.read { reader in
            (
                layers: try reader.layers(), codes: try reader.codes().map(\.name).sorted(),
                memos: try reader.memos().map { "\($0)" }, conflicts: try reader.conflicts(),
                refused: try reader.refused().count, aside: try reader.setAside().count,
                names: try reader.memberNames().values.sorted(), bodies: try reader.memos().map { "\($0.body as Any)" }
            )
        }
        let small = [
            "\(try store.token() as Any)", "\(try store.authorityFile() != nil)", "\(try store.lastSyncs())",
            "\(try store.serverKeyPin() as Any)",
            "\(try store.syncLink()?.url as Any)",
        ]
        exact =
            summaries.map { layer in
                "\(layer.layer) \(layer.stateHash) \(layer.vector.sorted.map { "\($0.replica)=\($0.seq)" })"
            } + read.layers.map { "\($0)" } + read.memos + read.conflicts.map { "\($0)" } + read.codes + read.names
            + ["\(read.refused) \(read.aside)"] + small
        shape =
            summaries.map { layer in
                "\(layer.kind) \(layer.recordCount) \(layer.vector.seqs.values.sorted())"
            }.sorted() + read.layers.map { "\($0.kind) \($0.position) \($0.pendingCount)" }.sorted()
            + read.bodies.sorted() + read.codes + read.names
            + ["\(read.conflicts.count) \(read.refused) \(read.aside)"] + small
    }
}
