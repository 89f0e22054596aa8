import AnnotationModel
import Cryptography
import Foundation
import LocalStore
import SQLiteBinding
import TestSupport
import Testing

/// Disks that are full or read-only, files that are not what they should be: a clear error, nothing lost.
@Suite struct DiskTests {
    private static let options = LocalStore.Options(cryptography: OpenSSLCryptography(), clock: { 1_426_672_800_000 })

    /// A small file system of the test's own; only root may make one.
    private final class SmallDisk {
        let path = NSTemporaryDirectory() + "variorum-disk-" + UUID().uuidString

        init?(kilobytes: Int) {
            try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            guard Self.run("mount", ["-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs", path]) else { return nil }
        }

        deinit {
            _ = Self.run("umount", ["-l", path])
            try? FileManager.default.removeItem(atPath: path)
        }

        func remount(_ option: String) -> Bool { Self.run("mount", ["-o", "remount,\(option)", path]) }

        private static func run(_ program: String, _ arguments: [String]) -> Bool {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [program] + arguments
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
    }

    static var mayMount: Bool { getuid() == 0 && SmallDisk(kilobytes: 64) != nil }

    private func memo(_ store: LocalStore, _ text: String) throws -> RecordID {
        let layer = try store.read { try $0.ownLayer(.personal) }
        return try store.write { try $0.create(.memo, in: layer, [(Field.Memo.body, .text(text))]) }
    }

    @Test("a full disk is said to be full, and what was written before is there", .enabled(if: mayMount))
    func fullDisk() throws {
        let disk = try #require(SmallDisk(kilobytes: 1024))
        let folder = StoreFolder(path: disk.path + "/" + StoreFolder.name)
        let store = try LocalStore.create(in: folder, memberName: "Nino", title: "T", options: Self.options)
        var written: [RecordID] = []
        var failure: StoreError?
        while failure == nil && written.count < 10_000 {
            do {
                written.append(try memo(store, String(repeating: "text ", count: 800)))
            } catch let error as StoreError {
                failure = error
            }
        }
        #expect(failure?.code == .diskFull)
        #expect(failure?.description.contains("the disk is full") == true)
        #expect(!written.isEmpty)
        // There is room again: the store goes on, and nothing is half there.
        #expect(disk.remount("size=8m"))
        let ids = try store.read { try $0.memos() }.map(\.info.id)
        #expect(Set(ids) == Set(written))
        _ = try memo(store, "after")
        #expect(try store.check().problems == [])
    }

    @Test("a read-only disk is said to be read-only", .enabled(if: mayMount))
    func readOnlyDisk() throws {
        let disk = try #require(SmallDisk(kilobytes: 4096))
        let folder = StoreFolder(path: disk.path + "/" + StoreFolder.name)
        do {
            let store = try LocalStore.create(in: folder, memberName: "Nino", title: "T", options: Self.options)
            _ = try memo(store, "before")
        }
        #expect(disk.remount("ro"))
        let error = #expect(throws: StoreError.self) {
            let store = try LocalStore.open(folder, options: Self.options)
            _ = try memo(store, "not possible")
        }
        #expect(error?.code == .readOnly)
        #expect(disk.remount("rw"))
        let store = try LocalStore.open(folder, options: Self.options)
        #expect(try store.read { try $0.memos() }.map(\.body) == ["before"])
        #expect(try store.check().problems == [])
    }

    @Test func aNewerStoreIsRefusedAndNotTouched() throws {
        let temporary = TemporaryFolder()
        let folder = StoreFolder(path: temporary.path + "/" + StoreFolder.name)
        do { _ = try LocalStore.create(in: folder, memberName: "Nino", title: "T", options: Self.options) }
        do {
            let db = try Connection(path: folder.database)
            try db.execute("INSERT INTO migration (number, name, sha256) VALUES (99, '100-later.sql', 'x')")
            try db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: folder.database))
        let error = #expect(throws: StoreError.self) { try LocalStore.open(folder, options: Self.options) }
        #expect(error?.code == .newerVersion)
        #expect(error?.description.contains("100-later.sql") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.database)) == before)
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        let temporary = TemporaryFolder()
        let folder = StoreFolder(path: temporary.subfolder(StoreFolder.name))
        try Data("this is a letter, not a database, and long enough to be looked at".utf8)
            .write(to: URL(fileURLWithPath: folder.database))
        let error = #expect(throws: StoreError.self) { try LocalStore.open(folder, options: Self.options) }
        #expect(error?.code == .damaged)
    }

    @Test func anAlteredLogIsFoundByCheck() throws {
        let temporary = TemporaryFolder()
        let folder = StoreFolder(path: temporary.path + "/" + StoreFolder.name)
        let store = try LocalStore.create(in: folder, memberName: "Nino", title: "T", options: Self.options)
        _ = try memo(store, "what was said")
        do {
            let db = try Connection(path: folder.database)
            try db.execute("UPDATE change SET payload = zeroblob(length(payload))")
        }
        let report = try store.check()
        #expect(report.problems.contains { $0.contains("was altered") })
    }

    @Test func anAlteredTableIsFoundByCheckAndMendedByRebuild() throws {
        let temporary = TemporaryFolder()
        let folder = StoreFolder(path: temporary.path + "/" + StoreFolder.name)
        let store = try LocalStore.create(in: folder, memberName: "Nino", title: "T", options: Self.options)
        _ = try memo(store, "what was said")
        do {
            let db = try Connection(path: folder.database)
            try db.execute("UPDATE memo SET body = 'what was not said'")
        }
        #expect(try !store.check().isClean)
        try store.rebuild()
        #expect(try store.check().problems == [])
        #expect(try store.read { try $0.memos() }.map(\.body) == ["what was said"])
    }

    /// Two connections are to SQLite what two processes are; `scripts/crash` does the same with processes.
    @Test func twoWritersAtOnceLoseNothing() async throws {
        let temporary = TemporaryFolder()
        let folder = StoreFolder(path: temporary.path + "/" + StoreFolder.name)
        let first = try LocalStore.create(in: folder, memberName: "Nino", title: "T", options: Self.options)
        let second = try LocalStore.open(folder, options: Self.options)
        let layer = try first.read { try $0.ownLayer(.personal) }
        await withTaskGroup(of: Void.self) { group in
            for (number, store) in [first, second].enumerated() {
                group.addTask {
                    for count in 0..<100 {
                        do {
                            try store.write {
                                _ = try $0.create(.memo, in: layer, [(Field.Memo.body, .text("\(number)/\(count)"))])
                            }
                        } catch {
                            Issue.record(error)
                        }
                    }
                }
            }
        }
        #expect(try Set(first.read { try $0.memos() }.map(\.body)).count == 200)
        #expect(try second.check().problems == [])
    }

    @Test func everySuiteOfWritesIsSeenByListeners() async throws {
        let temporary = TemporaryFolder()
        let folder = StoreFolder(path: temporary.path + "/" + StoreFolder.name)
        let store = try LocalStore.create(in: folder, memberName: "Nino", title: "T", options: Self.options)
        let other = try LocalStore.open(folder, options: Self.options)
        var changes = store.observe(pollMilliseconds: 10).makeAsyncIterator()
        let id = try memo(store, "mine")
        let local = await changes.next()
        #expect(local?.origin == .local && local?.records == [id])
        _ = try memo(other, "another process's")
        let foreign = await changes.next()
        #expect(foreign?.origin == .otherProcess)
    }
}
