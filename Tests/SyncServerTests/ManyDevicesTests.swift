import ChangeLog
import Foundation
import Testing

/// Many at once over real connections: everybody ends with the same, and nothing is missing.
@Suite struct ManyDevicesTests {
    @Test func tenDevicesSyncAtOnce() async throws {
        let live = try await LiveServer(members: (0..<10).map { "member \($0)" })
        var devices: [LiveDevice] = []
        for number in 0..<10 { devices.append(try await live.device("device \(number)", of: "member \(number)")) }
        for round in 0..<4 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, device) in devices.enumerated() {
                    group.addTask {
                        try device.addCode("\(number) in round \(round)")
                        try await device.sync()
                    }
                }
                try await group.waitForAll()
            }
        }
        for device in devices { try await device.sync() }
        let expected = Set((0..<10).flatMap { number in (0..<4).map { "\(number) in round \($0)" } })
        for device in devices { #expect(try device.codes() == expected) }
    }
}
