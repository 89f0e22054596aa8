import AnnotationModel
import ChangeLog
import Cryptography
import Testing
import WireFormat

/// What a chain proves, and that nothing can be done to it unseen.
@Suite struct ChainVerifierTests {
    private typealias World = ExampleWorld

    private static func bundle(
        _ segments: [Segment], devices: [ReplicaDevice] = World.bundle.devices, receipts: [ChainReceipt] = []
    ) -> Bundle {
        Bundle(
            workspace: World.workspace, title: "T", layers: World.bundle.layers, members: World.roster,
            devices: devices,
            segments: segments, server: World.bundle.server, receipts: receipts)
    }

    private static func proof(_ bundle: Bundle, of replica: ReplicaID = World.anaReplica) throws -> ChainProof {
        try #require(bundle.proofs(using: World.cryptography).first { $0.replica == replica })
    }

    @Test func aWholeChainIsProved() throws {
        let proof = try Self.proof(World.bundle)
        #expect(proof.problems.isEmpty && proof.doubts.isEmpty)
        #expect(proof.changeCount == 4 && proof.signedSeq == 4 && proof.signatureCount == 2 && proof.withheldCount == 1)
        #expect(proof.device?.member == World.ana && !proof.isVouched)
        #expect(proof.receipts == [World.receipt.receipt])
        #expect(proof.receivedAt(1) == World.receipt.receipt.receivedAt && proof.receivedAt(5) == nil)
        #expect(try Self.proof(World.bundle, of: World.benReplica).isVouched)
    }

    /// Every byte of every payload, every counter and time, every hash and signature: one bit is enough.
    @Test func whatIsAlteredIsNotProved() throws {
        let segment = World.anaSegment
        var altered: [(String, Segment)] = []
        func alter(_ what: String, _ change: (inout Segment) -> Void) {
            var copy = segment
            change(&copy)
            altered.append((what, copy))
        }
        for place in segment.entries.indices {
            let entry = segment.entries[place]
            func put(_ entry: Segment.Entry, _ what: String) {
                var entries = segment.entries
                entries[place] = entry
                altered.append(
                    (
                        "\(what) \(place + 1)",
                        Segment(
                            layer: segment.layer, replica: segment.replica, author: segment.author,
                            firstSeq: segment.firstSeq, previous: segment.previous, entries: entries,
                            signatures: segment.signatures)
                    ))
            }
            put(.init(lamport: entry.lamport + 1, wallTime: entry.wallTime, body: entry.body), "lamport")
            put(.init(lamport: entry.lamport, wallTime: entry.wallTime - 1, body: entry.body), "time")
            switch entry.body {
            case .payload(var bytes):
                bytes[bytes.count - 1] ^= 1
                put(.init(lamport: entry.lamport, wallTime: entry.wallTime, body: .payload(bytes)), "payload")
            case .withheld(let reason, let hash):
                let other = Digest(words: [hash.words[0] ^ 1, hash.words[1], hash.words[2], hash.words[3]])
                put(
                    .init(
                        lamport: entry.lamport, wallTime: entry.wallTime, body: .withheld(reason, payloadHash: other)),
                    "payload hash")
            }
        }
        for place in segment.signatures.indices {
            alter("signature \(place)") { segment in
                var bytes = segment.signatures[place].signature.bytes
                bytes[0] ^= 1
                let head = segment.signatures[place]
                segment.signatures[place] = Segment.SignedHead(seq: head.seq, signature: Signature(bytes: bytes)!)
            }
        }
        for (what, segment) in altered {
            #expect(try !Self.proof(Self.bundle([segment])).problems.isEmpty, "\(what)")
        }
        #expect(altered.count == 4 * 3 + 2)
    }

    private static func part(_ changes: ArraySlice<Change>) -> Segment { Segment(packing: Array(changes)) }

    @Test func whatIsLeftOutMovedOrRepeatedIsNotProved() throws {
        let changes = World.anaChanges[...]
        let whole = [Self.part(changes[..<2]), Self.part(changes[2...])]
        #expect(try Self.proof(Self.bundle(whole)).problems.isEmpty)
        #expect(try Self.proof(Self.bundle(whole.reversed())).problems.isEmpty)
        for (segments, says) in [
            ([whole[1]], "change 1 is missing"), ([Self.part(changes[..<1]), whole[1]], "change 2 is missing"),
            (whole + [whole[1]], "is there twice"),
        ] {
            let proof = try Self.proof(Self.bundle(segments))
            #expect(proof.problems.count == 1 && proof.problems[0].contains(says), "\(proof.problems)")
        }
        // What comes after the last signature is not proved, and said to be so.
        var unsigned = World.anaSegment
        unsigned.signatures.removeLast()
        let proof = try Self.proof(Self.bundle([unsigned]))
        #expect(proof.problems.isEmpty && proof.signedSeq == 2 && proof.changeCount == 4)
    }

    @Test func othersKeysAndWordsDoNotCount() throws {
        func device(_ certificate: DeviceCertificate) -> [ReplicaDevice] {
            [ReplicaDevice(replica: World.anaReplica, certificate: certificate)]
        }
        let segments = [World.anaSegment]
        let forged = DeviceCertificate(
            member: World.ana, publicKey: World.anaKey.publicKey, signature: World.benCertificate.signature)
        for (what, devices) in [
            ("Ben's device", device(World.benCertificate)), ("a forged certificate", device(forged)), ("nobody's", []),
            (
                "Ana's key under Ben's name",
                device(DeviceCertificate(member: World.ben, publicKey: World.anaKey.publicKey, signature: nil))
            ),
        ] {
            #expect(try !Self.proof(Self.bundle(segments, devices: devices)).problems.isEmpty, "\(what)")
        }
        let receipt = World.receipt.receipt
        func receipts(_ seq: UInt64, _ at: Int64) -> [ChainReceipt] {
            [
                ChainReceipt(
                    layer: World.shared, replica: World.anaReplica,
                    receipt: Receipt(seq: seq, receivedAt: at, signature: receipt.signature))
            ]
        }
        // Another time or change than the server signed.
        for forged in [receipts(4, receipt.receivedAt - 1), receipts(3, receipt.receivedAt)] {
            let proof = try Self.proof(Self.bundle(segments, receipts: forged))
            #expect(proof.problems.count == 1 && proof.receipts.isEmpty)
        }
        // Another server's word is none.
        let other = KnownServer(server: World.server, key: World.anaKey.publicKey)
        let proofs = World.bundle.proofs(by: other, using: World.cryptography)
        #expect(proofs.allSatisfy { !$0.isVouched } && proofs.contains { !$0.problems.isEmpty })
    }

    private static func chain(at times: [Int64], receipts: [(seq: UInt64, at: Int64)]) throws -> ChainProof {
        var verifier = ChainVerifier(
            layer: World.shared, replica: World.anaReplica, device: World.anaCertificate, server: World.bundle.server,
            using: World.cryptography)
        var previous = Digest.zero
        for (place, time) in times.enumerated() {
            let seq = UInt64(place + 1)
            let header = ChangeHeader(
                layer: World.shared, replica: World.anaReplica, seq: seq, author: World.ana, lamport: seq,
                wallTime: time,
                previous: previous, payloadHash: .zero)
            let hash = header.hash(using: World.cryptography)
            let receipt = receipts.first { $0.seq == seq }.map { receipt in
                Receipt(
                    seq: seq, receivedAt: receipt.at,
                    signature: World.cryptography.sign(
                        SignedStatement.receipt(
                            server: World.server, layer: World.shared, replica: World.anaReplica, seq: seq, hash: hash,
                            receivedAt: receipt.at), with: World.serverKey))
            }
            let isWhole = verifier.take(header, hash: hash, hasPayload: false, signature: nil, receipt: receipt)
            #expect(isWhole)
            previous = hash
        }
        return verifier.proof
    }

    @Test func timesThatDoNotFitAreDoubts() throws {
        let minute: Int64 = 60_000
        #expect(try Self.chain(at: [0, 10 * minute, 6 * minute], receipts: [(3, 7 * minute)]).doubts.isEmpty)
        let back = try Self.chain(at: [0, 10 * minute, 4 * minute], receipts: [])
        #expect(back.doubts.map(\.claim) == [.beforeAnEarlierChange] && back.doubts[0].seq == 3)
        let ahead = try Self.chain(at: [0, 20 * minute], receipts: [(2, 10 * minute)])
        #expect(ahead.doubts.map(\.claim) == [.afterItsReceipt])
        #expect(back.problems.isEmpty && ahead.problems.isEmpty)
    }

    /// A receipt for a change is one for all before it: the earliest of those that cover a change counts.
    @Test func theEarliestReceiptThatCoversAChangeCounts() throws {
        let proof = try Self.chain(at: [0, 0, 0, 0, 0], receipts: [(1, 30), (2, 50), (4, 40)])
        #expect(proof.problems.isEmpty)
        #expect((1...5).map { proof.receivedAt(UInt64($0)) } == [30, 40, 40, 40, nil])
    }
}
