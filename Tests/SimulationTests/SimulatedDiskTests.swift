import AnnotationModel
import SQLiteBinding
import Testing

@testable import Simulation

/// The simulated disk forgets what a real one may forget, and nothing else.
@Suite struct SimulatedDiskTests {
    private let machine = SimulatedMachine(name: "m")
    private let vfs = SimulatedVFS(seed: 1, clock: { 0 })

    init() { vfs.add(machine) }

    private func open(isFullySynchronous: Bool) throws -> Connection {
        var options = Connection.Options()
        options.vfs = vfs.name
        options.isFullySynchronous = isFullySynchronous
        let db = try Connection(path: "/m/db", options: options)
        try db.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, text TEXT)")
        return db
    }

    private func insert(_ number: Int, into db: Connection) throws {
        try db.transaction {
            let insert = try db.statement("INSERT INTO t VALUES (?1, ?2)")
            insert.bind(number, at: 1)
            insert.bind(String(repeating: "x", count: number * 37 % 5000), at: 2)
            try insert.run()
        }
    }

    /// How many rows there are; the first ones, without a gap, in a database that is whole.
    private func count(_ db: Connection) throws -> Int {
        let check = try db.prepare("PRAGMA integrity_check")
        #expect(try check.step() && check.text(0) == "ok")
        let select = try db.prepare("SELECT count(*), coalesce(max(n) + 1, 0) FROM t")
        #expect(try select.step() && select.int(0) == select.int(1))
        return select.int(0)
    }

    @Test func whatWasCommittedSurvivesEveryPowerCut() throws {
        var random = SplitMix64(seed: 2)
        var made = 0
        for _ in 0..<100 {
            let db = try open(isFullySynchronous: true)
            #expect(try count(db) == made)
            for _ in 0..<(1 + random.below(6)) {
                try insert(made, into: db)
                made += 1
            }
            machine.cutPower(&random)
        }
    }

    @Test func withoutFullSynchronisationTheLastCommitsMayGoAndNoOthers() throws {
        var random = SplitMix64(seed: 3)
        var (made, losses) = (0, 0)
        for _ in 0..<100 {
            let db = try open(isFullySynchronous: false)
            let found = try count(db)
            #expect(found <= made)
            if found < made { losses += 1 }
            made = found
            for _ in 0..<(1 + random.below(6)) {
                try insert(made, into: db)
                made += 1
            }
            machine.cutPower(&random)
        }
        #expect(losses > 5)
    }

    @Test func aCrashInTheMiddleOfACallLeavesAllOrNothing() throws {
        var random = SplitMix64(seed: 4)
        var (made, failures) = (0, 0)
        for call in 1...60 {
            var db: Connection? = try open(isFullySynchronous: true)
            let before = try count(db!)
            #expect(before == made || before == made + 1)
            made = before
            machine.faults.arm(.crash, atCall: call % 12 + 1)
            do {
                try insert(made, into: db!)
                made += 1
            } catch {
                failures += 1
                // A dead process writes nothing more.
                #expect(throws: (any Error).self) { try insert(made, into: db!) }
            }
            if random.chance(1, in: 2) { machine.cutPower(&random) } else { machine.kill() }
            db = nil
        }
        #expect(failures > 10)
    }

    @Test func aKillKeepsWhatWasWritten() throws {
        let db = try open(isFullySynchronous: false)
        for number in 0..<20 { try insert(number, into: db) }
        machine.kill()
        #expect(try count(open(isFullySynchronous: false)) == 20)
    }

    @Test func aFileThatWasNotFlushedMayBeAnything() {
        var kept: Set<[UInt8]> = []
        for seed in 0..<200 {
            let file = SimulatedFile(inode: 1)
            [UInt8](repeating: 1, count: 4).withUnsafeBytes { file.write($0, at: 0) }
            file.synchronise()
            [UInt8](repeating: 2, count: 2).withUnsafeBytes { file.write($0, at: 1) }
            [UInt8](repeating: 3, count: 2).withUnsafeBytes { file.write($0, at: 4) }
            var random = SplitMix64(seed: UInt64(seed))
            file.cutPower(&random)
            kept.insert(file.data)
        }
        #expect(kept == [[1, 1, 1, 1], [1, 2, 2, 1], [1, 2, 2, 1, 3, 3], [1, 1, 1, 1, 3, 3]])
    }

    @Test func aRenameIsSureOnceTheFolderIsFlushed() throws {
        var outcomes: Set<String> = []
        for seed in 0..<100 {
            let machine = SimulatedMachine(name: "n")
            let files = SimulatedFileSystem(machine)
            try files.write([1], to: "/n/a")
            try files.write([2], to: "/n/b")
            try files.synchroniseFolder(of: "/n/b")
            try files.rename("/n/b", to: "/n/a")
            if seed % 2 == 0 { try files.synchroniseFolder(of: "/n/a") }
            var random = SplitMix64(seed: UInt64(seed))
            machine.cutPower(&random)
            let outcome = "\(machine.file("/n/a")?.data ?? []) \(machine.file("/n/b")?.data ?? [])"
            if seed % 2 == 0 { #expect(outcome == "[2] []") }
            outcomes.insert(outcome)
        }
        #expect(outcomes == ["[2] []", "[1] [2]"])
    }
}
