public import AnnotationModel
public import ChangeLog
import Cryptography
import WireFormat

/// A replica that makes changes by hand: right ones, and wrong ones in one respect.
public struct Maker: Sendable {
    public let layer: LayerID
    public let replica: ReplicaID
    public let author: MemberID
    public let key: SigningKey
    public private(set) var changes: [Change] = []
    private let cryptography = OpenSSLCryptography()

    public init(of author: MemberID, key: SigningKey, in layer: LayerID, replica: ReplicaID? = nil) {
        self.layer = layer
        self.replica = replica ?? cryptography.randomIdentifier()
        self.author = author
        self.key = key
    }

    /// A payload of about so many bytes.
    public static func payload(bytes count: Int = 10, by replica: ReplicaID) -> [UInt8] {
        let record = RecordID(high: 7, low: UInt64(count))
        let text = String(repeating: "x", count: count)
        return Payload(operations: [
            Operation(
                record: record, kind: Kind(rawValue: 8),
                action: .write(Field(rawValue: 5), .text(text), isContested: true))
        ]).encoded(by: replica)
    }

    /// Makes the next change of the chain.
    @discardableResult
    public mutating func make(
        lamport: UInt64? = nil, wallTime: Int64 = 1_700_000_000_000, payload: [UInt8]? = nil, payloadBytes: Int = 10,
        withheld: Withholding? = nil
    ) -> Change {
        let content = payload ?? Self.payload(bytes: payloadBytes, by: replica)
        let header = ChangeHeader(
            layer: layer, replica: replica, seq: UInt64(changes.count + 1), author: author,
            lamport: lamport ?? (changes.last?.header.lamport ?? 0) + 1, wallTime: wallTime,
            previous: changes.last?.hash ?? .zero, payloadHash: cryptography.sha256(content))
        let change = Change(
            header: header, hash: header.hash(using: cryptography), payload: withheld == nil ? content : nil,
            withheld: withheld)
        changes.append(change)
        return change
    }

    public mutating func make(count: Int) { for _ in 0..<count { make() } }

    public mutating func make(_ operation: ChangeLog.Operation) {
        make(payload: Payload(operations: [operation]).encoded(by: replica))
    }

    /// A segment of the changes `first` to `last`, by seq, signed at its end.
    public func segment(
        _ first: Int = 1, through last: Int? = nil, previous: Digest? = nil, signedBy signer: SigningKey? = nil,
        isSigned: Bool = true, certificate: DeviceCertificate? = nil
    ) -> Segment {
        let run = Array(changes[(first - 1)..<(last ?? changes.count)])
        let whole = Segment(packing: run)
        let given = Segment(
            layer: whole.layer, replica: whole.replica, author: whole.author, firstSeq: whole.firstSeq,
            previous: previous ?? whole.previous, entries: whole.entries, signatures: [], certificate: certificate)
        guard isSigned, let end = given.changes(using: cryptography).last else { return given }
        let statement = SignedStatement.chainHead(
            layer: layer, replica: replica, seq: end.header.seq, hash: end.hash)
        var signed = given
        signed.signatures = [
            Segment.SignedHead(seq: end.header.seq, signature: cryptography.sign(statement, with: signer ?? key))
        ]
        return signed
    }
}
