import ChangeLog
import Cryptography
import Foundation
import SQLiteBinding
import ServerStore
import TestSupport
import Testing

/// What the embedded store has beyond the contract: one folder, one file, one disk.
@Suite struct SQLiteServerStoreTests {
    private func open(
        _ folder: String, creates: Bool = true, isServing: Bool = false, disk: FaultyDisk? = nil
    ) throws(ServerStoreError) -> SQLiteServerStore {
        try SQLiteServerStore(
            folder: folder, creates: creates, isServing: isServing, cryptography: OpenSSLCryptography(), clock: { 0 },
            vfs: disk?.name)
    }

    private func code(_ body: () throws -> Void) -> ServerStoreError.Code? {
        let error = #expect(throws: ServerStoreError.self) { try body() }
        return error?.code
    }

    @Test func aSecondServerIsKeptOff() throws {
        let folder = TemporaryFolder()
        do {
            let serving = try open(folder.path, isServing: true)
            #expect(code { _ = try open(folder.path, isServing: true) } == .inUse)
            // Administration works beside it.
            _ = try open(folder.path, creates: false)
            withExtendedLifetime(serving) {}
        }
        _ = try open(folder.path, isServing: true)
    }

    @Test func aStoreOfANewerVersionIsNotTouched() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/server.sqlite"
        do {
            _ = try open(folder.path)
            let db = try Connection(path: path)
            try db.execute("INSERT INTO migration (number, name, sha256) VALUES (99, '099-of-the-future', 'x')")
            try db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(code { _ = try open(folder.path) } == .newerVersion)
        #expect(code { _ = try open(folder.path, isServing: true) } == .newerVersion)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func whatIsNoStoreIsSaid() throws {
        let folder = TemporaryFolder()
        #expect(code { _ = try open(folder.path, creates: false) } == .notAStore)
        try Data("no database, but a text that somebody put here".utf8).write(
            to: URL(fileURLWithPath: folder.path + "/server.sqlite"))
        #expect(code { _ = try open(folder.path) } == .unavailable)
    }

    /// Those who wait together are made durable together.
    @Test func concurrentAppendsShareFlushes() async throws {
        let disk = FaultyDisk()
        let backend = Backend(name: "counting") { folder, cryptography in
            try SQLiteServerStore(
                folder: folder, creates: true, isServing: false, cryptography: cryptography, clock: { 0 },
                vfs: disk.name)
        }
        let world = try await World(backend)
        let makers = (0..<200).map { _ in
            var maker = Maker(world.ana, in: world.shared)
            maker.make()
            return maker
        }
        let before = disk.syncCount
        let statuses = try await withThrowingTaskGroup(of: Bool.self) { group in
            for maker in makers {
                group.addTask { try await world.push(maker.segment(), by: world.ana)[0].status == .accepted }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.count == 200 && statuses.allSatisfy { $0 })
        let flushes = disk.syncCount - before
        print("200 concurrent appends: \(flushes) flushes")
        #expect((1...100).contains(flushes))
    }

    @Test func aFullDiskFailsCleanlyAndIsUsableAfterwards() async throws {
        let disk = FaultyDisk()
        let backend = Backend(name: "filling") { folder, cryptography in
            try SQLiteServerStore(
                folder: folder, creates: true, isServing: false, cryptography: cryptography, clock: { 0 },
                vfs: disk.name)
        }
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(count: 3)
        _ = try await world.push(maker.segment(1, through: 1), by: world.ana)
        let head = try await world.head(of: world.shared, world.ana)
        disk.isFull = true
        for _ in 0..<3 {
            let error = await #expect(throws: ServerStoreError.self) {
                _ = try await world.push(maker.segment(), by: world.ana)
            }
            #expect(error?.code == .diskFull)
        }
        // Reading goes on, and nothing half-written shows.
        #expect(try await world.head(of: world.shared, world.ana) == head)
        disk.isFull = false
        let result = try await world.push(maker.segment(), by: world.ana)[0]
        #expect(result.status == .accepted && result.firstPosition == 2 && result.heldSeq == 3)
        #expect(try await world.feed(of: world.shared, world.ana).count == 3)
    }

    /// SQLite goes on with files that nobody can find any more; what it would take there is gone with the process.
    @Test(arguments: ["server.sqlite", "server.sqlite-wal", "server.sqlite-shm", "lock"], [false, true])
    func nothingIsAcknowledgedOnceAFileIsGone(name: String, isExchanged: Bool) async throws {
        let backend = Backend(name: "serving") { folder, cryptography in
            try SQLiteServerStore(
                folder: folder, creates: true, isServing: true, cryptography: cryptography, clock: { 0 })
        }
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(count: 2)
        _ = try await world.push(maker.segment(1, through: 1), by: world.ana)
        let path = world.folder.path + "/" + name
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try FileManager.default.removeItem(atPath: path)
        if isExchanged {
            try Data().write(to: URL(fileURLWithPath: path + ".other"))
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        for _ in 0..<2 {
            let error = await #expect(throws: ServerStoreError.self) {
                _ = try await world.push(maker.segment(2), by: world.ana)
            }
            #expect(error?.code == .unavailable)
            #expect(error?.description.contains(isExchanged ? "another file" : "is gone") == true)
            await #expect(throws: ServerStoreError.self) { _ = try await world.heads(world.ana) }
        }
    }

    @Test(arguments: ["server.sqlite", "server.sqlite-wal"])
    func nothingIsAcknowledgedOnceAFileIsCutOff(name: String) async throws {
        let world = try await World(Backend.all[0])
        var maker = Maker(world.ana, in: world.shared)
        maker.make(count: 2)
        _ = try await world.push(maker.segment(1, through: 1), by: world.ana)
        try FileHandle(forWritingTo: URL(fileURLWithPath: world.folder.path + "/" + name)).truncate(atOffset: 100)
        let error = await #expect(throws: ServerStoreError.self) {
            _ = try await world.push(maker.segment(2), by: world.ana)
        }
        #expect(error?.code == .unavailable)
    }
}
