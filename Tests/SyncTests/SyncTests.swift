import AnnotationModel
import ChangeLog
import DocumentText
import Foundation
import LocalStore
import ServerStore
import SyncClient
import TestSupport
import Testing
import WireFormat

/// Whole stores against the whole server, without sockets.
@Suite struct SyncTests {
    private let text = try! CanonicalText(
        importing: [UInt8]("The ministry denied the report. The ministry confirmed it.\n".utf8))

    private func annotate(_ device: Device, note: String, layer: LayerKind = .personal) throws -> RecordID {
        let imported = try device.store.importDocument(
            text, title: "Report", source: "report.txt", rawBytes: text.utf8, importer: "test")
        let selectors = try TextIndex(text).selectors(forCodePoints: 0..<12)
        let target = try device.layer(layer)
        return try device.store.write { transaction in
            try transaction.create(
                .annotation, in: target,
                [
                    (Field.Annotation.document, .identifier(imported.document)),
                    (Field.Annotation.version, .identifier(imported.version)),
                    (Field.Annotation.position, .list([.integer(0), .integer(12)])),
                    (
                        Field.Annotation.quote,
                        .list([
                            .text(selectors.quote.exact), .text(selectors.quote.prefix), .text(selectors.quote.suffix),
                        ])
                    ),
                    (Field.Annotation.note, .text(note)), (Field.Annotation.tags, .text("first")),
                    (Field.Annotation.tags, .text("second")),
                ])
        }
    }

    private func expectClean(_ devices: Device...) throws {
        for device in devices {
            let report = try device.store.check()
            #expect(report.problems == [])
        }
    }

    @Test func whatOneMarksTheOtherReads() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let ana = try await team.device("ana", of: "ana")
        let ben = try await team.device("ben", of: "ben")
        let id = try annotate(ana, note: "look here")
        let first = try await ana.sync()
        #expect(first.pushedCount == 2)
        let second = try await ben.sync()
        #expect(second.pulledCount == 2)
        let seen = try ben.store.read { try $0.annotations() }
        #expect(seen.map(\.info.id) == [id])
        #expect(seen.first?.note == "look here")
        #expect(seen.first?.tags == ["first", "second"])
        #expect(try ben.store.read { try $0.search(["look"]) }.map(\.record) == [id])
        #expect(
            try ana.fingerprint().filter { ben.hasLayer($0.key) } == ben.fingerprint().filter { ana.hasLayer($0.key) })
        try expectClean(ana, ben)
        let third = try await ben.sync()
        #expect(third.pulledCount == 0 && third.pushedCount == 0)
    }

    @Test func workBeforeConnectingComesAlong() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let store = try team.store("early", memberName: "ana")
        let token = try await team.token(for: "ana")
        let ana = Device(team: team, store: store, token: token)
        let id = try annotate(ana, note: "before any server")
        try await SyncClient.connect(
            store, over: team.transport(token), url: "test:", workspace: "Team", deviceName: "d")
        try await ana.sync()
        let ben = try await team.device("ben", of: "ben")
        try await ben.sync()
        #expect(try ben.store.read { try $0.annotations() }.map(\.info.id) == [id])
        #expect(try ben.store.read { try $0.documents() }.count == 1)
        try expectClean(ana, ben)
    }

    @Test func aStoreThatReadAColleaguesBundleCanConnect() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let store = try team.store("ana")
        let own = Device(team: team, store: store, token: try await team.token(for: "ana"))
        _ = try annotate(own, note: "mine")
        // A colleague who joined by hand, with a personal layer of their own.
        let guest = Device(team: team, store: try team.store("guest"), token: "")
        _ = try guest.store.read(store.bundle())
        _ = try annotate(guest, note: "theirs")
        _ = try store.read(guest.store.bundle())
        #expect(try store.read { try $0.annotations() }.count == 2)
        try await SyncClient.connect(
            store, over: team.transport(own.token), url: "test:", workspace: nil, deviceName: "laptop")
        try await own.sync()
        #expect(try store.read { try $0.annotations() }.map(\.note) == ["mine"])
        #expect(try !store.read { try $0.setAside() }.isEmpty)
        try expectClean(own)
    }

    @Test func whatSomebodyMadeBeforeConnectingMakesWayOnceTheyAreKnown() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let ana = try await team.device("ana", of: "ana")
        let guest = Device(team: team, store: try team.store("guest"), token: try await team.token(for: "ben"))
        _ = try guest.store.read(ana.store.bundle())
        let shared = try guest.layer(.shared)
        try guest.store.write { _ = try $0.create(.code, in: shared, [(Field.Code.name, .text("early"))]) }
        let early = try guest.store.bundle()
        _ = try ana.store.read(early)
        #expect(try ana.store.read { try $0.codes() }.map(\.name) == ["early"])
        // The guest connects, and is told to have left before they have sent anything: their work is put aside there.
        try await SyncClient.connect(
            guest.store, over: team.transport(guest.token), url: "test:", workspace: nil, deviceName: "phone")
        try await team.server.removeMember(workspace: Team.workspace, user: "ben")
        await #expect(throws: SyncError.self) { try await guest.sync() }
        try await team.server.addMember(workspace: Team.workspace, user: "ben", role: .curator)
        try await guest.sync()
        _ = try annotate(guest, note: "later")
        try await guest.sync()
        // What Ana has by hand is by nobody whom the server knows.
        try await ana.sync()
        #expect(try ana.store.read { try $0.layers() }.allSatisfy { $0.pendingCount == 0 })
        #expect(try ana.store.read { try $0.setAside() }.count == 1)
        #expect(try ana.store.read { try $0.codes() }.isEmpty)
        try expectClean(ana, guest)
        // Nor does it come back by hand.
        let again = try ana.store.read(early)
        #expect(again.appliedCount == 0 && again.rejected.count == 1)
        try expectClean(ana)
    }

    @Test func twoSyncsOfOneStoreDoNotDisturbEachOther() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let ana = try await team.device("ana", of: "ana")
        let ben = try await team.device("ben", of: "ben")
        try await ana.sync()
        for note in ["one", "two"] { _ = try annotate(ben, note: note) }
        try await ben.sync()
        // One program has asked, another on the same store reads on before the answer is taken in.
        let second = Device(team: team, store: try team.reopen(ana.store), token: ana.token)
        let workspace = try #require(try ana.store.syncLink()).workspace
        let transport = team.transport(ana.token)
        let heads = try await transport.heads(HeadsRequest(workspace: workspace, digest: nil))
        let behind = try ana.store.adopt(#require(heads)).behind
        let reply = try await transport.pull(PullRequest(workspace: workspace, cursors: behind, byteBudget: 1 << 20))
        _ = try annotate(ben, note: "three")
        try await ben.sync()
        try await second.sync()
        let outcome = try ana.store.apply(reply)
        #expect(outcome.appliedCount == 0 && outcome.rewound.isEmpty)
        try await ana.sync()
        #expect(try ana.store.read { try $0.annotations() }.count == 3)
        try expectClean(ana, ben)
    }

    @Test func privateLayersStayPrivate() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let ana = try await team.device("ana", of: "ana")
        let ben = try await team.device("ben", of: "ben")
        _ = try annotate(ana, note: "nobody else", layer: .private)
        try await ana.sync()
        try await ben.sync()
        #expect(try ben.store.read { try $0.annotations() }.isEmpty)
        #expect(try ben.hasLayer(ana.layer(.private)) == false)
    }

    @Test func twoDevicesChangeOneNoteAndNothingIsLost() async throws {
        let team = try await Team(members: ["ana"])
        let laptop = try await team.device("laptop", of: "ana")
        let tablet = try await team.device("tablet", of: "ana")
        let id = try annotate(laptop, note: "first")
        try await laptop.sync()
        try await tablet.sync()
        let layer = try laptop.layer(.personal)
        try laptop.store.write { try $0.set(Field.Annotation.note, of: id, in: layer, to: .text("from the laptop")) }
        try tablet.store.write { try $0.set(Field.Annotation.note, of: id, in: layer, to: .text("from the tablet")) }
        try await laptop.sync()
        try await tablet.sync()
        try await laptop.sync()
        #expect(try laptop.fingerprint() == tablet.fingerprint())
        let conflicts = try tablet.store.read { try $0.conflicts() }
        guard case .contested(let field, let candidates) = conflicts.first?.conflict else {
            Issue.record("no conflict listed")
            return
        }
        #expect(field == Field.Annotation.note)
        #expect(Set(candidates.map(\.value)) == [.text("from the laptop"), .text("from the tablet")])
        try tablet.store.write { try $0.set(field, of: id, in: layer, to: .text("both")) }
        try await tablet.sync()
        try await laptop.sync()
        #expect(try laptop.store.read { try $0.conflicts() }.isEmpty)
        #expect(try laptop.fingerprint() == tablet.fingerprint())
        try expectClean(laptop, tablet)
    }

    @Test func anEditBringsBackWhatWasDeletedElsewhere() async throws {
        let team = try await Team(members: ["ana"])
        let laptop = try await team.device("laptop", of: "ana")
        let tablet = try await team.device("tablet", of: "ana")
        let id = try annotate(laptop, note: "first")
        try await laptop.sync()
        try await tablet.sync()
        let layer = try laptop.layer(.personal)
        try laptop.store.write { try $0.delete(id, in: layer) }
        try tablet.store.write { try $0.set(Field.Annotation.note, of: id, in: layer, to: .text("but look")) }
        try await tablet.sync()
        try await laptop.sync()
        try await tablet.sync()
        for device in [laptop, tablet] {
            let seen = try device.store.read { try $0.annotations() }
            #expect(seen.first?.note == "but look")
            #expect(seen.first?.tags == ["first", "second"])
            #expect(try device.store.read { try $0.conflicts() }.count == 1)
        }
        try expectClean(laptop, tablet)
    }

    @Test func aLostAnswerIsHarmless() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let ana = try await team.device("ana", of: "ana")
        let ben = try await team.device("ben", of: "ben")
        _ = try annotate(ana, note: "once")
        await #expect(throws: SyncError.self) { try await ana.sync(faults: { $0 == "/v1/push" ? .loseReply : .none }) }
        try await ana.sync(faults: { $0 == "/v1/push" ? .duplicate : .none })
        try await ben.sync()
        #expect(try ben.store.read { try $0.annotations() }.count == 1)
        #expect(try ana.store.read { try $0.layers() }.allSatisfy { $0.pendingCount == 0 })
    }

    @Test func aCopiedStoreGoesOnUnderAnotherReplicaID() async throws {
        let team = try await Team(members: ["ana"])
        let original = try await team.device("original", of: "ana")
        _ = try annotate(original, note: "before the copy")
        try await original.sync()
        let unsent = try annotate(original, note: "made before the copy, unsent")
        let copyFolder = team.folder.path + "/copy"
        try FileManager.default.copyItem(atPath: team.folder.path + "/original", toPath: copyFolder)
        let copyStore = try LocalStore.open(
            StoreFolder(path: copyFolder + "/" + StoreFolder.name), options: team.options)
        let copy = Device(team: team, store: copyStore, token: original.token)
        #expect(try copy.store.read { try $0.ownReplica() } != original.store.read { try $0.ownReplica() })
        let a = try annotate(original, note: "on the original")
        let b = try annotate(copy, note: "on the copy")
        try await original.sync()
        try await copy.sync()
        try await original.sync()
        #expect(try original.fingerprint() == copy.fingerprint())
        let ids = try copy.store.read { try $0.annotations() }.map(\.info.id)
        #expect(ids.count == 4 && Set(ids).isSuperset(of: [a, b, unsent]))
        try expectClean(original, copy)
    }

    @Test func aRestoredFolderIsNoticedByTheServerAndKeepsItsWork() async throws {
        let team = try await Team(members: ["ana"])
        let device = try await team.device("device", of: "ana")
        _ = try annotate(device, note: "one")
        try await device.sync()
        // The whole folder as it was, put back under the same inode: nothing on the device can notice.
        let path = device.store.folder.path
        let saved = try device.store.snapshotFiles()
        _ = try annotate(device, note: "two, lost with the disk")
        try await device.sync()
        let other = try await team.device("other", of: "ana")
        try await other.sync()
        var restored = device
        restored.store = try LocalStore.restoreFiles(saved, into: StoreFolder(path: path), options: team.options)
        let third = try annotate(restored, note: "three")
        // Edits of unsent work name it by numbers that the re-issue changes with it.
        let layer = try restored.layer(.personal)
        try restored.store.write {
            try $0.set(Field.Annotation.note, of: third, in: layer, to: .text("three, made after the restore"))
            try $0.remove(.text("first"), from: Field.Annotation.tags, of: third, in: layer)
        }
        let doomed = try annotate(restored, note: "four")
        try restored.store.write { try $0.delete(doomed, in: layer) }
        let summary = try await restored.sync()
        #expect(summary.hasReissued)
        try await other.sync()
        #expect(try restored.fingerprint() == other.fingerprint())
        let notes = try other.store.read { try $0.annotations() }.compactMap(\.note)
        #expect(Set(notes) == ["one", "two, lost with the disk", "three, made after the restore"])
        #expect(notes.count == 3)
        for device in [restored, other] {
            #expect(try device.store.read { try $0.conflicts() }.isEmpty)
            let seen = try device.store.read { try $0.annotations() }.first { $0.info.id == third }
            #expect(seen?.tags == ["second"])
        }
        try expectClean(restored, other)
    }

    @Test func whatACopyWroteSinceGoesAlongWhenWorkGetsNewNumbers() async throws {
        let team = try await Team(members: ["ana"])
        let device = try await team.device("device", of: "ana")
        let path = device.store.folder.path
        let saved = try device.store.snapshotFiles()
        _ = try annotate(device, note: "one, lost with the disk")
        try await device.sync()
        var restored = device
        restored.store = try LocalStore.restoreFiles(saved, into: StoreFolder(path: path), options: team.options)
        let second = try annotate(restored, note: "two")
        let doomed = try annotate(restored, note: "three")
        let folder = team.folder.subfolder("copy") + "/" + StoreFolder.name
        try FileManager.default.copyItem(atPath: path, toPath: folder)
        var copy = restored
        copy.store = try LocalStore.open(StoreFolder(path: folder), options: team.options)
        let layer = try copy.layer(.personal)
        // These name what was written before the copy, by numbers that the server holds something else under.
        try copy.store.write { try $0.set(Field.Annotation.note, of: second, in: layer, to: .text("two, edited")) }
        try copy.store.write { try $0.delete(doomed, in: layer) }
        #expect(try await copy.sync().hasReissued)
        let other = try await team.device("other", of: "ana")
        try await other.sync()
        try await copy.sync()
        #expect(try copy.fingerprint() == other.fingerprint())
        for device in [copy, other] {
            #expect(try device.store.read { try $0.conflicts() }.isEmpty)
            let notes = try device.store.read { try $0.annotations() }.compactMap(\.note)
            #expect(notes.sorted() == ["one, lost with the disk", "two, edited"])
        }
        try expectClean(copy, other)
    }

    /// A bundle brings an edit of something that this replica made in its other life, under a number that it used again.
    @Test func whatNamesAnotherLifeFindsItOnceItIsThere() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let ana = try await team.device("ana", of: "ana")
        let ben = try await team.device("ben", of: "ben")
        let (path, saved) = (ana.store.folder.path, try ana.store.snapshotFiles())
        let layer = try ana.layer(.shared)
        func make(_ device: Device, _ text: String) throws -> RecordID {
            try device.store.write { try $0.create(.memo, in: layer, [(Field.Memo.body, .text(text))]) }
        }
        let memo = try make(ana, "one")
        try await ana.sync()
        try await ben.sync()
        try ben.store.write { try $0.set(Field.Memo.body, of: memo, in: layer, to: .text("two")) }
        try await ben.sync()
        var restored = ana
        restored.store = try LocalStore.restoreFiles(saved, into: StoreFolder(path: path), options: team.options)
        _ = try make(restored, "made after the restore")
        _ = try restored.store.read(ben.store.bundle())
        #expect(try await restored.sync().hasReissued)
        try await ben.sync()
        #expect(try restored.fingerprint()[layer] == ben.fingerprint()[layer])
        #expect(try restored.store.read { try $0.conflicts() }.isEmpty)
        #expect(try restored.store.read { try $0.memos() }.first { $0.info.id == memo }?.body == "two")
        try expectClean(restored, ben)
    }

    /// The store has read nothing and the server, put back, has nothing: yet it had signed that it holds a change.
    @Test func aRestoredServerThatStandsWhereTheCursorStandsIsNoticed() async throws {
        let team = try await Team(members: ["ana"])
        let device = try await team.device("device", of: "ana")
        let backup = team.folder.path + "/backup"
        try team.copyServer(to: backup)
        _ = try annotate(device, note: "one")
        await #expect(throws: SyncError.self) {
            try await device.sync(faults: { $0 == "/v1/push" ? .loseReply : .none })
        }
        await #expect(throws: SyncError.self) {
            try await device.sync(faults: { $0 == "/v1/heads" ? .loseRequest : .none })
        }
        try team.restoreServer(from: backup)
        #expect(try await device.sync().serverWasRestored)
        let other = try await team.device("other", of: "ana")
        try await other.sync()
        #expect(try other.store.read { try $0.annotations() }.compactMap(\.note) == ["one"])
        try expectClean(device, other)
    }

    /// The acknowledgement gives the change a position that the tablet has read another change at; before it can look
    /// into that, the server is put back again and forgets what it acknowledged.
    @Test func anAcknowledgementFromBeforeTheCursorIsNotTaken() async throws {
        let team = try await Team(members: ["ana"])
        let laptop = try await team.device("laptop", of: "ana")
        let tablet = try await team.device("tablet", of: "ana")
        let backup = team.folder.path + "/backup"
        try team.copyServer(to: backup)
        _ = try annotate(laptop, note: "one")
        try await laptop.sync()
        try await tablet.sync()
        try team.restoreServer(from: backup)
        let layer = try tablet.layer(.personal)
        let memo = { (device: Device, body: String) in
            try device.store.write { try $0.create(.memo, in: layer, [(Field.Memo.body, .text(body))]) }
        }
        _ = try memo(tablet, "two")
        await #expect(throws: SyncError.self) {
            try await tablet.sync(faults: { $0 == "/v1/heads" ? .loseRequest : .none })
        }
        try team.restoreServer(from: backup)
        _ = try memo(laptop, "three")
        await #expect(throws: SyncError.self) {
            try await laptop.sync(faults: { $0 == "/v1/heads" ? .loseRequest : .none })
        }
        for device in [laptop, tablet, laptop, tablet] { try await device.sync() }
        for device in [laptop, tablet] {
            #expect(try Set(device.store.read { try $0.memos() }.map(\.body)) == ["two", "three"])
            #expect(try device.store.read { try $0.annotations() }.count == 1)
        }
        try expectClean(laptop, tablet)
    }

    /// Two programs sync one store; the answer to the first comes when the second has dealt with all of it.
    @Test func aLateAnswerAboutAForkTouchesNothingNew() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let device = try await team.device("device", of: "ana")
        let ben = try await team.device("ben", of: "ben")
        let layer = try device.layer(.personal)
        let saved = try device.store.snapshotFiles()
        try device.store.write { try $0.create(.memo, in: layer, [(Field.Memo.body, .text("first life"))]) }
        try await device.sync()
        var restored = device
        restored.store = try LocalStore.restoreFiles(saved, into: device.store.folder, options: team.options)
        try restored.store.write { try $0.create(.memo, in: layer, [(Field.Memo.body, .text("second life"))]) }
        let workspace = try #require(try restored.store.syncLink()).workspace
        let segments = try restored.store.outgoing()
        let late = try await team.transport(device.token).push(
            PushRequest(workspace: workspace, segments: segments))
        try await restored.sync()
        _ = try restored.store.record(late.results, of: segments)
        for one in [restored, ben, restored] { try await one.sync() }
        for one in [restored, ben] {
            #expect(try one.store.read { try $0.memos() }.map(\.body).sorted() == ["first life", "second life"])
        }
        #expect(try restored.fingerprint()[layer] == ben.fingerprint()[layer])
        try expectClean(restored, ben)
    }

    @Test func aServerFromBeforeADeviceCameGetsToKnowItAgain() async throws {
        let team = try await Team(members: ["ana"])
        let token = try await team.token(for: "ana")
        let backup = team.folder.path + "/backup"
        try team.copyServer(to: backup)
        let store = try team.store("device", memberName: "ana")
        try await SyncClient.connect(
            store, over: team.transport(token), url: "test:", workspace: nil, deviceName: "device")
        let device = Device(team: team, store: store, token: token)
        _ = try annotate(device, note: "before")
        try await device.sync()
        try team.restoreServer(from: backup)
        _ = try annotate(device, note: "after")
        let summary = try await device.sync()
        #expect(summary.blocked.isEmpty)
        let other = try await team.device("other", of: "ana")
        try await other.sync()
        #expect(try Set(other.store.read { try $0.annotations() }.compactMap(\.note)) == ["before", "after"])
        try expectClean(device, other)
    }

    @Test func aRestoredServerGetsBackWhatItForgot() async throws {
        let team = try await Team(members: ["ana", "ben", "cem"])
        let ana = try await team.device("ana", of: "ana")
        let ben = try await team.device("ben", of: "ben")
        let cem = try await team.device("cem", of: "cem")
        _ = try annotate(ana, note: "kept")
        for device in [ana, ben, cem] { try await device.sync() }
        let backup = team.folder.path + "/backup"
        try team.copyServer(to: backup)
        _ = try annotate(ana, note: "forgotten, by ana")
        _ = try annotate(ben, note: "forgotten, by ben")
        for device in [ana, ben, ana] { try await device.sync() }
        try team.restoreServer(from: backup)
        // Cem knows nothing of what was lost; what he pushes takes positions that others had before.
        _ = try annotate(cem, note: "after the restore")
        try await cem.sync()
        // Ana alone comes back: she brings Ben's changes too.
        let summary = try await ana.sync()
        #expect(summary.serverWasRestored)
        try await cem.sync()
        let notes = try cem.store.read { try $0.annotations() }.compactMap(\.note)
        #expect(Set(notes) == ["kept", "forgotten, by ana", "forgotten, by ben", "after the restore"])
        try await ben.sync()
        try await ana.sync()
        for device in [ana, ben] {
            #expect(try device.store.read { try $0.annotations() }.count == 4)
        }
        try expectClean(ana, ben, cem)
    }

    @Test func aBundleCarriesWorkWithoutAnyServer() async throws {
        let team = try await Team(members: [])
        let ana = Device(team: team, store: try team.store("ana"), token: "")
        let ben = Device(team: team, store: try team.store("ben"), token: "")
        let id = try annotate(ana, note: "by hand")
        let outcome = try ben.store.read(ana.store.bundle())
        #expect(outcome.appliedCount > 0 && outcome.rejected.isEmpty)
        #expect(try ben.store.read { try $0.annotations() }.map(\.info.id) == [id])
        let again = try ben.store.read(ana.store.bundle())
        #expect(again.appliedCount == 0)
        // And back: what Ben adds to the shared layer.
        let shared = try ben.layer(.shared)
        let code = try ben.store.write { try $0.create(.code, in: shared, [(Field.Code.name, .text("denial"))]) }
        let back = try ana.store.read(ben.store.bundle())
        #expect(back.rejected.isEmpty)
        #expect(try ana.store.read { try $0.codes() }.map(\.info.id) == [code])
        try expectClean(ana, ben)
    }

    /// Mallory has Ben's replica id from a bundle, and uses it before him. Ben's work goes on under another id.
    @Test func aReplicaIDThatSomebodyElseUsedFirstCostsNothing() async throws {
        let team = try await Team(members: ["ana", "ben", "mallory"])
        let (ana, ben) = (try await team.device("ana", of: "ana"), try await team.device("ben", of: "ben"))
        let mallory = try await team.device("mallory", of: "mallory")
        for device in [ana, ben, mallory] { try await device.sync() }
        let shared = try ben.layer(.shared)
        for number in 0..<3 {
            try ben.store.write { try $0.create(.memo, in: shared, [(Field.Memo.body, .text("\(number)"))]) }
        }
        let replica = try ben.store.read { try $0.ownReplica() }
        var maker = Maker(
            of: try #require(try mallory.store.syncLink()).member, key: try mallory.store.signingKey(), in: shared,
            replica: replica)
        maker.make()
        let workspace = try #require(try mallory.store.syncLink()).workspace
        let reply = try await team.transport(mallory.token).push(
            PushRequest(workspace: workspace, segments: [maker.segment()]))
        #expect(reply.results[0].status == .accepted)
        let summary = try await ben.sync()
        #expect(summary.blocked.isEmpty && summary.hasReissued)
        #expect(try ben.store.read { try $0.ownReplica() } != replica)
        try await ana.sync()
        #expect(try Set(ana.store.read { try $0.memos() }.map(\.body)) == ["0", "1", "2"])
        try expectClean(ana, ben)
    }

    /// What somebody made before they connected names them by an id of their store's own making. Where it came by hand it stays
    /// readable, and can be handed on, also once the server has said whose their device is.
    @Test func whatSomebodyMadeBeforeTheyConnectedCanBeHandedOn() async throws {
        let team = try await Team(members: ["ana", "ben", "cem"])
        let ana = try await team.device("ana", of: "ana")
        let cem = try await team.device("cem", of: "cem")
        // A newcomer, who knows the workspace from a bundle alone.
        let newcomer = try team.store("ben")
        _ = try newcomer.read(ana.store.bundle())
        let personal = try newcomer.read { try $0.ownLayer(.personal) }
        try newcomer.write { try $0.create(.memo, in: personal, [(Field.Memo.body, .text("before"))]) }
        _ = try ana.store.read(newcomer.bundle())
        let token = try await team.token(for: "ben")
        try await SyncClient.connect(
            newcomer, over: team.transport(token), url: "test:", workspace: nil, deviceName: "ben")
        try newcomer.save(token: token)
        let shared = try newcomer.read { try $0.ownLayer(.shared) }
        try newcomer.write { try $0.create(.memo, in: shared, [(Field.Memo.body, .text("after"))]) }
        let ben = Device(team: team, store: newcomer, token: token)
        try await ben.sync()
        try await ana.sync()
        #expect(try ana.store.proofs().flatMap(\.problems) == [])
        _ = try cem.store.read(ana.store.bundle())
        #expect(try Set(cem.store.read { try $0.memos() }.map(\.body)).isSuperset(of: ["before", "after"]))
        try expectClean(ana, ben, cem)
    }

    @Test func theSegmentsOfABundleMayComeInAnyOrder() async throws {
        let team = try await Team(members: [])
        let ana = Device(team: team, store: try team.store("ana"), token: "")
        let ben = Device(team: team, store: try team.store("ben"), token: "")
        _ = try annotate(ana, note: "one")
        let early = try ana.store.bundle()
        _ = try annotate(ana, note: "two")
        let whole = try ana.store.bundle()
        // The same work as whole, in two signed pieces, the later one first.
        let later = try zip(early.segments, whole.segments).compactMap { first, both -> Segment? in
            guard both.lastSeq > first.lastSeq else { return nil }
            let end = try #require(first.changes(using: team.cryptography).last)
            return Segment(
                layer: both.layer, replica: both.replica, author: both.author, firstSeq: first.lastSeq + 1,
                previous: end.hash, entries: Array(both.entries.dropFirst(first.entries.count)),
                signatures: both.signatures.filter { $0.seq > first.lastSeq }, certificate: both.certificate)
        }
        #expect(!later.isEmpty)
        let outcome = try ben.store.read(
            Bundle(
                workspace: whole.workspace, title: whole.title, layers: whole.layers, members: whole.members,
                devices: whole.devices, segments: later + early.segments))
        #expect(outcome.rejected.isEmpty)
        #expect(try Set(ben.store.read { try $0.annotations() }.compactMap(\.note)) == ["one", "two"])
    }

    /// Put back twice to the same copy, the server does not know of the life that its feed had in between. Ana, who read
    /// it, says so: else what was refused there could not come back by others than its maker.
    @Test func aServerPutBackIntoTheFirstLifeOfAFeedLearnsOfTheLater() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let ana = try await team.device("ana", of: "ana")
        let ben = try await team.device("ben", of: "ben")
        for device in [ana, ben] { try await device.sync() }
        let backup = team.folder.path + "/backup"
        try team.copyServer(to: backup)
        let shared = try ben.layer(.shared)
        try ben.store.write { try $0.create(.code, in: shared, [(Field.Code.name, .text("refused"))]) }
        let bundle = try ben.store.bundle()
        try await team.server.removeMember(workspace: Team.workspace, user: "ben")
        _ = try ana.store.read(bundle)
        #expect(try await ana.sync().refusedCount == 1)
        // In the copy Ben is a member still.
        for _ in 0..<3 {
            try team.restoreServer(from: backup)
            let summary = try await ana.sync()
            #expect(summary.serverWasRestored && summary.blocked.isEmpty)
            #expect(try ana.store.hasOutgoing() == false)
        }
        // Of a life that it was told of the server needs no second word.
        let point = try ana.store.feedPoints()[shared]
        try await ana.sync()
        try await ben.sync()
        try await ana.sync()
        #expect(try ana.store.feedPoints()[shared] == point)
        try expectClean(ana, ben)
    }

    @Test func aRefusedChangeStaysOnItsDevice() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let ana = try await team.device("ana", of: "ana")
        let ben = try await team.device("ben", of: "ben")
        let shared = try ana.layer(.shared)
        try await ben.sync()
        // Ben loses his membership while offline and comes back: what he made meanwhile is refused.
        let code = try ben.store.write { try $0.create(.code, in: shared, [(Field.Code.name, .text("late"))]) }
        let bundle = try ben.store.bundle()
        try await team.server.removeMember(workspace: Team.workspace, user: "ben")
        // Ana carries it: she may, its author may not.
        _ = try ana.store.read(bundle)
        #expect(try ana.store.read { try $0.codes() }.count == 1)
        let summary = try await ana.sync()
        #expect(summary.refusedCount == 1)
        #expect(try ana.store.read { try $0.codes() }.isEmpty)
        try await team.server.addMember(workspace: Team.workspace, user: "ben", role: .curator)
        try await ben.sync()
        #expect(try ben.store.read { try $0.codes() }.isEmpty)
        let refused = try ben.store.read { try $0.refused() }
        #expect(refused.count == 1)
        let personal = try ben.layer(.personal)
        try ben.store.reapply(refused[0].change, in: personal)
        try await ben.sync()
        try await ana.sync()
        #expect(try ana.store.read { try $0.codes() }.map(\.info.id) == [code])
        #expect(try ben.store.read { try $0.refused() }.isEmpty)
        try expectClean(ana, ben)
    }

    @Test func whatANewerVersionMadeIsKeptMergedAndForwarded() async throws {
        let team = try await Team(members: ["ana", "ben", "cem"])
        let ana = try await team.device("ana", of: "ana")
        let ben = try await team.device("ben", of: "ben")
        let known = try annotate(ana, note: "of this version")
        try await ana.sync()
        try await ben.sync()
        // A newer program on another device of Ana's: a kind, a field and an operation type that nobody here knows.
        let shared = try ana.layer(.shared)
        let personal = try ana.layer(.personal)
        let newer = try await team.device("newer", of: "ana")
        try await newer.sync()
        let strange = RecordID(high: 77, low: 0)
        let kind = Kind(rawValue: 999)
        var unknown = CBORWriter()
        unknown.array(3)
        unknown.unsigned(42)
        unknown.text("reverse")
        unknown.boolean(true)
        let replica = try newer.store.read { try $0.ownReplica() }
        let member = try newer.store.read { try $0.ownMember() }
        let key = try newer.store.signingKey()
        func push(_ operations: [ChangeLog.Operation], to layer: LayerID) async throws {
            let payload = Payload(operations: operations).encoded(by: replica)
            var segment = Segment(
                layer: layer, replica: replica, author: member, firstSeq: 1, previous: .zero,
                entries: [Segment.Entry(lamport: 40, wallTime: 0, body: .payload(payload))], signatures: [])
            let change = segment.changes(using: team.cryptography)[0]
            let statement = SignedStatement.chainHead(layer: layer, replica: replica, seq: 1, hash: change.hash)
            segment.signatures = [Segment.SignedHead(seq: 1, signature: team.cryptography.sign(statement, with: key))]
            let workspace = try #require(try newer.store.syncLink()).workspace
            let reply = try await team.transport(newer.token).push(
                PushRequest(workspace: workspace, segments: [segment]))
            #expect(reply.results.map(\.status) == [.accepted])
        }
        try await push(
            [
                Operation(record: strange, kind: kind, action: .create([FieldValue(Field(rawValue: 1), .integer(5))])),
                Operation(
                    record: strange, kind: kind, action: .write(Field(rawValue: 300), .text("x"), isContested: true)),
                Operation(record: strange, kind: kind, action: .unknown(unknown.bytes)),
            ], to: shared)
        try await push(
            [
                Operation(
                    record: known, kind: .annotation,
                    action: .write(Field(rawValue: 300), .boolean(true), isContested: false)),
                Operation(record: known, kind: .annotation, action: .unknown(unknown.bytes)),
            ], to: personal)
        for device in [ana, ben] {
            try await device.sync()
            let state = try #require(try device.store.read { try $0.state(of: strange, in: shared) })
            #expect(state.kind == kind && state.shown(Field(rawValue: 300)) == .text("x"))
            let annotation = try #require(try device.store.read { try $0.state(of: known, in: personal) })
            #expect(annotation.shown(Field(rawValue: 300)) == .boolean(true))
            #expect(try device.store.read { try $0.annotations() }.first?.note == "of this version")
            try expectClean(device)
        }
        // Forwarded without the server, byte for byte.
        let carried = try ben.store.bundle().segments.filter { $0.layer == shared && $0.replica == replica }
        let kept = carried.flatMap(\.entries).compactMap { entry -> Payload? in
            guard case .payload(let bytes) = entry.body else { return nil }
            return try? Payload(decoding: bytes, by: replica)
        }
        #expect(kept.flatMap(\.operations).contains { $0.action == .unknown(unknown.bytes) })
        let cem = try await team.device("cem", of: "cem")
        try await cem.sync()
        #expect(try cem.store.read { try $0.state(of: strange, in: shared) }?.kind == kind)
        try expectClean(cem)
    }

    @Test func undoIsAChangeLikeAnyOther() async throws {
        let team = try await Team(members: ["ana"])
        let ana = try await team.device("ana", of: "ana")
        let id = try annotate(ana, note: "one")
        let layer = try ana.layer(.personal)
        try ana.store.write { try $0.set(Field.Annotation.note, of: id, in: layer, to: .text("two")) }
        #expect(try ana.store.undo() != nil)
        #expect(try ana.store.read { try $0.annotations() }.first?.note == "one")
        #expect(try ana.store.undo() != nil)
        #expect(try ana.store.read { try $0.annotations() }.isEmpty)
        try expectClean(ana)
    }

    @Test func rebuildMakesTheSameTables() async throws {
        let team = try await Team(members: ["ana"])
        let ana = try await team.device("ana", of: "ana")
        _ = try annotate(ana, note: "one")
        let before = try ana.fingerprint()
        try ana.store.rebuild()
        #expect(try ana.fingerprint() == before)
        try expectClean(ana)
    }
}

extension Device {
    func hasLayer(_ layer: LayerID) -> Bool {
        (try? store.read { try $0.layers() }.contains { $0.id == layer }) ?? false
    }
}
