import AnnotationModel
import ChangeLog
import WireFormat

extension FuzzTarget {
    /// A merged record as a store's file has it, which may be damaged or forged.
    static let recordState = FuzzTarget(
        "record-state", "a stored record: decoding, encoding again, reading, merging one more operation",
        lengthMax: 4096
    ) { input in
        // The awaited dots stand in a column of their own: in front, with their length.
        var source = ByteSource(input)
        let awaited = source.bytes(source.below(128))
        let bytes = source.rest
        let state: RecordState
        do { state = try RecordState(decoding: bytes, awaited: awaited.isEmpty ? nil : awaited) } catch { return }
        let again = try RecordState(decoding: state.encoded, awaited: state.encodedAwaited)
        try require(again == state, "a record's state changes when it is encoded and decoded")
        try require(again.encoded == state.encoded, "a record's state is encoded in two ways")
        try requireRefusal("a state with a byte more is accepted") { _ = try RecordState(decoding: bytes + [0]) }
        try requireRefusal("a state without its last byte is accepted") {
            _ = try RecordState(decoding: bytes.dropLast())
        }
        _ = (state.conflicts, state.isAlive, state.lastStamp, state.editDots)
        for field in Set(state.elements.map(\.field) + state.registers.map(\.field)) {
            _ = (state.set(field), state.shown(field), state.writeOnce(field))
        }
        var merged = state
        let stamp = Stamp(
            replica: ReplicaID(high: 1, low: 1), seq: 1, lamport: 1, author: MemberID(high: 1, low: 1), wallTime: 0)
        merged.apply(
            Operation(
                record: RecordID(high: 1, low: 1), kind: .annotation, action: .delete(covers: state.editDots),
                supersedes: state.liveDots), index: 0, stamp: stamp,
            vector: VersionVector(Dictionary(state.liveDots.map { ($0.replica, $0.seq) }, uniquingKeysWith: max)))
        _ = (merged.isAlive, merged.encoded)
    }
}
