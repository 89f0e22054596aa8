import AnnotationModel
import ChangeLog
import Testing
import WireFormat

/// What a newer version writes is kept by an older one, and never misread.
@Suite struct NewerVersionTests {
    @Test func operationsOfANewerVersionAreKeptByteForByte() throws {
        let payload = ExampleWorld.anaPayloads[2]
        let decoded = try Payload(decoding: payload.encoded(by: ExampleWorld.anaReplica), by: ExampleWorld.anaReplica)
        #expect(decoded.operations.last?.action == .unknown(ExampleWorld.unknownOperation))
        #expect(decoded == payload)
    }

    /// Told apart from damage, whatever the newer payload looks like behind its version.
    @Test(arguments: ["8502f6f68080", "8102", "880240f6a100f9000000008001", "85186300000000", "82024161"])
    func aPayloadOfANewerVersionIsKnownAsSuch(hex: String) {
        let error = #expect(throws: WireError.self) {
            try Payload(decoding: bytes(hexadecimal: hex), by: ExampleWorld.anaReplica)
        }
        #expect(error?.code == .unsupportedVersion)
    }

    @Test(arguments: ["80", "00", "8161", "8101", "8401f6f680", "8601f6f6808000"])
    func aDamagedPayloadIsNotTakenForANewerOne(hex: String) {
        let error = #expect(throws: WireError.self) {
            try Payload(decoding: bytes(hexadecimal: hex), by: ExampleWorld.anaReplica)
        }
        #expect(error?.code != .unsupportedVersion)
    }

    @Test func aMessageOfANewerVersionIsRefused() {
        var bytes = ExampleWorld.headsRequest.encoded
        bytes[1] = 2
        let error = #expect(throws: WireError.self) { try HeadsRequest(decoding: bytes) }
        #expect(error?.code == .unsupportedVersion)
    }
}
