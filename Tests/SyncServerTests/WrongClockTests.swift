import AnnotationModel
import ChangeLog
import LocalStore
import TestSupport
import Testing

/// Clocks are for people: nobody's work wins, loses or is refused by them.
@Suite struct WrongClockTests {
    @Test func tenYearsEitherWayHarmNobody() async throws {
        let live = try await LiveServer()
        let (now, tenYears): (Int64, Int64) = (1_700_000_000_000, 315_576_000_000)
        let fast = try await live.device("fast", of: "ana", clock: TestClock(now + tenYears))
        let slow = try await live.device("slow", of: "ana", clock: TestClock(now - tenYears))
        let code = try fast.addCode("named by the fast clock")
        for device in [fast, slow] { try await device.sync() }
        let layer = try slow.layer(.shared)
        // Seen and written in place of it: what was written later counts, though its clock says twenty years earlier.
        try slow.store.write {
            try $0.set(Field.Code.name, of: code, in: layer, to: .text("renamed by the slow clock"))
        }
        for device in [slow, fast] { try await device.sync() }
        for device in [slow, fast] {
            #expect(try device.codes() == ["renamed by the slow clock"])
            #expect(try device.store.read { try $0.conflicts() }.isEmpty)
            #expect(try device.store.check().problems == [])
        }
    }
}
