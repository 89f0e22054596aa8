import AnnotationModel
import ChangeLog
import Cryptography
import Foundation
import SQLiteBinding
import ServerStore
import TestSupport
import Testing

/// Databases that an older version of the program left.
@Suite struct UpgradeTests {
    private let cryptography = OpenSSLCryptography()

    /// A data folder of schema 001, with a server, a user, a workspace and its layers.
    private func older() throws -> TemporaryFolder {
        let folder = TemporaryFolder()
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let sql = try String(contentsOf: root.appending(path: "schema/server/001-initial.sql"), encoding: .utf8)
        let db = try Connection(path: folder.path + "/server.sqlite")
        try db.migrate([
            Migration(
                name: "001-initial.sql", sql: sql, hash: cryptography.sha256([UInt8](sql.utf8)).description)
        ])
        try db.execute(
            """
            INSERT INTO server (only, id, key_seed) VALUES (1, randomblob(16), randomblob(32));
            INSERT INTO user (num, id, name) VALUES (1, randomblob(16), 'ana');
            INSERT INTO workspace (num, id, title) VALUES (1, randomblob(16), 'Team');
            INSERT INTO membership (workspace, user) VALUES (1, 1);
            INSERT INTO layer (id, workspace, kind, owner, epoch, feed_hash)
                VALUES (randomblob(16), 1, 1, NULL, randomblob(16), zeroblob(32)),
                    (randomblob(16), 1, 2, 1, randomblob(16), zeroblob(32)),
                    (randomblob(16), 1, 3, 1, randomblob(16), zeroblob(32));
            """)
        return folder
    }

    private func open(
        _ folder: TemporaryFolder, disk: FaultyDisk? = nil, _ note: (UpgradeCopy) -> Void = { _ in }
    ) throws -> SQLiteServerStore {
        try SQLiteServerStore(
            folder: folder.path, creates: false, isServing: true, cryptography: cryptography, clock: { 0 },
            vfs: disk?.name, willUpgrade: note)
    }

    private func schema(_ path: String) throws -> Int {
        let db = try Connection(path: path)
        let select = try db.statement("SELECT count(*) FROM migration")
        defer { select.reset() }
        _ = try select.step()
        return select.int(0)
    }

    @Test func aCopyIsMadeBeforeADatabaseIsUpgraded() async throws {
        let folder = try older()
        var copies: [UpgradeCopy] = []
        do {
            let store = try open(folder) { copies.append($0) }
            #expect(try await store.workspaceList().map(\.members) == [["ana"]])
            _ = try await store.addUser(name: "ben")
        }
        let path = folder.path + "/server-001-initial.sqlite"
        #expect(copies.map(\.path) == [path] && copies.map(\.schema) == ["001-initial.sql"])
        // It is what there was, and a store of its own.
        let old = folder.subfolder("old")
        try FileManager.default.copyItem(atPath: path, toPath: old + "/server.sqlite")
        let database = try ServerDatabase(folder: old, cryptography: cryptography)
        #expect(try database.facts().schema == "001-initial.sql" && database.facts().userCount == 1)
        #expect(try database.check { _, _ in }.problems == [])
        // Once is enough.
        _ = try open(folder) { copies.append($0) }
        #expect(copies.count == 1)
        let upgraded = try ServerDatabase(folder: folder.path, cryptography: cryptography)
        #expect(try upgraded.check { _, _ in }.problems == [])
    }

    @Test func whatAWorkspaceHoldsIsCountedAtTheUpgrade() async throws {
        let folder = try older()
        do {
            let db = try Connection(path: folder.path + "/server.sqlite")
            try db.execute(
                """
                INSERT INTO workspace (num, id, title) VALUES (2, randomblob(16), 'Empty');
                INSERT INTO replica (num, id, member, public_key, certificate)
                    VALUES (1, randomblob(16), randomblob(16), randomblob(32), randomblob(64));
                INSERT INTO chain (num, layer, replica, seq, hash, lamport)
                    SELECT num, num, 1, 2, randomblob(32), 2 FROM layer;
                INSERT INTO feed (id, chain, seq, author, lamport, wall_time, hash, feed_hash, payload, payload_hash,
                        withheld, received_at)
                    SELECT (num << 40) + 1, num, 1, randomblob(16), 1, 0, randomblob(32), randomblob(32),
                        zeroblob(1000), NULL, NULL, 0 FROM layer
                    UNION ALL SELECT (num << 40) + 2, num, 2, randomblob(16), 2, 0, randomblob(32), randomblob(32),
                        NULL, randomblob(32), 1, 0 FROM layer;
                UPDATE layer SET position = 2;
                """)
        }
        let statistics = try await open(folder).statistics()
        #expect(statistics.workspaces.map(\.title) == ["Empty", "Team"])
        #expect(statistics.workspaces.map(\.byteCount) == [0, 3 * (1000 + 2 * 256)])
    }

    @Test func aFullDiskStopsTheUpgradeAndSaysWhatToDo() throws {
        let folder = try older()
        let disk = FaultyDisk()
        disk.isFull = true
        let error = #expect(throws: ServerStoreError.self) { try open(folder, disk: disk) }
        #expect(error?.code == .diskFull)
        #expect(error?.description.contains("make room") == true)
        #expect(try schema(folder.path + "/server.sqlite") == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains("001") })
        disk.isFull = false
        _ = try open(folder, disk: disk)
        #expect(try schema(folder.path + "/server.sqlite") > 1)
    }

    /// The disk fails at every seventh call, once or from then on: the database has the old schema or the new one, whole, and the
    /// next try succeeds.
    @Test(arguments: [FaultyDisk.Mode.fromThenOn, .once])
    func aDiskThatFailsStopsTheUpgradeAndNothingIsChanged(mode: FaultyDisk.Mode) throws {
        let disk = FaultyDisk()
        let source = try older()
        var stopped = 0
        for number in stride(from: 1, to: Int.max, by: 7) {
            let folder = TemporaryFolder()
            let path = folder.path + "/server.sqlite"
            try Connection(path: source.path + "/server.sqlite").copy(to: path)
            disk.fail(atCall: number, mode)
            var failure: (any Error)?
            do { _ = try open(folder, disk: disk) } catch { failure = error }
            if disk.disarm().failures == 0 {
                #expect(failure == nil)
                break
            }
            let found = try schema(path)
            if let failure {
                stopped += 1
                #expect(failure is ServerStoreError)
                let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                #expect(!names.contains { $0.contains("unfinished") })
            }
            #expect(
                found == 1
                    || found > 1 && FileManager.default.fileExists(atPath: folder.path + "/server-001-initial.sqlite"))
            _ = try open(folder)
            #expect(try schema(path) > 1)
            #expect(try ServerAudit.problems(in: path, using: cryptography) == [])
        }
        #expect(stopped > 3)
    }
}
