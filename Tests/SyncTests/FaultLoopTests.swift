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

/// For every operation: let the N-th call of the disk fail, N = 1, 2, 3 … until none is left to fail. After each
/// failure the store opens again, `check` is clean, and either all of the operation is there or nothing.
///
/// The method is that of SQLite's own tests (sqlite.org/testing.html, "I/O error testing").
@Suite struct FaultLoopTests {
    enum Deed: String, CaseIterable, Sendable {
        case write, delete, undo, importDocument, settleConflict, outgoing, sync, readBundle, rebuild
    }

    @Test(arguments: Deed.allCases) func allOrNothing(deed: Deed) async throws {
        let scene = try await Scene()
        let before = try scene.fingerprint(scene.fresh(nil).store)
        let undisturbed = scene.fresh(nil)
        try await scene.perform(deed, on: undisturbed)
        let after = try scene.fingerprint(undisturbed.store)
        var call = 1
        while true {
            let disk = FaultyDisk()
            let device = scene.fresh(disk)
            disk.fail(atCall: call)
            var failure: (any Error)?
            do {
                try await scene.perform(deed, on: device)
            } catch {
                failure = error
            }
            let hasFailed = disk.disarm()
            // As after a crash of the program: nothing in memory counts.
            let reopened = try LocalStore.open(device.store.folder, options: scene.options(nil))
            #expect(try reopened.check().problems == [], "\(deed), call \(call)")
            let now = try scene.fingerprint(reopened)
            let isWhole = now == after || now == before || Self.mayStopBetween(deed)
            #expect(isWhole, "\(deed), call \(call): neither all nor nothing")
            if failure == nil { #expect(now == after, "\(deed), call \(call): said to be done, is not") }
            // Done again without a fault, it comes to its end.
            if Self.mayStopBetween(deed) {
                try await scene.perform(deed, on: Device(team: scene.team, store: reopened, token: device.token))
                #expect(try scene.fingerprint(reopened) == after, "\(deed), call \(call): did not go on")
            }
            if !hasFailed { break }
            call += 1
        }
        #expect(call > 5, "\(deed) touched the disk")
    }

    /// A sync consists of several transactions; it may stop between them and goes on from there.
    private static func mayStopBetween(_ deed: Deed) -> Bool { deed == .sync }
}

/// A store in a known state, copied afresh for every try; ids and keys come from a seed, so that tries are equal.
private final class Scene {
    let team: Team
    private let saved: SavedFiles
    private let token: String
    private let bundle: WireFormat.Bundle
    private let record: RecordID
    private let layer: LayerID
    private var count = 0

    init() async throws {
        team = try await Team(members: ["ana", "ben"], seed: 1)
        let device = try await team.device("device", of: "ana")
        let other = try await team.device("other", of: "ana")
        let colleague = try await team.device("colleague", of: "ben")
        token = device.token
        layer = try device.layer(.personal)
        let layer = self.layer
        record = try device.store.write { try $0.create(.memo, in: layer, [(Field.Memo.body, .text("one"))]) }
        let record = self.record
        try await device.sync()
        try await other.sync()
        // A conflict that has arrived, something that waits on the server, something that waits to be sent.
        try device.store.write { try $0.set(Field.Memo.body, of: record, in: layer, to: .text("device")) }
        try other.store.write { try $0.set(Field.Memo.body, of: record, in: layer, to: .text("other")) }
        try await other.sync()
        try await device.sync()
        let shared = try colleague.layer(.shared)
        try colleague.store.write {
            for number in 0..<3 { try $0.create(.code, in: shared, [(Field.Code.name, .text("code \(number)"))]) }
        }
        try await colleague.sync()
        try colleague.store.write { try $0.create(.entity, in: shared, [(Field.Entity.name, .text("Ministry"))]) }
        bundle = try colleague.store.bundle()
        try device.store.write { try $0.create(.memo, in: layer, [(Field.Memo.body, .text("unsent"))]) }
        saved = try device.store.snapshotFiles()
    }

    func options(_ disk: FaultyDisk?) -> LocalStore.Options {
        var options = LocalStore.Options(
            cryptography: SeededCryptography(seed: 99), clock: { 1_700_000_000_000 })
        options.vfs = disk?.name
        options.isFullySynchronous = true
        return options
    }

    /// A copy of the store, opened on `disk`.
    ///
    /// Opening notices the copy and takes a new replica id, the same every time.
    func fresh(_ disk: FaultyDisk?) -> Device {
        count += 1
        let folder = StoreFolder(path: team.folder.subfolder("try-\(count)") + "/" + StoreFolder.name)
        try! FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        for (name, data) in saved { try! data.write(to: URL(fileURLWithPath: folder.path + "/" + name)) }
        return Device(team: team, store: try! LocalStore.open(folder, options: options(disk)), token: token)
    }

    func fingerprint(_ store: LocalStore) throws -> [String] {
        try store.layerSummaries().map { layer in
            "\(layer.layer) \(layer.stateHash) \(layer.vector.sorted.map { "\($0.replica)=\($0.seq)" })"
        } + store.read { try $0.conflicts() }.map { "\($0.record)" }
    }

    func perform(_ deed: FaultLoopTests.Deed, on device: Device) async throws {
        let (store, record, layer) = (device.store, record, layer)
        switch deed {
        case .write:
            try store.write { transaction in
                try transaction.create(
                    .memo, in: layer, [(Field.Memo.title, .text("t")), (Field.Memo.body, .text("b"))])
                try transaction.set(Field.Memo.title, of: record, in: layer, to: .text("title"))
            }
        case .delete: try store.write { try $0.delete(record, in: layer) }
        case .undo: _ = try store.undo()
        case .importDocument:
            let text = try CanonicalText(importing: [UInt8]("A short report.\n".utf8))
            _ = try store.importDocument(text, title: "r", source: "-", rawBytes: text.utf8, importer: "test")
        case .settleConflict:
            try store.write { try $0.set(Field.Memo.body, of: record, in: layer, to: .text("settled")) }
        case .outgoing: _ = try store.outgoing()
        case .sync: try await device.sync()
        case .readBundle: _ = try store.read(bundle)
        case .rebuild: try store.rebuild()
        }
    }
}
