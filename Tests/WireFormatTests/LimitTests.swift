import AnnotationModel
import ChangeLog
import Testing
import WireFormat

/// Limits are errors, found before memory is set aside for what a number promises.
@Suite struct LimitTests {
    private typealias World = ExampleWorld

    private func segment(changes: Int, payload: [UInt8] = []) -> Segment {
        Segment(
            layer: World.shared, replica: World.anaReplica, author: World.ana, firstSeq: 1, previous: .zero,
            entries: (0..<changes).map { Segment.Entry(lamport: UInt64($0 + 1), wallTime: 0, body: .payload(payload)) },
            signatures: [])
    }

    private func payload(_ operations: [ChangeLog.Operation]) throws -> Payload {
        try Payload(decoding: Payload(operations: operations).encoded(by: World.anaReplica), by: World.anaReplica)
    }

    private func write(_ value: Value, supersedes: [Dot] = []) -> ChangeLog.Operation {
        Operation(
            record: World.annotation, kind: Kind(rawValue: 8),
            action: .write(Field(rawValue: 5), value, isContested: false), supersedes: supersedes)
    }

    private func expectTooLarge(_ body: () throws -> Void) {
        let error = #expect(throws: WireError.self) { try body() }
        #expect(error?.code == .tooLarge)
    }

    @Test func changesInASegment() throws {
        let most = segment(changes: WireLimits.segmentChangesMax)
        #expect(try Segment(decoding: most.encoded) == most)
        expectTooLarge { _ = try Segment(decoding: segment(changes: WireLimits.segmentChangesMax + 1).encoded) }
        #expect(throws: WireError.self) { try Segment(decoding: segment(changes: 0).encoded) }
    }

    @Test func bytesOfAPayload() throws {
        let most = [UInt8](repeating: 1, count: WireLimits.payloadBytesMax)
        _ = try Segment(decoding: segment(changes: 1, payload: most).encoded)
        expectTooLarge { _ = try Segment(decoding: segment(changes: 1, payload: most + [1]).encoded) }
        expectTooLarge { _ = try Payload(decoding: most + [1], by: World.anaReplica) }
    }

    @Test func depthOfAValue() throws {
        func nested(_ depth: Int) -> Value { (0..<depth).reduce(.null) { value, _ in .list([value]) } }
        _ = try payload([write(nested(WireLimits.depthMax))])
        expectTooLarge { _ = try payload([write(nested(WireLimits.depthMax + 1))]) }
        // An operation of a newer version is skipped, and its values may nest as deep.
        func newer(_ depth: Int) -> ChangeLog.Operation {
            var writer = CBORWriter()
            writer.array(2)
            writer.unsigned(99)
            writer.value(nested(depth))
            return Operation(record: RecordID(high: 1, low: 1), kind: .annotation, action: .unknown(writer.bytes))
        }
        _ = try payload([newer(WireLimits.depthMax)])
        expectTooLarge { _ = try payload([newer(WireLimits.depthMax + 1)]) }
        // The same for what is kept unread, and far deeper than any stack.
        let deep = [UInt8](repeating: 0x81, count: 500_000)
        expectTooLarge {
            _ = try payload([
                Operation(record: World.code, kind: Kind(rawValue: 1), action: .unknown([0x82, 0x18, 99] + deep))
            ])
        }
    }

    /// A few changes by anybody in the team can bring more entries into one record than one change may hold.
    @Test func entriesOfARecord() throws {
        let stamp = Stamp(replica: World.anaReplica, seq: 1, lamport: 1, author: World.ana, wallTime: 0)
        let count = UInt32(WireLimits.operationsMax + 1)
        let state = RecordState(
            creations: [],
            registers: (0..<count).reversed().map {
                .init(stamp: stamp, index: $0, field: Field(rawValue: 5), value: .null, isContested: true)
            }, elements: [], deletions: [], restorations: [],
            awaited: (0..<3 * count).map { Dot(replica: World.anaReplica, seq: 9, index: $0) })
        #expect(try RecordState(decoding: state.encoded, awaited: state.encodedAwaited) == state)
    }

    @Test func dotsOfAnOperation() throws {
        let dots = (0...UInt64(WireLimits.dotsMax)).map { Dot(replica: World.anaReplica, seq: $0, index: 0) }
        _ = try payload([write(.null, supersedes: Array(dots.dropLast()))])
        expectTooLarge { _ = try payload([write(.null, supersedes: dots)]) }
    }

    @Test func operationsOfAChange() throws {
        // In groups and in one.
        let many = (0...WireLimits.operationsMax).map { place in
            Operation(
                record: place % 2 == 0 ? World.code : World.annotation, kind: Kind(rawValue: 8),
                action: .unknown([0x81, 0x07]))
        }
        #expect(throws: WireError.self) { try payload(many) }
        expectTooLarge { _ = try payload(many.map { Operation(record: World.code, kind: $0.kind, action: $0.action) }) }
    }

    @Test func lengthOfNames() throws {
        let name = String(repeating: "é", count: 500)
        let entry = RosterEntry(member: World.ana, name: name)
        _ = try Heads(decoding: Heads(layers: [], members: [entry]).encoded)
        expectTooLarge {
            let long = RosterEntry(member: World.ana, name: name + "x")
            _ = try Heads(decoding: Heads(layers: [], members: [long]).encoded)
        }
        let key = World.anaKey.publicKey
        expectTooLarge {
            let request = ConnectRequest(publicKey: key, deviceName: String(repeating: "x", count: 201))
            _ = try ConnectRequest(decoding: request.encoded)
        }
    }

    @Test func countsAndLengthsThatCannotBeTrue() {
        // [1, workspace, [a count of 2^63 - 1 …
        var writer = CBORWriter()
        writer.array(3)
        writer.unsigned(1)
        writer.identifier(World.workspace)
        for head in ["9b7fffffffffffffff", "9affffffff", "9a000fffff"] {
            #expect(throws: WireError.self) { try PushRequest(decoding: writer.bytes + bytes(hexadecimal: head)) }
        }
        for head in [
            "5b7fffffffffffffff", "5bffffffffffffffff", "7b7fffffffffffffff", "9bffffffffffffffff",
            "bbffffffffffffffff",
        ] {
            var reader = CBORReader(bytes(hexadecimal: head))
            #expect(throws: WireError.self) { try reader.value() }
            var skipping = CBORReader(bytes(hexadecimal: head))
            #expect(throws: WireError.self) { try skipping.skipItem() }
        }
    }

    @Test func lamportCountersThatDoNotGrow() {
        for steps: [UInt64] in [[5, 5], [5, 4], [UInt64(Int64.max), UInt64(Int64.max) + 1], [UInt64.max]] {
            let bad = Segment(
                layer: World.shared, replica: World.anaReplica, author: World.ana, firstSeq: 1, previous: .zero,
                entries: steps.map { Segment.Entry(lamport: $0, wallTime: 0, body: .payload([])) }, signatures: [])
            #expect(throws: WireError.self) { try Segment(decoding: bad.encoded) }
        }
    }
}
