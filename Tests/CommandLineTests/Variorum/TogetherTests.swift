import AnnotationModel
import Compression
import Foundation
import LocalStore
import ServerStore
import TestSupport
import Testing
import WireFormat

@testable import CommandLine

@Suite("Working together", .serialized)
struct TogetherTests {
    private let nino: Desk
    private let luka: Desk
    private let annotation: String

    init() async throws {
        nino = try await Desk.withStore("Nino")
        luka = try await Desk.withStore("Luka")
        try nino.write(try treaty(), to: "treaty.txt")
        try await nino.succeed("import", "treaty.txt")
        try await nino.succeed("code", "add", "framing")
        annotation = try #require(
            try await nino.json("annotate", "1", "-q", "no legal standing", "-n", "sic")["id"] as? String)
        try await Self.send(nino, luka)
    }

    private static func send(_ sender: Desk, _ receiver: Desk) async throws {
        try await sender.succeed("bundle", "write", receiver.folder.path + "/x.bundle")
        #expect(try await receiver.run(["bundle", "read", "x.bundle"]).code == 0)
    }

    private func stateHashes(_ desk: Desk) async throws -> [String: String] {
        let layers = try await desk.list("layers", "check")
        return Dictionary(
            uniqueKeysWithValues: layers.filter { $0["kind"] as? String != "private" && $0["changes"] as? Int != 0 }
                .map { ($0["id"] as? String ?? "", $0["state_hash"] as? String ?? "") })
    }

    @Test("bundles carry work both ways until the stores are equal")
    func bundles() async throws {
        #expect(try await luka.succeed("read", "1").contains("Nino"))
        try await luka.succeed("annotate", "1", "-q", "issued special", "-c", "framing")
        try await Self.send(luka, nino)
        #expect(try await stateHashes(nino) == (try await stateHashes(luka)))
        // Again: nothing new.
        let again = try await nino.json("bundle", "read", "x.bundle")
        #expect(again["applied"] as? Int == 0)
        let view = try await nino.succeed("read", "1")
        #expect(view.contains("Luka 1 · Nino 1") || view.contains("Nino 1 · Luka 1"))
    }

    @Test("a history is proved from the store or from a bundle alone, and one that was tampered with is not")
    func verifying() async throws {
        try await nino.succeed("bundle", "write", "work.bundle")
        #expect(try await nino.succeed("verify").contains("Proved: nothing that is signed was altered"))
        let proof = try await luka.json("verify", nino.folder.path + "/work.bundle", "--changes")
        #expect(proof["is_proved"] as? Bool == true && proof["server"] is NSNull)
        let chains = try #require(proof["chains"] as? [[String: Any]])
        let changes = try #require(proof["changes"] as? [[String: Any]])
        #expect(chains.reduce(0) { $0 + ($1["changes"] as? Int ?? 0) } == changes.count && !changes.isEmpty)
        #expect(chains.allSatisfy { $0["changes"] as? Int == $0["signed_seq"] as? Int })
        #expect(changes.allSatisfy { $0["author_name"] as? String == "Nino" && $0["is_signed"] as? Bool == true })
        // A word is exchanged for one as long.
        let file = [UInt8](try Data(contentsOf: nino.folder.appendingPathComponent("work.bundle")))
        let content = try Zstd.decompress(Array(file[WireFormat.Bundle.magic.count...]), maximumSize: 1 << 20)
        let forged = content.replacing([UInt8]("framing".utf8), with: [UInt8]("farming".utf8))
        #expect(forged != content)
        try nino.write(WireFormat.Bundle.magic + Zstd.compress(forged), to: "forged.bundle")
        let answer = try await nino.run(["verify", "forged.bundle"])
        #expect(answer.code == 1 && answer.output.contains("Not proved") && answer.output.contains("does not hold"))
        #expect(
            try await nino.fail(65, "verify", "--server-key", String(repeating: "ab", count: 32)).contains("no server"))
        #expect(try await nino.fail(64, "verify", "--server-key", "abc").contains("64 hexadecimal digits"))
        #expect(try await nino.fail(64, "verify", "--fetch", "work.bundle").contains("--fetch"))
        #expect(try await nino.fail(66, "verify", "--fetch").contains("not connected"))
    }

    @Test("somebody else's annotation can be commented, not changed")
    func permission() async throws {
        #expect(try await luka.fail(77, "edit", annotation, "note=x").contains("Nino alone"))
        #expect(try await luka.fail(77, "delete", annotation).contains("owner"))
        try await luka.succeed("comment", annotation, "I doubt it")
        let statement = try await luka.json("statement", annotation, "--position", "reject")
        #expect(statement["layer"] as? String == "personal")
        try await Self.send(luka, nino)
        #expect(try await nino.succeed("read", "1").contains("↳ Luka: I doubt it"))
        #expect(try await nino.succeed("read", "1").contains("says: Luka: somebody: reject"))
    }

    @Test("private work stays at home unless it is named")
    func privateLayer() async throws {
        try await nino.succeed("annotate", "1", "-q", "issued special", "--private", "-n", "secret thought")
        try await Self.send(nino, luka)
        #expect(try await luka.list("annotations", "list").count == 1)
        let all = try await nino.json("bundle", "write", "all.bundle", "-l", "private", "-l", "shared")
        #expect(all["layers"] as? Int == 2)
        #expect(try await nino.fail(66, "bundle", "write", "x", "-l", "nothing").contains("shared, personal, private"))
    }

    @Test("two values at once are listed and settled, and the settling can be undone")
    func contested() async throws {
        try await nino.succeed("code", "edit", "framing", "--definition", "Nino's")
        try await luka.succeed("code", "edit", "framing", "--definition", "Luka's")
        try await Self.send(luka, nino)
        let text = try await nino.succeed("conflicts")
        #expect(text.contains("definition: 2 values") && text.contains("> 1  ") && text.contains("“Luka's”"))
        #expect(try await nino.json("status")["conflicts"] as? Int == 1)
        let values = try #require(try await nino.list("conflicts", "conflicts")[0]["values"] as? [[String: Any]])
        let second = try #require(values[1]["value"] as? String)
        #expect(try await nino.fail(65, "resolve", "framing", "--keep", "3").contains("1 to 2"))
        #expect(try await nino.fail(66, "resolve", "framing", "name", "--keep", "1").contains("definition is"))
        #expect(try await nino.fail(64, "resolve", "framing").contains("say how"))
        #expect(try await nino.fail(64, "resolve", "--keep", "1").contains("which record"))
        #expect(try await nino.json("resolve", "framing", "--keep", "2")["definition"] as? String == second)
        #expect(try await nino.list("conflicts", "conflicts").isEmpty)
        try await nino.succeed("undo")
        #expect(try await nino.list("conflicts", "conflicts").count == 1)
        try await nino.succeed("resolve", "framing", "definition", "--value", "Both")
        try await Self.send(nino, luka)
        #expect(try await luka.list("codes", "code", "list")[0]["definition"] as? String == "Both")
        #expect(try await luka.list("conflicts", "conflicts").isEmpty)
        #expect(try await nino.fail(66, "resolve", "framing", "--keep", "1").contains("no values in conflict"))
    }

    @Test("a record deleted here and edited there stays until somebody decides", arguments: [true, false])
    func deletedAndEdited(isKept: Bool) async throws {
        try await nino.succeed("code", "delete", "framing")
        try await luka.succeed("code", "edit", "framing", "--definition", "Luka's")
        try await Self.send(luka, nino)
        #expect(try await nino.succeed("conflicts").contains("deleted and edited at once"))
        try await nino.succeed("resolve", "framing", isKept ? "--restore" : "--delete")
        #expect(try await nino.list("conflicts", "conflicts").isEmpty)
        #expect(try await nino.list("codes", "code", "list").count == (isKept ? 1 : 0))
        #expect(
            try await nino.fail(66, "resolve", isKept ? "framing" : annotation, "--restore").contains(
                "not deleted and edited"))
    }

    @Test("codes of one name are found and merged")
    func duplicates() async throws {
        try await nino.succeed("code", "add", "treaty")
        try await luka.succeed("code", "add", "Treaty")
        try await Self.send(luka, nino)
        let duplicate = try #require(try await nino.list("duplicate_names", "conflicts").first)
        let ids = try #require(duplicate["records"] as? [String])
        #expect(ids.count == 2)
        #expect(try await nino.fail(64, "resolve", "--merge", ids[1]).contains("--into"))
        try await nino.succeed("resolve", "--merge", ids[1], "--into", ids[0])
        #expect(try await nino.list("duplicate_names", "conflicts").isEmpty)
        #expect(try await nino.succeed("conflicts") == "")
    }

    @Test("bundles that are none, damaged, cut off or of another workspace are refused")
    func badBundles() async throws {
        try await nino.succeed("bundle", "write", "good.bundle")
        let good = [UInt8](try Data(contentsOf: nino.folder.appendingPathComponent("good.bundle")))
        try nino.write("hello", to: "bad")
        #expect(try await nino.fail(65, "bundle", "read", "bad").contains("no bundle"))
        try nino.write(Array(good.dropLast(9)), to: "bad")
        #expect(try await nino.fail(65, "bundle", "read", "bad").contains("damaged"))
        var flipped = good
        flipped[good.count / 2] ^= 0x10
        try nino.write(flipped, to: "bad")
        #expect(try await nino.fail(65, "bundle", "read", "bad").contains("damaged"))
        #expect(try await nino.fail(66, "bundle", "read", "missing").contains("No such file"))
        #expect(try await nino.fail(73, "bundle", "write", "no/such/folder").contains("No such file"))
        let other = try await Desk.withStore("Other")
        try await other.succeed("code", "add", "x")
        try other.write(good, to: "good.bundle")
        #expect(try await other.fail(78, "bundle", "read", "good.bundle").contains("variorum workspace add"))
    }

    @Test("a full disk is told, and a device stays one")
    func fullDisk() async throws {
        #expect(try await nino.fail(74, "bundle", "write", "/dev/full").contains("No space left"))
        #expect(try await nino.fail(74, "export", "-f", "csv", "-o", "/dev/full").contains("No space left"))
        var status = stat()
        #expect(stat("/dev/full", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    }

    @Test("two programs may write at once and lose nothing")
    func twoWriters() async throws {
        let folder = nino.folder
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask { @Sendable in
                    try await Desk.alongside(folder).succeed("code", "add", "c\(number)")
                }
            }
            try await group.waitForAll()
        }
        #expect(try await nino.list("codes", "code", "list").count == 7)
        #expect(try await nino.json("check")["is_clean"] as? Bool == true)
    }

    @Test("check finds what was tampered with, rebuild mends tables")
    func check() async throws {
        #expect(try await nino.succeed("check").contains("no problems"))
        let database = nino.folder.path + "/.variorum/store.sqlite"
        let sqlite = Process()
        sqlite.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        sqlite.arguments = [
            "python3", "-c",
            "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(\"UPDATE annotation SET note='forged'\"); c.commit()",
            database,
        ]
        try sqlite.run()
        sqlite.waitUntilExit()
        try #require(sqlite.terminationStatus == 0)
        let result = try await nino.run(["check", "--json"])
        #expect(result.code == 1)
        #expect((try result.json() as? [String: Any])?["is_clean"] as? Bool == false)
        try await nino.succeed("rebuild")
        #expect(try await nino.succeed("check").contains("no problems"))
        #expect(try await nino.list("annotations", "list")[0]["note"] as? String == "sic")
    }

    @Test("a damaged file is an error, never a crash")
    func damaged() async throws {
        try nino.write(Array(repeating: 0x41, count: 8192), to: ".variorum/store.sqlite")
        for command in [["status"], ["list", "--json"], ["check"], ["rebuild"]] {
            let result = try await nino.run(command)
            #expect(result.code == 65, "\(command) \(result.errors)")
            #expect(result.errors.contains("not a database"))
        }
    }
}

@Suite("Refused work")
struct RefusedTests {
    @Test("is listed, exported, made again elsewhere or dismissed")
    func refused() async throws {
        let team = try await Team(members: ["anna", "ben"])
        let anna = try await team.device("anna", of: "anna")
        let ben = try await team.device("ben", of: "ben")
        let folder = String(ben.store.folder.path.dropLast("/.variorum".count))
        let desk = try Desk()
        func run(_ arguments: String...) async throws -> Desk.Result {
            try await desk.run(arguments + ["--store", folder])
        }
        _ = try await ben.sync()
        #expect(try await run("refused").errors.contains("nothing was refused"))
        #expect(try await run("code", "add", "late", "later").code == 0)
        #expect(try await run("code", "add", "last").code == 0)
        // Somebody carries the changes to the server while their author may not write.
        let bundle = try ben.store.bundle()
        try await team.server.removeMember(workspace: Team.workspace, user: "ben")
        _ = try anna.store.read(bundle)
        try await anna.sync()
        try await team.server.addMember(workspace: Team.workspace, user: "ben", role: .curator)
        try await ben.sync()
        let status = try await run("status")
        try #require(status.output.contains("2 changes refused"), "\(status.output)")
        let text = try await run("refused")
        #expect(text.output.contains("late") && text.output.contains("1  shared"))
        #expect(try await run("refused", "--export", desk.folder.path + "/r.jsonl").code == 0)
        let lines = try desk.read("r.jsonl").split(separator: "\n")
        #expect(lines.count == 2)
        for line in lines { _ = try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        #expect(try await run("refused", "--reapply", "3").code == 66)
        #expect(try await run("refused", "--reapply", "1", "--dismiss", "1").code == 64)
        #expect(try await run("refused", "--reapply", "1", "--layer", "private").output.contains("private"))
        #expect(try await run("refused", "--dismiss", "1").code == 0)
        #expect(try await run("refused").errors.contains("nothing was refused"))
        #expect(try await run("code", "list").output.contains("late"))
    }
}
