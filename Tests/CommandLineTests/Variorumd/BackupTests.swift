import ChangeLog
import Cryptography
import Foundation
import SQLiteBinding
import ServerStore
import Synchronization
import TestSupport
import Testing

@testable import CommandLine

/// `variorumd backup`, `restore` and `verify`, beside a server that runs.
@Suite("Backups of the server")
struct BackupTests {
    /// A server whose team has pushed something, and a device of it.
    private func served(_ arguments: [String] = []) async throws -> (ServerProcess, Desk) {
        let server = try await ServerProcess(arguments)
        let token = try await server.makeTeam("nino", workspace: "Treaty")
        try server.start()
        let desk = try await Desk.withStore()
        try await desk.succeed("connect", server.url, "-t", token)
        for code in ["framing", "silence"] { try await desk.succeed("code", "add", code) }
        try await desk.succeed("sync")
        return (server, desk)
    }

    /// How far writers have come, and whether they are to end.
    private final class Load: Sendable {
        let acknowledged = Atomic(0)
        let isOver = Atomic(false)
    }

    private func run(_ arguments: String...) async throws -> (code: ExitCode, said: String) {
        let file = FileManager.default.temporaryDirectory.path + "/" + UUID().uuidString
        _ = FileManager.default.createFile(atPath: file, contents: nil)
        defer { unlink(file) }
        let handle = try #require(FileHandle(forWritingAtPath: file))
        let output = FileOutput(fileDescriptor: handle.fileDescriptor)
        let code = await ServerCommand.run(arguments, output: output, errors: output)
        return (code, try String(contentsOfFile: file, encoding: .utf8))
    }

    @Test("a backup beside a running server holds all files with their modes, verifies, and is restored elsewhere")
    func whole() async throws {
        let (server, desk) = try await served()
        try Data("grace-seconds = 3\n".utf8).write(to: URL(fileURLWithPath: server.data + "/variorumd.conf"))
        try await server.administer(["init", "--tls-self-signed", "localhost"])
        let backup = server.folder.path + "/friday"
        let said = try await server.administer(["backup", backup, "--json"])
        let facts = try #require(try JSONSerialization.jsonObject(with: Data(said.utf8)) as? [String: Any])
        #expect((facts["changes"] as? Int ?? 0) > 0 && facts["users"] as? Int == 1)
        #expect((facts["heads"] as? [Any])?.count == 3)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: backup).sorted() == [
                "MANIFEST", "server.sqlite", "tls-certificate.pem", "tls-key.pem", "variorumd.conf",
            ])
        #expect(try Files.mode(of: backup) == 0o700 && Files.mode(of: backup + "/tls-key.pem") == 0o600)
        #expect(try await run("verify", backup).code == .success)
        #expect(try await server.administer(["verify"]).contains("no problems"))
        #expect(LastBackup(in: server.data)?.path == backup)
        // A folder that is there gets a dated one within it, and nothing is overwritten.
        #expect(try await server.administer(["backup", backup]).contains("/friday/variorum-2"))
        #expect(
            !(try FileManager.default.contentsOfDirectory(atPath: server.folder.path)).contains {
                $0.contains("unfinished")
            })

        let other = server.folder.path + "/elsewhere"
        #expect(try await run("restore", backup, "--data", other).said.contains("pushes again"))
        #expect(try Files.mode(of: other + "/tls-key.pem") == 0o600)
        #expect(try Files.read(other + "/variorumd.conf", atMost: 100) == Array("grace-seconds = 3\n".utf8))
        #expect(try await run("verify", "--data", other).code == .success)
        let again = try await run("restore", backup, "--data", other)
        #expect(again.code == .cannotCreate && again.said.contains("not empty"))
        #expect(server.stop() == 0)
        _ = desk
    }

    @Test("a workspace is deleted only where somebody says so twice, beside a running server; quotas are shown and set")
    func deletion() async throws {
        let (server, desk) = try await served()
        let quota = try await server.administer(["workspace", "quota", "Treaty", "--json"])
        #expect(
            quota.contains(#""title":"Treaty","bytes":"#) && quota.contains(#""quota":null,"quota_is_default":true"#))
        #expect(try await server.administer(["workspace", "quota", "Treaty", "1"]).contains("its quota: 1."))
        try await desk.succeed("code", "add", "more")
        #expect(try await desk.fail(75, "sync").contains("its quota on the server is used up"))
        #expect(try await server.administer(["stats"]).contains(" 1\n"))
        for bad in ["0", "-1", "1k", "1000000000000001"] {
            #expect(try await run("workspace", "quota", "Treaty", "--data", server.data, "--", bad).code == .usage)
        }
        #expect(try await server.administer(["workspace", "quota", "Treaty", "none"]).contains("its quota: none."))
        try await desk.succeed("sync")
        #expect(
            try await server.administer(["workspace", "quota", "Treaty", "default"]).contains(
                "its quota: none (default)"))
        let title = ["--data", server.data]
        let refusal = try await run("workspace", "delete", "Treaty", title[0], title[1])
        #expect(refusal.code == .usage)
        for word in ["1 member", "change", "byte", "archive", "backup", "--yes"] {
            #expect(refusal.said.contains(word))
        }
        #expect(try await server.administer(["workspace", "list"]).contains("Treaty"))
        #expect(try await run("workspace", "delete", "Trety", "--yes", title[0], title[1]).code == .dataError)
        #expect(try await server.administer(["workspace", "delete", "Treaty", "--yes"]) == "Deleted 'Treaty'.\n")
        #expect(try await desk.fail(77, "sync").contains("you do not belong to this workspace any more"))
        #expect(try await server.administer(["audit"]).contains("delete workspace"))
        #expect(try await server.administer(["verify"]).contains("no problems"))
        #expect(server.stop() == 0)
    }

    @Test("what was acknowledged before a backup began is in it, whatever is written meanwhile")
    func underLoad() async throws {
        let folder = TemporaryFolder()
        let (data, cryptography) = (folder.subfolder("data"), OpenSSLCryptography())
        let store = try SQLiteServerStore(
            folder: data, creates: true, isServing: true, cryptography: cryptography, clock: { 1 })
        let database = try ServerDatabase(folder: data, cryptography: cryptography)
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<2 {
                group.addTask {
                    var number = 0
                    while !load.isOver.load(ordering: .relaxed) {
                        _ = try await store.addUser(name: "user \(writer)/\(number)")
                        load.acknowledged.add(1, ordering: .relaxed)
                        number += 1
                    }
                }
            }
            for number in 0..<5 {
                while load.acknowledged.load(ordering: .relaxed) < number * 20 { await Task.yield() }
                let before = load.acknowledged.load(ordering: .relaxed)
                let copy = folder.subfolder("copy \(number)")
                try database.copy(to: copy + "/server.sqlite") { _, _ in }
                let copied = try ServerDatabase(folder: copy, cryptography: cryptography)
                #expect(try copied.facts().userCount >= before)
                #expect(try copied.check { _, _ in }.problems == [])
                // One file, which needs no log beside it.
                #expect(try FileManager.default.contentsOfDirectory(atPath: copy) == ["server.sqlite"])
            }
            load.isOver.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }
    }

    @Test(
        "verify finds damage of every kind",
        arguments: [
            (
                "UPDATE feed SET payload = zeroblob(length(payload)) WHERE id = (SELECT min(id) FROM feed WHERE payload IS NOT NULL)",
                "do not fit its hash"
            ),
            (
                "UPDATE feed SET signature = zeroblob(64) WHERE id = (SELECT max(id) FROM feed)",
                "signature does not hold"
            ),
            ("UPDATE feed SET signature = NULL WHERE id = (SELECT max(id) FROM feed)", "is not signed"),
            (
                "UPDATE feed SET feed_hash = zeroblob(32) WHERE id = (SELECT min(id) FROM feed)",
                "feed's hash does not hold"
            ),
            ("UPDATE feed SET hash = zeroblob(32) WHERE id = (SELECT min(id) FROM feed)", "do not fit its hash"),
            ("DELETE FROM feed WHERE id = (SELECT min(id) FROM feed)", "is missing"),
            ("DELETE FROM feed WHERE id = (SELECT max(id) FROM feed)", "its feed ends at"),
            ("UPDATE feed SET id = id + 1 WHERE id = (SELECT max(id) FROM feed)", "is missing"),
            ("UPDATE feed SET author = zeroblob(16) WHERE id = (SELECT min(id) FROM feed)", "author is not"),
            ("UPDATE chain SET hash = zeroblob(32)", "ends elsewhere"),
            ("UPDATE layer SET lamport = lamport + 1 WHERE kind = 1", "Lamport counter is wrong"),
            ("UPDATE replica SET certificate = zeroblob(64)", "certificate of its device"),
            ("DELETE FROM maker", "who made its record"),
            ("DELETE FROM layer WHERE position = 0", "without their two layers"),
            ("PRAGMA foreign_keys = OFF; DELETE FROM user", "refers to nothing"),
            ("UPDATE migration SET sha256 = '' WHERE number = 0", "differs from this program's"),
            ("DROP TABLE feed", "tables are missing"),
        ])
    func damage(sql: String, finding: String) async throws {
        let (server, _) = try await served()
        #expect(server.stop() == 0)
        do {
            let db = try Connection(path: server.data + "/server.sqlite")
            try db.execute("PRAGMA foreign_keys = OFF")
            try db.execute(sql)
        }
        let (code, said) = try await run("verify", "--data", server.data)
        #expect(code == .dataError && said.contains(finding), "\(said)")
        let json = try await run("verify", "--data", server.data, "--json")
        #expect(json.code == .dataError && json.said.contains(#""is_clean":false"#))
        for name in ["nino", "Treaty", "framing"] { #expect(!said.contains(name)) }
    }

    @Test("damage to a backup is found, and nothing is restored from it")
    func damagedBackup() async throws {
        let (server, _) = try await served()
        #expect(server.stop() == 0)
        let backup = server.folder.path + "/friday"
        try await server.administer(["backup", backup])
        func hurt(_ name: String, _ body: (inout [UInt8]) -> Void) async throws -> (ExitCode, String) {
            let whole = try Files.read(backup + "/" + name, atMost: 1 << 30)
            var bytes = whole
            body(&bytes)
            try Files.replace(backup + "/" + name, with: bytes)
            #expect(try await run("verify", backup).code != .success)
            let (code, said) = try await run("restore", backup, "--data", server.folder.path + "/new")
            #expect(!FileManager.default.fileExists(atPath: server.folder.path + "/new"))
            try Files.replace(backup + "/" + name, with: whole)
            return (code, said)
        }
        for name in ["server.sqlite", "variorumd.conf"] {
            let (code, said) = try await hurt(name) { $0[$0.count / 2] ^= 1 }
            #expect(code == .dataError && said.contains("\(name) is not what was backed up"))
        }
        for place in [0.1, 0.5, 0.9] {
            #expect(try await hurt("MANIFEST") { $0[Int(Double($0.count) * place)] ^= 1 }.0 == .dataError)
            #expect(try await hurt("MANIFEST") { $0.removeLast(Int(Double($0.count) * place)) }.0 == .dataError)
        }
        #expect(try await hurt("MANIFEST") { $0[16] = UInt8(ascii: "2") }.1.contains("newer version"))
        unlink(backup + "/variorumd.conf")
        #expect(try await run("restore", backup, "--data", server.folder.path + "/new").said.contains("is missing"))
        #expect(try await run("verify", server.folder.path).code == .noInput)
    }

    @Test("the operator sees how much there is and which devices sync, and ends one")
    func statisticsAndDevices() async throws {
        let (server, desk) = try await served()
        let line = try await server.administer(["stats", "--json"])
        let facts = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(facts["users"] as? Int == 1 && facts["devices"] as? Int == 1)
        #expect((facts["database_bytes"] as? Int ?? 0) > 0 && (facts["log_bytes"] as? Int ?? 0) > 0)
        let workspace = try #require((facts["workspaces"] as? [[String: Any]])?.first)
        #expect((workspace["bytes"] as? Int ?? 0) > (workspace["changes"] as? Int ?? .max))
        #expect(try await server.administer(["stats"]).contains("1 user, 1 device"))

        let listed = try await server.administer(["device", "list", "nino", "--json"])
        let device = try #require(try JSONSerialization.jsonObject(with: Data(listed.utf8)) as? [String: Any])
        let key = try #require(device["key"] as? String)
        #expect(device["is_revoked"] as? Bool == false)
        await #expect(throws: ServerProcess.Failure.self) {
            try await server.administer(["device", "revoke", "nino", "nothing"])
        }
        try await desk.succeed("sync")
        try await server.administer(["device", "revoke", "nino", String(key.prefix(8))])
        #expect(try await server.administer(["device", "list", "nino"]).contains("revoked"))
        #expect(try await server.administer(["audit"]).contains("revoke device"))
        try await desk.fail(77, "sync")
        #expect(server.stop() == 0)
    }
}
