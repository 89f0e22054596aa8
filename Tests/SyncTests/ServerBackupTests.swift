import AnnotationModel
import ChangeLog
import Foundation
import LocalStore
import ServerStore
import SyncClient
import TestSupport
import Testing

/// A server that was put back to a backup, taken while its team was pushing, and the devices that meet it.
@Suite struct ServerBackupTests {
    private func write(_ memo: String, on device: Device) throws {
        let layer = try device.layer(.shared)
        try device.store.write { try $0.create(.memo, in: layer, [(Field.Memo.body, .text(memo))]) }
    }

    private func memos(_ device: Device) throws -> Set<String> {
        try Set(device.store.read { try $0.memos() }.map(\.body))
    }

    @Test func devicesBringBackWhatARestoredServerHasForgotten() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let (ana, ben) = (try await team.device("ana", of: "ana"), try await team.device("ben", of: "ben"))
        let database = try ServerDatabase(folder: team.serverFolder, cryptography: team.cryptography)
        let backup = team.folder.subfolder("backup")
        var expected: Set<String> = ["acknowledged"]
        try write("acknowledged", on: ana)
        try await ana.sync()
        let pushed = try await withThrowingTaskGroup(of: Set<String>.self) { group in
            group.addTask {
                try (0..<20).forEach { try write("meanwhile \($0)", on: ben) }
                try await ben.sync()
                return Set((0..<20).map { "meanwhile \($0)" })
            }
            try database.copy(to: backup + "/server.sqlite") { _, _ in }
            return try await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        expected.formUnion(pushed)
        #expect(try ServerDatabase(folder: backup, cryptography: team.cryptography).facts().changeCount > 0)
        try await ana.sync()
        try write("after", on: ana)
        try await ana.sync()
        expected.insert("after")

        try team.restoreServer(from: backup)
        try await ana.sync()
        try await ben.sync()
        try await ana.sync()
        #expect(try memos(ana) == expected && memos(ben) == expected)
        let (first, second) = (try ana.fingerprint(), try ben.fingerprint())
        for (layer, print) in first where second[layer] != nil { #expect(second[layer] == print) }
        // A device that has never seen the lost feed gets everything from the restored server.
        let phone = try await team.device("phone", of: "ana")
        try await phone.sync()
        #expect(try memos(phone) == expected)
        let restored = try ServerDatabase(folder: team.serverFolder, cryptography: team.cryptography)
        let report = try restored.check { _, _ in }
        #expect(report.problems == [] && report.signatureCount > 0)
        #expect(
            try ServerAudit.problems(in: team.serverFolder + "/server.sqlite", using: team.cryptography) == [])
    }
}
