import AnnotationModel
import ChangeLog
import WireFormat

extension FuzzTarget {
    /// The payload of a change as somebody else's device encoded it, and what merging makes of it.
    static let payload = FuzzTarget(
        "payload", "a change's payload: decoding, encoding again, merging", lengthMax: 4096
    ) { input in
        let payload: Payload
        do { payload = try Payload(decoding: input, by: maker) } catch { return }
        try requireStable(payload)
        try requireRefusal("a payload with a byte more is accepted") {
            _ = try Payload(decoding: input + [0], by: maker)
        }
        try requireRefusal("a payload without its last byte is accepted") {
            _ = try Payload(decoding: input.dropLast(), by: maker)
        }
        var state = LayerState()
        for seq in 1...2 as ClosedRange<UInt64> {
            state.receive(
                Stamp(replica: maker, seq: seq, lamport: seq, author: MemberID(high: 1, low: 1), wallTime: 0),
                payload.operations)
        }
        for record in state.records.values { try requireSound(record) }
    }

    static let maker = ReplicaID(high: 0x11, low: 1)

    /// The bytes of a payload are the truth, and may be written in more than one way; what they mean is one thing.
    static func requireStable(_ payload: Payload, by maker: ReplicaID = maker) throws {
        let encoded = payload.encoded(by: maker)
        // Naming each replica of a dot once may make it longer, never too long for what it was made from.
        let again = try Payload(decoding: encoded, by: maker)
        try require(again == payload, "a payload changes when it is encoded and decoded")
        try require(again.encoded(by: maker) == encoded, "a payload is encoded in two ways")
    }
}

/// Asks a merged record everything that a store and a front end ask of it.
func requireSound(_ state: RecordState) throws {
    let encoded = state.encoded
    let decoded = try RecordState(decoding: encoded, awaited: state.encodedAwaited)
    try require(decoded == state, "a record's state changes when it is stored and read")
    try require(decoded.encoded == encoded, "a record's state is encoded in two ways")
    _ = state.conflicts
    _ = state.lastStamp
    _ = state.isEmpty
    let (record, kind) = (RecordID(high: 1, low: 1), state.kind ?? .annotation)
    for field in Set(state.registers.map(\.field)) {
        _ = state.shown(field)
        try require(!state.candidates(field).isEmpty, "a register with writes has none")
        let write = state.write(.null, to: field, isContested: false, of: record, kind)
        try require(write.supersedes.count == state.candidates(field).count, "a write leaves a live value")
    }
    for field in Set(state.elements.map(\.field)) {
        let set = state.set(field)
        try require(set == Array(Set(set)).sorted(), "a set lists an element twice or out of order")
        for element in set {
            try require(state.add(element, to: field, of: record, kind) == nil, "an element that is there is added")
            try require(state.remove(element, from: field, of: record, kind) != nil, "an element cannot be removed")
        }
    }
    try require((state.delete(record, kind) != nil) == state.isAlive, "what is alive can be deleted and nothing else")
    _ = state.restore(record, kind)
}
