import AnnotationModel
import Foundation
import LocalStore
import SQLiteBinding
import TestSupport
import Testing

@Suite("The mark beside the database")
struct MarkFileTests {
    private func replica(of store: LocalStore) throws -> ReplicaID { try store.read { try $0.ownReplica() } }

    private func file(of store: LocalStore) -> String { store.folder.path + "/incarnation" }

    @Test("survives a power cut in the middle of a line: the store stays the same replica and goes on pushing")
    func tornLine() async throws {
        let team = try await Team(members: ["ana"], seed: 7)
        var device = try await team.device("laptop", of: "ana")
        let layer = try device.layer(.shared)
        func work() throws {
            try device.store.write { try $0.create(.code, in: layer, [(Field.Code.name, .text("code"))]) }
        }
        try work()
        try await device.sync()
        let before = try replica(of: device.store)

        let mark = file(of: device.store)
        let whole = try Data(contentsOf: URL(fileURLWithPath: mark))
        try (whole + Data("pushed 0123".utf8)).write(to: URL(fileURLWithPath: mark))
        device.store = try team.reopen(device.store)
        #expect(try replica(of: device.store) == before)

        try work()
        try await device.sync()
        let lines = try String(contentsOfFile: mark, encoding: .utf8).split(separator: "\n")
        #expect(lines.last?.hasSuffix(" 2") == true)
        #expect(!lines.contains("pushed 0123"))
        device.store = try team.reopen(device.store)
        #expect(try replica(of: device.store) == before)
    }

    @Test("is heard where a power cut took all that the database knew of itself: its old numbers are not given twice")
    func databaseFromItsFirstMoment() async throws {
        let team = try await Team(members: ["ana"], seed: 9)
        let device = try await team.device("laptop", of: "ana")
        let layer = try device.layer(.shared)
        try device.store.write { try $0.create(.code, in: layer, [(Field.Code.name, .text("sent"))]) }
        try await device.sync()
        let before = try replica(of: device.store)
        let database = try Connection(path: device.store.folder.database)
        try database.execute("DELETE FROM setting WHERE key = 'incarnation'")
        let reopened = try team.reopen(device.store)
        #expect(try replica(of: reopened) != before)
    }

    @Test("does not grow without end")
    func isCompacted() async throws {
        let team = try await Team(members: ["ana"], seed: 8)
        let device = try await team.device("laptop", of: "ana")
        let layer = try device.layer(.shared)
        for number in 0..<150 {
            try device.store.write { try $0.create(.code, in: layer, [(Field.Code.name, .text("\(number)"))]) }
            try await device.sync()
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: file(of: device.store))).count <= 8192)
        let reopened = try team.reopen(device.store)
        #expect(try replica(of: reopened) == replica(of: device.store))
    }
}
