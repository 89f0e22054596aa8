import AnnotationModel
import ChangeLog
import Cryptography
import Foundation
import Testing
import WireFormat

/// What is written today has the bytes that are checked in: other programs, and stores already written, rely on them.
///
/// A change of the format that is meant: `VARIORUM_RECORD=1 swift test --filter VectorTests`, then `scripts/vectors`.
@Suite struct VectorTests {
    private static let isRecording = ProcessInfo.processInfo.environment["VARIORUM_RECORD"] == "1"

    @Test(arguments: Vector.all.map(\.name)) func encodesAsCheckedIn(name: String) throws {
        let vector = try #require(Vector.all.first { $0.name == name })
        if Self.isRecording {
            try FileManager.default.createDirectory(atPath: Vector.folder, withIntermediateDirectories: true)
            try vector.text.write(toFile: vector.path, atomically: true, encoding: .utf8)
        }
        let checkedIn = try String(contentsOfFile: vector.path, encoding: .utf8)
        #expect(vector.text == checkedIn)
    }

    @Test func noVectorIsLeftOver() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Vector.folder).filter { $0.hasSuffix(".hex") }
        #expect(Set(files) == Set(Vector.all.map { $0.name + ".hex" }))
    }

    @Test func decodesToWhatWasEncoded() throws {
        typealias World = ExampleWorld
        for (change, payload) in zip(World.anaChanges, World.anaPayloads) {
            let encoded = payload.encoded(by: World.anaReplica)
            #expect(try Payload(decoding: encoded, by: World.anaReplica) == payload)
            #expect(World.cryptography.sha256(encoded) == change.header.payloadHash)
        }
        #expect(try Segment(decoding: World.anaSegment.encoded).changes(using: World.cryptography) == World.anaChanges)
        #expect(try PushReply(decoding: World.pushReply.encoded) == World.pushReply)
        #expect(try PullReply(decoding: World.pullReply.encoded) == World.pullReply)
        #expect(try Bundle(decoding: World.bundle.encoded) == World.bundle)
    }
}
