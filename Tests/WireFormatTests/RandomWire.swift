import AnnotationModel
import ChangeLog
import Cryptography
import Simulation
import TestSupport
import WireFormat

/// Random values of every type on the wire, from a seed.
struct RandomWire {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func id<Tag>() -> Identifier<Tag> { Identifier(high: random.next(), low: random.next()) }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) } }

    mutating func digest() -> Digest { Digest(bytes: bytes(32)) ?? .zero }

    mutating func key() -> PublicKey {
        guard let key = PublicKey(bytes: bytes(32)) else { preconditionFailure("32 bytes make a key") }
        return key
    }

    mutating func signature() -> Signature {
        guard let signature = Signature(bytes: bytes(64)) else { preconditionFailure("64 bytes make a signature") }
        return signature
    }

    /// Small and huge ones about as often.
    mutating func counter() -> UInt64 { random.next() >> UInt64(1 + random.below(63)) }

    mutating func text() -> String {
        String((0..<random.below(12)).map { _ in random.pick(Array("aé ქ\u{301}🇬🇪\0\u{200F}ש\n")) })
    }

    mutating func optional<T>(_ make: (inout Self) -> T) -> T? { random.chance(1, in: 2) ? make(&self) : nil }

    mutating func list<T>(_ max: Int, _ make: (inout Self) -> T) -> [T] {
        (0..<random.below(max + 1)).map { _ in make(&self) }
    }

    // MARK: Changes

    mutating func value(depth: Int = 0) -> Value {
        switch random.below(depth < 4 ? 7 : 6) {
        case 0: .null
        case 1: .boolean(random.chance(1, in: 2))
        case 2: .integer(Int64(bitPattern: random.next()) >> Int64(random.below(64)))
        case 3: .text(text())
        case 4: Value(bytes: bytes(random.below(40)))
        case 5: .identifier(id())
        default: .list(list(4) { $0.value(depth: depth + 1) })
        }
    }

    mutating func field() -> Field { Field(rawValue: UInt16(truncatingIfNeeded: random.next()) >> random.below(16)) }

    mutating func dots(_ replicas: [ReplicaID]) -> [Dot] {
        list(4) { wire in
            Dot(
                replica: wire.random.pick(replicas), seq: wire.random.next() >> UInt64(wire.random.below(64)),
                index: UInt32(truncatingIfNeeded: wire.random.next()))
        }
    }

    mutating func fields() -> [FieldValue] {
        Set((0..<random.below(5)).map { _ in field() }).sorted().map { FieldValue($0, value()) }
    }

    mutating func operation(_ record: RecordID, _ kind: Kind, _ replicas: [ReplicaID]) -> ChangeLog.Operation {
        let action: OperationAction =
            switch random.below(8) {
            case 0: .create(fields())
            case 1: .write(field(), value(), isContested: true)
            case 2: .write(field(), value(), isContested: false)
            case 3: .add(field(), value())
            case 4: .remove(field(), value())
            case 5: .delete(covers: dots(replicas))
            case 6: .restore
            default: .unknown(unknownOperation())
            }
        switch action {
        case .create, .unknown: return Operation(record: record, kind: kind, action: action)
        default: return Operation(record: record, kind: kind, action: action, supersedes: dots(replicas))
        }
    }

    private mutating func unknownOperation() -> [UInt8] {
        var writer = CBORWriter()
        let rest = list(3) { $0.value() }
        writer.array(1 + rest.count)
        writer.unsigned(7 + counter())
        for value in rest { writer.value(value) }
        return writer.bytes
    }

    mutating func payload(by replica: ReplicaID) -> Payload {
        let replicas = [replica, id(), id()]
        let records: [(RecordID, Kind)] = (0..<3).map { _ in (id(), Kind(rawValue: field().rawValue)) }
        return Payload(
            action: optional { $0.id() }, undoes: optional { $0.id() },
            operations: list(8) { wire in
                let (record, kind) = wire.random.pick(records)
                return wire.operation(record, kind, replicas)
            })
    }

    mutating func segment() -> Segment {
        let (replica, firstSeq): (ReplicaID, UInt64) = (id(), 1 + counter() / 2)
        var lamport = counter() / 2
        let entries = (0...random.below(5)).map { _ in
            lamport += 1 + UInt64(random.below(1000))
            let body: Segment.Body =
                random.chance(1, in: 4)
                ? .withheld(random.pick(Withholding.allCases), payloadHash: digest())
                : .payload(payload(by: replica).encoded(by: replica))
            return Segment.Entry(lamport: lamport, wallTime: wallTime(), body: body)
        }
        let signed = entries.indices.filter { _ in random.chance(1, in: 2) }
        return Segment(
            layer: id(), replica: replica, author: id(), firstSeq: firstSeq, previous: digest(), entries: entries,
            signatures: signed.map { Segment.SignedHead(seq: firstSeq + UInt64($0), signature: signature()) },
            certificate: optional { $0.certificate() })
    }

    mutating func certificate() -> DeviceCertificate {
        DeviceCertificate(member: id(), publicKey: key(), signature: optional { $0.signature() })
    }

    mutating func snapshotHead() -> SnapshotHead {
        let replicas: [ReplicaID] = list(4) { $0.id() }
        return SnapshotHead(
            layer: id(), epoch: id(), position: 1 + counter() / 2, feedHash: digest(),
            chains: Set(replicas).sorted().map { replica in
                SnapshotHead.Chain(
                    replica: replica, seq: UInt64(1 + random.below(1 << 31)), hash: digest(), lamport: counter())
            }, recordCount: counter(), pieces: list(3) { $0.digest() })
    }

    mutating func device() -> ReplicaDevice { ReplicaDevice(replica: id(), certificate: certificate()) }

    // MARK: Messages

    mutating func introduction() -> DeviceIntroduction {
        DeviceIntroduction(publicKey: key(), deviceName: text(), signature: signature())
    }

    mutating func roster() -> [RosterEntry] {
        list(3) { RosterEntry(member: $0.id(), name: $0.text(), role: UInt8(truncatingIfNeeded: $0.random.next())) }
    }

    mutating func heads() -> Heads {
        Heads(
            layers: list(4) { wire in
                LayerHead(
                    layer: wire.id(), kind: UInt8(truncatingIfNeeded: wire.random.next()),
                    owner: wire.optional { $0.id() },
                    isWritable: wire.random.chance(1, in: 2), epoch: wire.id(), position: wire.counter(),
                    feedHash: wire.digest())
            }, members: roster())
    }

    mutating func cursor() -> FeedCursor {
        FeedCursor(layer: id(), epoch: id(), position: counter(), feedHash: digest())
    }

    mutating func result() -> SegmentResult {
        SegmentResult(
            layer: id(), replica: id(), status: random.pick(SegmentResult.Status.allCases), heldSeq: counter(),
            conflictSeq: counter(), epoch: id(), firstPosition: counter(), lastPosition: counter(), feedHash: digest(),
            signature: optional { $0.signature() }, refused: list(3) { $0.counter() }, explanation: text(),
            receivedAt: optional { $0.wallTime() }, receipt: optional { $0.signature() })
    }

    mutating func wallTime() -> Int64 {
        let time = Int64(bitPattern: random.next()) >> Int64(11 + random.below(50))
        return max(time, -WireLimits.wallTimeMax)
    }

    mutating func receipt() -> ChainReceipt {
        ChainReceipt(
            layer: id(), replica: id(),
            receipt: Receipt(seq: counter(), receivedAt: wallTime(), signature: signature()))
    }

    mutating func page() -> FeedPage {
        FeedPage(
            layer: id(), status: random.pick(FeedPage.Status.allCases), epoch: id(), segments: list(2) { $0.segment() },
            position: counter(), feedHash: digest(), signature: optional { $0.signature() }, headPosition: counter())
    }

    // MARK: States

    /// A state as merging makes it: from random operations of three replicas on one record.
    mutating func state() -> RecordState {
        let record: RecordID = id()
        let replicas: [ReplicaID] = [id(), id(), id()]
        let authors: [MemberID] = [id(), id(), id()]
        var seqs = [UInt64](repeating: 0, count: 3)
        var lamport: UInt64 = 0
        var state = LayerState()
        for _ in 0..<random.below(20) {
            let place = random.below(3)
            seqs[place] += 1
            lamport += UInt64(random.below(3))
            let stamp = Stamp(
                replica: replicas[place], seq: seqs[place], lamport: lamport, author: authors[place],
                wallTime: Int64(random.below(1 << 40)))
            let operations = (0...random.below(3)).map { _ in operation(record, Kind(rawValue: 8), replicas) }
            state.receive(stamp, operations)
        }
        return state.records[record] ?? RecordState()
    }
}
