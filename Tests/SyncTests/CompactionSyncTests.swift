import AnnotationModel
import ChangeLog
import LocalStore
import ServerStore
import SyncClient
import TestSupport
import Testing
import WireFormat

/// Devices that were away for longer than the server keeps the content of changes.
@Suite struct CompactionSyncTests {
    private let team: Team
    private let ana: Device
    private let ben: Device
    private let memos: [RecordID]

    /// Ana has written, and Ben has read it all.
    init() async throws {
        team = try await Team(members: ["ana", "ben"], seed: 1)
        ana = try await team.device("ana", of: "ana")
        let shared = try ana.layer(.shared)
        memos = try (0..<20).map { [ana] number in
            try ana.store.write {
                try $0.create(
                    .memo, in: shared, [(Field.Memo.title, .text("memo \(number)")), (Field.Memo.body, .text("first"))])
            }
        }
        try await ana.sync()
        ben = try await team.device("ben", of: "ben")
        try await ben.sync()
    }

    private func edit(_ memos: Range<Int>, _ text: String, by device: Device) throws {
        let shared = try device.layer(.shared)
        for memo in memos {
            try device.store.write { try $0.set(Field.Memo.body, of: self.memos[memo], in: shared, to: .text(text)) }
        }
    }

    private func body(_ memo: Int, on device: Device) throws -> String? {
        let shared = try device.layer(.shared)
        return try device.store.read { try $0.state(of: memos[memo], in: shared) }?.shown(Field.Memo.body)?.text
    }

    /// The server makes snapshots and lets go of everything that they stand for.
    @discardableResult private func compact() async throws -> Int {
        var limits = SnapshotLimits()
        limits.pieceBytes = 1500
        limits.rowsAtOnce = 7
        _ = try await team.server.refreshSnapshots(from: 1, limits: limits) { _ in }
        return try await team.server.compact(receivedBefore: .max, limits: limits) {}
    }

    private func expectAlike(_ devices: Device...) throws {
        let shared = try ana.layer(.shared)
        let expected = try ana.fingerprint()[shared]
        for device in devices {
            #expect(try device.fingerprint()[shared] == expected)
            #expect(try device.store.check().problems == [])
        }
    }

    private func layer(_ device: Device) throws -> LayerItem {
        let shared = try device.layer(.shared)
        return try #require(try device.store.read { try $0.layers() }.first { $0.id == shared })
    }

    @Test func whoWasAwayIsPutOnASnapshotAndKeepsWhatWaits() async throws {
        try edit(0..<10, "second", by: ana)
        let shared = try ana.layer(.shared)
        try ana.store.write { try $0.delete(memos[19], in: shared) }
        try await ana.sync()
        #expect(try await compact() == 31)
        try edit(12..<14, "by ben", by: ben)
        let own = try ben.store.write {
            try $0.create(.memo, in: shared, [(Field.Memo.title, .text("ben's")), (Field.Memo.body, .text("new"))])
        }
        let summary = try await ben.sync(fetchesHistory: false)
        #expect(summary.snapshotCount == 11)
        #expect(summary.behindCompaction == [])
        #expect(summary.pushedCount == 3)
        try await ana.sync()
        #expect(try body(3, on: ben) == "second")
        #expect(try body(12, on: ben) == "by ben")
        #expect(try ana.store.read { try $0.state(of: own, in: shared) }?.isAlive == true)
        try expectAlike(ben)
        #expect(try ben.store.read { try $0.search(["memo"]) }.count == 19)
        // What was here before the snapshot still is: it lacks what came while it was away.
        #expect(try ben.store.read { try $0.log(of: (memos[15], shared)) }.count == 1)
        #expect(try layer(ben).missingHistory == 11)
        let before = try ben.fingerprint()
        try ben.store.rebuild()
        #expect(try ben.fingerprint() == before)

        // Of the rest the headers come; the chains can be followed again.
        let history = try await ben.sync()
        #expect(history.historyCount == 11)
        #expect(try layer(ben).missingHistory == 0)
        try expectAlike(ben)
        let states = try ben.store.read { try $0.log(of: nil, limit: 1000) }.map(\.state)
        #expect(states.filter { $0 == .withheld(.compacted) }.count == 11)
        // They prove who made which change, in which order.
        let proofs = try ben.store.proofs()
        #expect(proofs.flatMap(\.problems) == [] && proofs.allSatisfy { $0.baseSeq == 0 })
        #expect(proofs.reduce(0) { $0 + $1.withheldCount } == 11)
        #expect(throws: StoreError.self) { try ben.store.bundle() }
        #expect(try await ben.sync().historyCount == 0)
    }

    @Test func aNewDeviceBeginsFromTheSnapshotWhateverItsSize() async throws {
        #expect(try await compact() == 20)
        try edit(0..<2, "after", by: ana)
        try await ana.sync()
        let cem = try await team.device("cem", of: "ben")
        let summary = try await cem.sync(pullBytes: 300)
        #expect(summary.snapshotCount == 20)
        #expect(summary.pulledCount == 2)
        #expect(summary.historyCount == 20)
        try expectAlike(cem)
    }

    @Test func whoIsAwayAgainAndAgainGoesOn() async throws {
        for turn in 0..<4 {
            try edit(0..<15, "turn \(turn)", by: ana)
            try await ana.sync()
            _ = try await compact()
            // The older of two snapshots counts: the second time lets go of what the first one stands for.
            try edit(15..<16, "still \(turn)", by: ana)
            try await ana.sync()
            _ = try await compact()
            try edit(16..<17, "ben \(turn)", by: ben)
            try await ben.sync(fetchesHistory: turn == 1)
            try await ana.sync()
            #expect(try body(0, on: ben) == "turn \(turn)")
            try expectAlike(ben)
        }
        try await ben.sync()
        #expect(try layer(ben).missingHistory == 0)
        try expectAlike(ben)
    }

    @Test func itsOwnWorkThatTheServerHasIsNotSentTwice() async throws {
        try edit(0..<3, "by ben", by: ben)
        try await ben.sync()
        try edit(0..<10, "second", by: ana)
        try await ana.sync()
        _ = try await compact()
        try edit(3..<4, "by ben", by: ben)
        let summary = try await ben.sync()
        #expect(summary.pushedCount == 1)
        #expect(!summary.hasReissued)
        try await ana.sync()
        try expectAlike(ben)
    }

    @Test func theServersDatabaseAgreesWithItself() async throws {
        let link = try #require(try ben.store.syncLink())
        let request = HeadsRequest(workspace: link.workspace, digest: nil)
        let heads = try #require(try await team.transport(ben.token).heads(request))
        _ = try await compact()
        #expect(try await team.transport(ben.token).heads(request) == heads)
        let database = try ServerDatabase(folder: team.serverFolder, cryptography: team.cryptography)
        #expect(try database.check { _, _ in }.problems == [])
        #expect(try await compact() == 0)
    }

    @Test func whatComesByHandFillsWhatWasLetGoOf() async throws {
        let cem = try await team.device("cem", of: "ben")
        _ = try await compact()
        try await cem.sync()
        #expect(throws: StoreError.self) { try cem.store.bundle() }
        _ = try cem.store.read(ben.store.bundle())
        // Now the log has everything.
        _ = try cem.store.bundle()
        try expectAlike(cem)
        try cem.store.rebuild()
        try expectAlike(cem)
    }

    @Test func aServerThatWasPutBackGetsOwnWorkFromBehindTheSnapshot() async throws {
        let backup = team.folder.path + "/backup"
        try team.copyServer(to: backup)
        try edit(0..<3, "by ben", by: ben)
        try await ben.sync()
        try edit(5..<9, "second", by: ana)
        try await ana.sync()
        _ = try await compact()
        try await ben.sync()
        let before = try ben.fingerprint()
        try team.restoreServer(from: backup)
        try await ben.sync()
        try await ana.sync()
        try await ben.sync()
        #expect(try ben.fingerprint() == before)
        try expectAlike(ben)
        #expect(try body(0, on: ana) == "by ben")
    }

    /// What one life of the feed refused has its effect in another, which has let go of it.
    @Test(arguments: [false, true]) func whatWasRefusedHasItsEffectWhereTheServerLetGoOfIt(isBehindSnapshot: Bool)
        async throws
    {
        let (before, after) = (team.folder.path + "/before", team.folder.path + "/after")
        let dan = try await team.device("dan", of: "ana")
        try await dan.sync()
        try team.copyServer(to: before)
        try edit(0..<3, "by ben", by: ben)
        try await ben.sync()
        try await ana.sync()
        try team.copyServer(to: after)
        try team.restoreServer(from: before)
        try await team.server.addMember(workspace: Team.workspace, user: "ben", role: .reader)
        for device in [ana, ben, ana] { try await device.sync() }
        #expect(try body(0, on: ana) == "first")
        #expect(try ben.store.read { try $0.refused() }.count == 3)
        if isBehindSnapshot {
            let shared = try dan.layer(.shared)
            try dan.store.write { try $0.set(Field.Memo.body, of: memos[9], in: shared, to: .text("by dan")) }
            try await dan.sync()
            _ = try await compact()
            for device in [ana, ben] { try await device.sync() }
            #expect(try body(9, on: ana) == "by dan")
        }
        try team.restoreServer(from: after)
        _ = try await compact()
        for device in [ana, ben, dan, ana, ben] { try await device.sync() }
        #expect(try body(0, on: ana) == "by ben")
        #expect(try body(0, on: ben) == "by ben")
        #expect(try ben.store.read { try $0.refused() }.count == 0)
        try expectAlike(ben)
        for device in [ana, ben] {
            try device.store.rebuild()
            #expect(try body(0, on: device) == "by ben")
        }
    }

    /// What somebody made before they connected came by hand, and is the server's under another author, who made it anew.
    @Test func workFromBeforeItsAuthorConnectedMakesWayBehindASnapshot() async throws {
        let shared = try ana.layer(.shared)
        let newcomer = try team.store("cem")
        _ = try newcomer.read(ana.store.bundle())
        let memo = try newcomer.write { try $0.create(.memo, in: shared, [(Field.Memo.body, .text("before"))]) }
        _ = try ana.store.read(newcomer.bundle())
        let token = try await team.token(for: "ben")
        try await SyncClient.connect(
            newcomer, over: team.transport(token), url: "test:", workspace: nil, deviceName: "cem")
        try newcomer.save(token: token)
        let cem = Device(team: team, store: newcomer, token: token)
        try newcomer.write { try $0.set(Field.Memo.body, of: memo, in: shared, to: .text("connected")) }
        try await cem.sync()
        #expect(try await compact() == 22)
        try newcomer.write { try $0.set(Field.Memo.body, of: memo, in: shared, to: .text("after")) }
        try await cem.sync()
        try await ana.sync()
        #expect(try ana.store.read { try $0.state(of: memo, in: shared) }?.shown(Field.Memo.body)?.text == "after")
        #expect(try ana.store.read { try $0.setAside() }.count == 1)
        try expectAlike(cem)
    }

    /// Ben's access had ended, and he began anew under the numbers of what he had sent, of which the server has more.
    @Test func ownWorkIsComparedWhereTheServerHasMoreOfItsChain() async throws {
        try edit(0..<3, "by ben", by: ben)
        try await ben.sync()
        try await ana.sync()
        let backup = team.folder.path + "/backup"
        try team.copyServer(to: backup)
        try edit(4..<6, "second", by: ana)
        try await ana.sync()
        try await team.server.removeMember(workspace: Team.workspace, user: "ben")
        _ = try? await ben.sync()
        try team.restoreServer(from: backup)
        let workspace = try #require(try ben.store.syncLink()).workspace
        let request = HeadsRequest(workspace: workspace, digest: nil)
        _ = try ben.store.adopt(#require(try await team.transport(ben.token).heads(request)))
        let shared = try ben.layer(.shared)
        let own = try ben.store.write { try $0.create(.memo, in: shared, [(Field.Memo.body, .text("anew"))]) }
        // Now the feed begins a new life.
        try await ana.sync()
        try await compact()
        for device in [ben, ana, ben] { try await device.sync() }
        #expect(try ana.store.read { try $0.state(of: own, in: shared) }?.isAlive == true)
        #expect(try body(0, on: ben) == "by ben")
        try expectAlike(ben)
    }

    /// A page of the history goes on to what has come since, which is not taken from there.
    @Test func theHistoryIsReadOnFromWhereTheSnapshotStood() async throws {
        try await compact()
        let cem = try await team.device("cem", of: "ben")
        try await cem.sync(fetchesHistory: false)
        try edit(0..<5, "since", by: ana)
        try await ana.sync()
        let workspace = try #require(try cem.store.syncLink()).workspace
        let request = PullRequest(workspace: workspace, cursors: try cem.store.missingHistory(), byteBudget: 1 << 20)
        #expect(try await cem.store.fill(team.transport(cem.token).pull(request)).behind == [])
        try await compact()
        try edit(5..<12, "later", by: ana)
        try await ana.sync()
        try await compact()
        try edit(12..<13, "last", by: ana)
        try await ana.sync()
        try await cem.sync()
        #expect(try layer(cem).missingHistory == 0)
        try expectAlike(cem)
    }

    @Test func whoLosesAccessKeepsTheirOwnAside() async throws {
        try edit(0..<3, "by ben", by: ben)
        try await ben.sync()
        try edit(0..<5, "second", by: ana)
        try await ana.sync()
        _ = try await compact()
        try await ben.sync()
        try await team.server.removeMember(workspace: Team.workspace, user: "ben")
        _ = try? await ben.sync()
        #expect(try ben.store.read { try $0.setAside() }.reduce(0) { $0 + $1.segment.entries.count } == 3)
    }

    /// The feed stays what it was, and a push of what was let go of is known; nobody but a server passes on what was.
    @Test func aPushOfWhatWasLetGoOfIsKnown() async throws {
        let transport = team.transport(ana.token)
        let link = try #require(try ana.store.syncLink())
        let shared = try ana.layer(.shared)
        let heads = try #require(try await transport.heads(HeadsRequest(workspace: link.workspace, digest: nil)))
        let epoch = try #require(heads.layers.first { $0.layer == shared }).epoch
        let cursor = FeedCursor(layer: shared, epoch: epoch, position: 0, feedHash: .zero)
        let pull = PullRequest(workspace: link.workspace, cursors: [cursor], byteBudget: 1 << 20)
        let whole = try #require(try await transport.pull(pull).pages.first)
        _ = try await compact()
        let bare = try #require(try await transport.pull(pull).pages.first)
        #expect(bare.feedHash == whole.feedHash && bare.signature == whole.signature)
        #expect(
            bare.segments.flatMap(\.entries).allSatisfy { entry in
                if case .withheld(.compacted, _) = entry.body { true } else { false }
            })
        let known = try await transport.push(PushRequest(workspace: link.workspace, segments: whole.segments))
        #expect(known.results.map(\.status) == [.accepted] && known.results[0].refused == [])
        let refused = try await transport.push(PushRequest(workspace: link.workspace, segments: bare.segments))
        #expect(refused.results.map(\.status) == [.invalid])
    }

    /// Lets everybody be asked from behind what there is now: a device tells what it has read as it asks for what comes next.
    private func exchange(_ text: String) async throws {
        for device in [ana, ben] { try edit(0..<1, text, by: device); try await device.sync() }
        for device in [ana, ben] { try edit(1..<2, text, by: device); try await device.sync() }
        for device in [ana, ben] { try await device.sync() }
    }

    private func state(_ memo: Int, on device: Device) throws -> RecordState? {
        let shared = try device.layer(.shared)
        return try device.store.read { try $0.state(of: memos[memo], in: shared) }
    }

    @Test func aDeletedRecordIsForgottenOnceEveryDeviceHasReadIt() async throws {
        let shared = try ana.layer(.shared)
        let dan = try await team.device("dan", of: "ben")
        try await dan.sync()
        try ana.store.write { try $0.delete(memos[19], in: shared) }
        try await ana.sync()
        try await ben.sync()
        try await compact()
        try await exchange("first")
        try await compact()
        try await exchange("second")
        try await compact()
        // One device has not heard of it yet.
        let cem = try await team.device("cem", of: "ben")
        try await cem.sync()
        #expect(try state(19, on: cem)?.isAlive == false)
        try await expectRefusal(false)

        for turn in 0..<3 {
            try await dan.sync()
            try await cem.sync()
            try await exchange("turn \(turn)")
            try edit(4..<15, "turn \(turn)", by: ana)
            try await ana.sync()
            try await compact()
        }
        let eva = try await team.device("eva", of: "ben")
        try await eva.sync()
        #expect(try state(19, on: eva) == nil)
        #expect(try state(4, on: eva)?.isAlive == true)
        #expect(try eva.store.check().problems == [])
        // Who has its history knows of it still, and what they do to it is refused, and not lost.
        #expect(try state(19, on: ben)?.isAlive == false)
        try await expectRefusal(true)
        try await ana.sync()
        #expect(try state(19, on: ana)?.isAlive == false)
        let database = try ServerDatabase(folder: team.serverFolder, cryptography: team.cryptography)
        #expect(try database.check { _, _ in }.problems == [])
    }

    /// Ben brings the record back, and then deletes it again where that was taken.
    private func expectRefusal(_ isRefused: Bool) async throws {
        let shared = try ben.layer(.shared)
        _ = try ben.store.write { try $0.restore(memos[19], in: shared) }
        #expect(try await ben.sync().refusedCount == (isRefused ? 1 : 0))
        #expect(try ben.store.read { try $0.refused() }.count == (isRefused ? 1 : 0))
        if !isRefused {
            try ben.store.write { try $0.delete(memos[19], in: shared) }
            try await ben.sync()
        }
    }
}
