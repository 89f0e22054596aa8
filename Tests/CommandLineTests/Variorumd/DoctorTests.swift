import Foundation
import SQLiteBinding
import ServerStore
import TestSupport
import Testing

@testable import CommandLine

/// `variorumd doctor`: what an operator would forget.
@Suite("The server's doctor")
struct DoctorTests {
    private let day = Doctor.dayMilliseconds

    /// What is found about a folder, by what was looked at.
    private func examine(
        _ folder: String, now: Int64 = wallTime(), _ settings: [String: String] = [:]
    ) async throws -> [String: Finding] {
        let findings = await Doctor(folder: folder, now: now).findings {
            try Configuration(options: settings.mapValues { (name: "--set", value: $0) })
        }
        #expect(Set(findings.map(\.check)).count == findings.count)
        for finding in findings {
            #expect(!finding.text.isEmpty && (finding.level == .ok) == (finding.advice == nil))
            #expect(!finding.line.contains("\n"))
        }
        return Dictionary(uniqueKeysWithValues: findings.map { ($0.check, $0) })
    }

    private func isSorry(_ finding: Finding?, _ level: Finding.Level, _ words: String...) -> Bool {
        finding?.level == level && words.allSatisfy { finding?.line.contains($0) == true }
    }

    /// Beside a server that runs, and then without it.
    @Test("a server that is well, and one that does not run")
    func well() async throws {
        let server = try await ServerProcess(["--tls-self-signed", "sync.example.org,127.0.0.1"])
        try await server.administer(["workspace", "create", "Treaty"])
        try await server.administer(["user", "add", "nino"])
        try await server.administer(["member", "add", "Treaty", "nino", "--role", "owner"])
        try server.start()
        try await server.administer(["backup", server.folder.path + "/friday"])
        let address = ["address-file": server.folder.path + "/address", "listen": "127.0.0.1:0"]
        let before = try FileManager.default.contentsOfDirectory(atPath: server.data).sorted()
        var found = try await examine(server.data, address)
        for (check, finding) in found { #expect(finding.level == .ok, "\(check): \(finding.line)") }
        #expect(found["server"]?.text.contains(server.url) == true)
        #expect(found["certificate"]?.text.contains("sync.example.org, 127.0.0.1, good for 3649 days") == true)
        #expect(found["open-files"]?.text.contains("may be open") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: server.data).sorted() == before)
        let said = try await server.administer(
            ["doctor", "--json", "--listen", "127.0.0.1:0", "--address-file", server.folder.path + "/address"])
        #expect(said.hasPrefix(#"{"is_healthy":true,"problem_count":0,"warning_count":0,"findings":[{"check":"#))

        found = try await examine(server.data, ["limits.connections": "1000000"].merging(address) { $1 })
        #expect(isSorry(found["open-files"], .warning, "LimitNOFILE"))
        // Another key than the one that is served.
        for name in ["tls-key.pem", "tls-certificate.pem"] { unlink(server.data + "/" + name) }
        try await server.administer(["init", "--tls-self-signed", "127.0.0.1"])
        found = try await examine(server.data, address)
        #expect(isSorry(found["server"], .problem, "another certificate", "reload"))
        #expect(server.stop() == 0)
        found = try await examine(server.data)
        #expect(isSorry(found["server"], .warning, "does not run"))
    }

    @Test("files, modes, configuration, certificate and backups")
    func files() async throws {
        let server = try await ServerProcess(["--tls-self-signed", "localhost"])
        let (data, now) = (server.data, wallTime())
        var found = try await examine(data)
        #expect(isSorry(found["backup"], .warning, "none is known"))
        chmod(data, 0o755)
        #expect(isSorry(try await examine(data)["files"], .problem, "755", "chmod 700"))
        chmod(data, 0o700)
        chmod(data + "/tls-key.pem", 0o644)
        #expect(isSorry(try await examine(data)["files"], .problem, "TLS key", "chmod 600"))
        chmod(data + "/tls-key.pem", 0o600)

        #expect(isSorry(try await examine(data, ["tls.key": "x"])["configuration"], .problem, "go together"))
        #expect(isSorry(try await examine(data, ["listen": "x"])["configuration"], .problem, "listen takes"))
        #expect(isSorry(try await examine(data, now: now + 3640 * day)["certificate"], .warning, "expires in 9 days"))
        #expect(isSorry(try await examine(data, now: now + 4000 * day)["certificate"], .problem, "has expired"))
        #expect(isSorry(try await examine(data, now: now - 4000 * day)["certificate"], .problem, "not good before"))
        let other = try await ServerProcess(["--tls-self-signed", "localhost"])
        let settings = ["tls.certificate": data + "/tls-certificate.pem", "tls.key": other.data + "/tls-key.pem"]
        #expect(isSorry(try await examine(data, settings)["certificate"], .problem, "fits"))

        let target = server.folder.path + "/kept"
        try await server.administer(["backup", target])
        #expect(try await examine(data)["backup"]?.level == .ok)
        #expect(isSorry(try await examine(data, now: now + 9 * day)["backup"], .warning, "8 days old"))
        #expect(isSorry(try await examine(data, now: now - 9 * day)["backup"], .warning, "clock"))
        try FileManager.default.removeItem(atPath: target)
        #expect(isSorry(try await examine(data)["backup"], .warning, "not at"))

        // One that was cut off, and one that is being made.
        mkdir(target + ".unfinished-99999999", 0o700)
        mkdir(target + "2.unfinished-\(getpid())", 0o700)
        found = try await examine(data)
        #expect(isSorry(found["leftovers"], .warning, "/kept.unfinished-99999999"))
        #expect(found["leftovers"]?.text.contains("kept2") == false)
        #expect(try await server.administer(["backup", target]).contains("kept.unfinished-99999999"))
        let plain = try await ServerProcess()
        found = try await examine(plain.data, ["listen": "0.0.0.0:1", "allow-plain-http": "yes"])
        #expect(isSorry(found["address"], .warning, "plain HTTP on 0.0.0.0"))
    }

    @Test("the database: schema, structure, clock, people, quotas")
    func database() async throws {
        let server = try await ServerProcess()
        let (data, now) = (server.data, wallTime())
        let token = try await server.makeTeam("nino", workspace: "Treaty")
        try server.start()
        let desk = try await Desk.withStore()
        try await desk.succeed("connect", server.url, "-t", token)
        try await desk.succeed("code", "add", "framing")
        try await desk.succeed("sync")
        var found = try await examine(data, now: now - day)
        #expect(isSorry(found["clock"], .problem, "set the clock"))
        found = try await examine(data)
        #expect(isSorry(found["owners"], .warning, "'Treaty'", "--role owner"))
        #expect(found["members"]?.level == .ok && found["clock"]?.level == .ok)
        #expect(isSorry(try await examine(data, now: now + 100 * day)["members"], .warning, "'nino'"))
        let bytes = try #require(
            try ServerDatabase(folder: data, cryptography: SeededCryptography(seed: 1)).condition(quietSince: 0)
                .holdings.first?.bytes)
        for (quota, level) in [(bytes, Finding.Level.problem), (bytes * 100 / 95, .warning), (bytes * 2, .ok)] {
            #expect(try await examine(data, ["limits.workspace-bytes": "\(quota)"])["quotas"]?.level == level)
        }
        #expect(server.stop() == 0)

        let path = data + "/server.sqlite"
        do {
            let db = try Connection(path: path)
            try db.execute("INSERT INTO migration (number, name, sha256) VALUES (99, '099-of-the-future', 'x')")
        }
        #expect(isSorry(try await examine(data)["schema"], .problem, "099-of-the-future"))
        do {
            let db = try Connection(path: path)
            try db.execute("DELETE FROM migration WHERE name > '003'")
        }
        #expect(isSorry(try await examine(data)["schema"], .warning, "002-identity.sql", "backup"))
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(repeating: 0xAA, count: 20_000))
        try file.close()
        #expect(try await examine(data)["database"]?.level == .problem)
        unlink(path)
        #expect(isSorry(try await examine(data)["database"], .problem, "no server store"))
        await #expect(throws: ServerProcess.Failure.self) { try await server.administer(["doctor"]) }
    }
}
