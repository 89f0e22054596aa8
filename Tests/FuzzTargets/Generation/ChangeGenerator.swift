import AnnotationModel
import ChangeLog
import WireFormat

/// Makes segments from the choices of an input: mostly chains as devices make them, at times with something wrong.
struct ChangeGenerator {
    /// Who makes changes.
    struct Maker {
        let replica: ReplicaID
        let author: MemberID
        let certificate: DeviceCertificate?
    }

    var operations: OperationGenerator
    let layers: [LayerID]
    let makers: [Maker]
    private var chains: [ChainName: (seq: UInt64, hash: Digest, lamport: UInt64)] = [:]
    private var lamports: [LayerID: UInt64] = [:]
    private let cryptography: FuzzCryptography

    init(_ source: ByteSource, layers: [LayerID], makers: [Maker], cryptography: FuzzCryptography) {
        operations = OperationGenerator(source, replicas: makers.map(\.replica))
        self.layers = layers
        self.makers = makers
        self.cryptography = cryptography
    }

    var source: ByteSource {
        get { operations.source }
        set { operations.source = newValue }
    }

    /// The next changes of some chain.
    mutating func segment() -> Segment {
        let (layer, maker) = (source.pick(layers), source.pick(makers))
        return segment(in: layer, by: maker)
    }

    mutating func segment(in layer: LayerID, by maker: Maker) -> Segment {
        let name = ChainName(layer: layer, replica: maker.replica)
        var (seq, hash, lamport) = chains[name] ?? (0, .zero, 0)
        // Who has not seen what others made counts on from its own: then counters meet.
        if source.chance(in: 2) { lamport = lamports[layer] ?? 0 }
        // One time in eight something about the segment is wrong.
        let fault = source.chance(in: 8) ? source.below(8) : -1
        if fault == 0 { seq = source.number() & 0x7FFF_FFFF_FFFF_FFFF }
        if fault == 1 { hash = cryptography.sha256([source.byte()]) }
        if fault == 2 { (seq, hash) = (0, .zero) }
        let firstSeq = min(seq + 1, UInt64(Int64.max) - 4)
        if fault == 3 { lamport = source.number() & 0x3FFF_FFFF_FFFF_FFFF }
        let entries: [Segment.Entry] = (0...source.below(3)).map { place in
            lamport += 1 + UInt64(source.below(3))
            return Segment.Entry(
                lamport: lamport, wallTime: wallTime(), body: body(maker.replica, firstSeq + UInt64(place)))
        }
        var segment = Segment(
            layer: layer, replica: maker.replica, author: fault == 4 ? source.identifier() : maker.author,
            firstSeq: firstSeq, previous: hash, entries: entries, signatures: [],
            certificate: fault == 5 ? nil : maker.certificate)
        if fault != 6 {
            segment.signatures = [Segment.SignedHead(seq: segment.lastSeq, signature: signature(fault == 7))]
        }
        if let last = segment.changes(using: cryptography).last {
            chains[name] = (last.header.seq, last.hash, lamport)
            lamports[layer] = max(lamports[layer] ?? 0, lamport)
        }
        return segment
    }

    private mutating func body(_ replica: ReplicaID, _ seq: UInt64) -> Segment.Body {
        if source.chance(in: 16) {
            return .withheld(
                source.chance(in: 2) ? .refused : .unavailable, payloadHash: cryptography.sha256([source.byte()]))
        }
        if source.chance(in: 16) { return .payload(source.bytes(source.below(32))) }
        let payload = Payload(
            action: source.chance(in: 4) ? source.identifier() : nil,
            undoes: source.chance(in: 8) ? source.identifier() : nil,
            operations: operations.operations(of: replica, seq: seq))
        return .payload(payload.encoded(by: replica))
    }

    private mutating func wallTime() -> Int64 {
        switch source.below(8) {
        case 0: 0
        case 1: WireLimits.wallTimeMax
        case 2: -WireLimits.wallTimeMax
        default: 1_700_000_000_000 + Int64(source.byte())
        }
    }

    func signature(_ isInvalid: Bool) -> Signature {
        let start: UInt8 = isInvalid ? FuzzCryptography.invalidMark : 1
        guard let signature = Signature(bytes: [start] + [UInt8](repeating: 7, count: 63)) else {
            preconditionFailure("64 bytes make a signature")
        }
        return signature
    }
}
