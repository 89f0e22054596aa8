import ChangeLog
import LocalStore
import Testing

/// Who was away for years reads on from the cursor: feeds keep every change.
@Suite struct LongAbsenceTests {
    @Test func aDeviceComesBackAfterYears() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        let ben = try await live.device("ben", of: "ben")
        try ana.addCode("first")
        for device in [ana, ben] { try await device.sync() }
        // Ben works on a desert island.
        try ben.addCode("from the island")
        for number in 0..<200 {
            try ana.addCode("code \(number)")
            if number % 20 == 0 { try await ana.sync() }
        }
        try await ana.sync()
        let summary = try await ben.sync(pullBytes: 2000)
        #expect(summary.pushedCount == 1 && summary.pulledCount == 200)
        try await ana.sync()
        #expect(try ana.codes() == ben.codes() && ana.codes().count == 202)
        #expect(try ben.store.check().problems == [])
        // A device that joins now reads the same from the beginning.
        let tablet = try await live.device("tablet", of: "ben")
        try await tablet.sync(pullBytes: 2000)
        #expect(try tablet.codes() == ana.codes())
    }
}
