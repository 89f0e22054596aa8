public import AnnotationModel
public import ChangeLog

/// Goes through one replica's chain in one layer, from its first change on, and proves what can be proved of it.
///
/// Each header names the hash of the one before, and the device has signed heads of the chain: so whoever holds it
/// whole knows that up to the last signature nothing was altered, left out, put in or moved, and whose key made it. The
/// server's receipts say by when. What nothing can show is that a device has told of all that it wrote since.
///
/// Complexity: O(1) memory, one hash a change, one check a signature.
public struct ChainVerifier: Sendable {
    private let device: DeviceCertificate?
    private let isAuthorVouched: Bool
    private let server: KnownServer?
    private let cryptography: any CryptographyProvider
    private var previous = Digest.zero
    private var lamport: UInt64 = 0
    private var latestAt = Int64.min
    /// What was found so far.
    public private(set) var proof: ChainProof

    /// - Parameters:
    ///   - device: Whose key the chain has to be signed with; `nil` where nobody has said.
    ///   - isAuthorVouched: Whether the device's member has to be the author. In a layer that no server has, who the author is
    ///     stays the maker's own word.
    ///   - base: Where a snapshot stands for the chain; it is followed from there on. `nil` for its beginning.
    ///   - server: Whose word counts for certificate and receipts; `nil` for none.
    public init(
        layer: LayerID, replica: ReplicaID, device: DeviceCertificate?, isAuthorVouched: Bool = true,
        from base: SnapshotHead.Chain? = nil, server: KnownServer?, using cryptography: any CryptographyProvider
    ) {
        self.device = device
        self.isAuthorVouched = isAuthorVouched
        self.server = server
        self.cryptography = cryptography
        proof = ChainProof(layer: layer, replica: replica, device: device, baseSeq: base?.seq ?? 0)
        if let base { (previous, lamport) = (base.hash, base.lamport) }
        guard let server, let device, device.signature != nil else { return }
        proof.isVouched = device.isVouched(by: server.server, key: server.key, using: cryptography)
        if !proof.isVouched { proof.problems.append("the device's certificate is not signed by the server") }
    }

    /// Takes the next change.
    ///
    /// - Parameters:
    ///   - header: As it was told; its `payloadHash` is that of the payload, where that is there.
    ///   - hash: What is claimed to be the header's.
    /// - Returns: Whether it makes sense to go on: not behind a gap or a change that was altered.
    public mutating func take(
        _ header: ChangeHeader, hash: Digest, hasPayload: Bool, signature: Signature?, receipt: Receipt?
    ) -> Bool {
        let seq = proof.changeCount + 1
        guard header.seq == seq else {
            proof.problems.append(header.seq > seq ? "change \(seq) is missing" : "change \(header.seq) is there twice")
            return false
        }
        guard header.previous == previous, header.hash(using: cryptography) == hash else {
            proof.problems.append("change \(seq) was altered")
            return false
        }
        if header.lamport <= lamport { proof.problems.append("change \(seq) goes back in time") }
        proof.note(header, hasPayload: hasPayload)
        previous = hash
        lamport = header.lamport
        // An author's own times need not grow, but what was set back by more than clocks differ deserves a word.
        if latestAt > Int64.min, header.wallTime < latestAt - ChainProof.clockTolerance {
            proof.doubts.append(
                ChainProof.Doubt(
                    seq: seq, claimedAt: header.wallTime, otherAt: latestAt, claim: .beforeAnEarlierChange))
        }
        latestAt = max(latestAt, header.wallTime)
        if let signature { check(signature, of: header, hash) }
        if let receipt { check(receipt, of: header, hash) }
        return true
    }

    private mutating func check(_ signature: Signature, of header: ChangeHeader, _ hash: Digest) {
        guard let device else {
            proof.problems.append("nobody knows whose device this is")
            return
        }
        let statement = SignedStatement.chainHead(
            layer: proof.layer, replica: proof.replica, seq: header.seq, hash: hash)
        guard cryptography.isValid(signature, of: statement, by: device.publicKey) else {
            proof.problems.append("the signature at change \(header.seq) does not hold")
            return
        }
        if isAuthorVouched, header.author != device.member {
            proof.problems.append("change \(header.seq) is signed by a device of somebody else than its author")
        }
        proof.signatureCount += 1
        proof.signedSeq = header.seq
    }

    private mutating func check(_ receipt: Receipt, of header: ChangeHeader, _ hash: Digest) {
        guard let server else { return }
        guard receipt.seq == header.seq,
            receipt.isValid(
                layer: header.layer, replica: header.replica, hash: hash, by: server, using: cryptography)
        else {
            proof.problems.append("the receipt at change \(header.seq) does not hold")
            return
        }
        // Of two receipts the one for the later change shows as much for the earlier, where it is as old.
        while let before = proof.receipts.last, before.receivedAt >= receipt.receivedAt { proof.receipts.removeLast() }
        proof.receipts.append(receipt)
        if header.wallTime > receipt.receivedAt + ChainProof.clockTolerance {
            proof.doubts.append(
                ChainProof.Doubt(
                    seq: header.seq, claimedAt: header.wallTime, otherAt: receipt.receivedAt, claim: .afterItsReceipt))
        }
    }
}

/// What is proved of one chain.
public struct ChainProof: Sendable {
    /// A change's own time does not fit its place in the chain or its receipt. The order is proved all the same; a device's
    /// clock was wrong, or somebody set it.
    public struct Doubt: Hashable, Sendable {
        public enum Claim: Sendable {
            /// It says that it was made before something that comes before it in the chain.
            case beforeAnEarlierChange
            /// It says that it was made after the server had it.
            case afterItsReceipt
        }

        public let seq: UInt64
        /// The change's own time, in milliseconds since 1970.
        public let claimedAt: Int64
        /// What it does not fit: the earlier change's time, or the receipt's.
        public let otherAt: Int64
        public let claim: Claim
    }

    /// By how much clocks may differ before it is worth a word, in milliseconds.
    public static let clockTolerance: Int64 = 300_000

    public let layer: LayerID
    public let replica: ReplicaID
    public let device: DeviceCertificate?
    /// Whether the server says that the device is its member's.
    public fileprivate(set) var isVouched = false
    public fileprivate(set) var changeCount: UInt64
    /// Up to where a snapshot stands for the chain, by the server's word alone; 0 where it is followed from its first change.
    public let baseSeq: UInt64
    /// Changes of which the header alone is there.
    public fileprivate(set) var withheldCount = 0
    public fileprivate(set) var signatureCount = 0
    /// Up to where the device has signed; what comes after could still be exchanged by whoever holds the chain.
    public fileprivate(set) var signedSeq: UInt64
    /// By ascending seq and time; one that a later change has as early is left out.
    public fileprivate(set) var receipts: [Receipt] = []
    /// The authors' own times of the first and last change; `nil` for an empty chain.
    public fileprivate(set) var firstAt: Int64?
    public fileprivate(set) var lastAt: Int64?
    /// What does not hold, in words.
    public package(set) var problems: [String] = []
    public fileprivate(set) var doubts: [Doubt] = []

    init(layer: LayerID, replica: ReplicaID, device: DeviceCertificate?, baseSeq: UInt64) {
        self.baseSeq = baseSeq
        changeCount = baseSeq
        signedSeq = baseSeq
        self.layer = layer
        self.replica = replica
        self.device = device
    }

    fileprivate mutating func note(_ header: ChangeHeader, hasPayload: Bool) {
        changeCount = header.seq
        if !hasPayload { withheldCount += 1 }
        firstAt = firstAt ?? header.wallTime
        lastAt = header.wallTime
    }

    /// By when the server had a change at the latest; `nil` where no receipt says.
    ///
    /// Complexity: O(log n) in the receipts.
    public func receivedAt(_ seq: UInt64) -> Int64? {
        var (low, high) = (0, receipts.count)
        while low < high {
            let middle = (low + high) / 2
            if receipts[middle].seq < seq { low = middle + 1 } else { high = middle }
        }
        return low < receipts.count ? receipts[low].receivedAt : nil
    }
}

extension Receipt {
    /// Whether it is the server's word on the change of this chain that has its seq.
    ///
    /// - Parameter hash: Of that change's header.
    public func isValid(
        layer: LayerID, replica: ReplicaID, hash: Digest, by server: KnownServer,
        using cryptography: some CryptographyProvider
    ) -> Bool {
        let statement = SignedStatement.receipt(
            server: server.server, layer: layer, replica: replica, seq: seq, hash: hash, receivedAt: receivedAt)
        return cryptography.isValid(signature, of: statement, by: server.key)
    }
}

extension Bundle {
    /// Proves every chain of the bundle, by layer and replica.
    ///
    /// - Parameters:
    ///   - server: Whose word counts; without it the one that the bundle itself names, which proves no more than that one and
    ///     the same key signed it all.
    ///   - each: Is called with every change that is in its place, chain by chain.
    public func proofs(
        by server: KnownServer? = nil, using cryptography: any CryptographyProvider,
        _ each: (ChangeHeader, Digest) -> Void = { _, _ in }
    ) -> [ChainProof] {
        let devices = Dictionary(self.devices.map { ($0.replica, $0.certificate) }) { first, _ in first }
        let chains = Dictionary(grouping: segments) { ChainName(layer: $0.layer, replica: $0.replica) }
        let receipts = Dictionary(
            grouping: self.receipts, by: { ChainName(layer: $0.layer, replica: $0.replica) })
        return chains.keys.sorted { ($0.layer, $0.replica) < ($1.layer, $1.replica) }.map { name in
            var verifier = ChainVerifier(
                layer: name.layer, replica: name.replica, device: devices[name.replica], server: server ?? self.server,
                using: cryptography)
            let receipts = Dictionary(receipts[name, default: []].map { ($0.receipt.seq, $0.receipt) }) { first, _ in
                first
            }
            walk: for segment in chains[name, default: []].sorted(by: { $0.firstSeq < $1.firstSeq }) {
                for change in segment.changes(using: cryptography) {
                    let header = change.header
                    guard
                        verifier.take(
                            header, hash: change.hash, hasPayload: change.payload != nil, signature: change.signature,
                            receipt: receipts[header.seq])
                    else { break walk }
                    each(header, change.hash)
                }
            }
            return verifier.proof
        }
    }
}
