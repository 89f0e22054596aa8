import AnnotationModel
import ChangeLog
import LocalStore
import SyncClient
import TestSupport
import Testing
import WireFormat

/// The server's receipts on their way, and what they prove.
@Suite struct ReceiptTests {
    private func write(_ body: String, on device: Device) throws {
        let shared = try device.layer(.shared)
        try device.store.write { try $0.create(.memo, in: shared, [(Field.Memo.body, .text(body))]) }
    }

    private func proof(_ device: Device, of maker: Device) throws -> ChainProof? {
        let (replica, shared) = (try maker.store.read { try $0.ownReplica() }, try maker.layer(.shared))
        return try device.store.proofs().first { $0.replica == replica && $0.layer == shared }
    }

    @Test func aPushBringsItsReceiptAndOthersAreFetched() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let (ana, ben) = (try await team.device("ana", of: "ana"), try await team.device("ben", of: "ben"))
        try write("first", on: ana)
        team.clock.set(1_000_000)
        try await ana.sync()
        try write("second", on: ana)
        team.clock.set(2_000_000)
        try await ana.sync()
        let own = try #require(try proof(ana, of: ana))
        #expect(own.receivedAt(1) == 1_000_000 && own.receivedAt(2) == 2_000_000)
        #expect(own.problems.isEmpty && own.isVouched)
        #expect(try ana.store.unreceipted().isEmpty)

        try await ben.sync()
        #expect(try proof(ben, of: ana)?.receipts.isEmpty == true)
        #expect(try await SyncClient.fetchReceipts(ben.store, over: team.transport(ben.token)) == 2)
        #expect(try proof(ben, of: ana)?.receipts == own.receipts)
        #expect(try await SyncClient.fetchReceipts(ben.store, over: team.transport(ben.token)) == 0)
        #expect(try ben.store.check().isClean && ana.store.check().isClean)
        // By hand they travel along.
        let elsewhere = try await Team(members: ["cem"])
        let cem = try elsewhere.store("cem")
        let bundle = try ben.store.bundle()
        #expect(bundle.receipts.count == 2)
        _ = try cem.read(bundle)
        #expect(try cem.bundle().receipts.isEmpty, "another server's word, to a store that has none")
        #expect(bundle.proofs(using: team.cryptography).flatMap(\.problems) == [])
    }

    /// A lost answer to a push loses no receipt: the same push again gets the first one's.
    @Test func aRepeatedPushGetsTheFirstReceipt() async throws {
        let team = try await Team(members: ["ana"])
        let ana = try await team.device("ana", of: "ana")
        try write("first", on: ana)
        team.clock.set(1_000_000)
        let lossy = team.transport(ana.token) { $0 == SyncPath.push.rawValue ? .loseReply : .none }
        await #expect(throws: SyncError.self) {
            try await SyncClient(store: ana.store, transport: lossy, retry: .none).sync()
        }
        #expect(try proof(ana, of: ana)?.receipts.isEmpty == true)
        team.clock.set(5_000_000)
        try await ana.sync()
        #expect(try proof(ana, of: ana)?.receivedAt(1) == 1_000_000)
    }

    /// A server put back to an older copy has it anew, and later; the earlier receipt is still true.
    @Test func theEarliestReceiptStays() async throws {
        let team = try await Team(members: ["ana"])
        let ana = try await team.device("ana", of: "ana")
        let backup = team.folder.path + "/backup"
        try team.copyServer(to: backup)
        try write("first", on: ana)
        team.clock.set(1_000_000)
        try await ana.sync()
        try team.restoreServer(from: backup)
        team.clock.set(9_000_000)
        try await ana.sync()
        #expect(try proof(ana, of: ana)?.receivedAt(1) == 1_000_000)
    }

    @Test func aReceiptThatTheServerDidNotSignIsNotTaken() async throws {
        let team = try await Team(members: ["ana"])
        let ana = try await team.device("ana", of: "ana")
        try write("first", on: ana)
        try await ana.sync()
        let bundle = try ana.store.bundle()
        let good = try #require(bundle.receipts.first)
        let earlier = Receipt(
            seq: good.receipt.seq, receivedAt: good.receipt.receivedAt - 1, signature: good.receipt.signature)
        let forged = ChainReceipt(layer: good.layer, replica: good.replica, receipt: earlier)
        #expect { try ana.store.keep([forged]) } throws: { ($0 as? StoreError)?.code == .unverified }
        #expect(try proof(ana, of: ana)?.receipts == [good.receipt])
        // Of changes that are not here nothing is kept.
        let foreign = ChainReceipt(
            layer: good.layer, replica: ReplicaID(high: 9, low: 9),
            receipt: Receipt(seq: 1, receivedAt: 0, signature: good.receipt.signature))
        #expect(try ana.store.keep([foreign]) == 0)
    }

    /// Who may not read a layer gets no receipt of it, as of one that is not there.
    @Test func nobodyGetsReceiptsOfAHiddenLayer() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let (ana, ben) = (try await team.device("ana", of: "ana"), try await team.device("ben", of: "ben"))
        let layer = try ana.layer(.private)
        try ana.store.write { try $0.create(.memo, in: layer, [(Field.Memo.body, .text("secret"))]) }
        try await ana.sync()
        let replica = try ana.store.read { try $0.ownReplica() }
        let workspace = try #require(try ana.store.syncLink()).workspace
        func ask(_ device: Device, _ layer: LayerID) async throws -> ReceiptsReply {
            try await team.transport(device.token).receipts(
                ReceiptsRequest(workspace: workspace, layer: layer, changes: [ChangeName(replica: replica, seq: 1)]))
        }
        #expect(try await ask(ana, layer).receipts.count == 1)
        let (hidden, none) = (try await ask(ben, layer), try await ask(ben, LayerID(high: 4, low: 4)))
        #expect(hidden == none && hidden.receipts.isEmpty)
    }
}
