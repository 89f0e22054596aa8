public import AnnotationModel
public import ChangeLog

/// `segment` of schema/wire/segment.cddl.
extension Segment: WireMessage {
    public func write(to writer: inout CBORWriter) {
        writer.array(8)
        writer.identifier(layer)
        writer.identifier(replica)
        writer.identifier(author)
        writer.unsigned(firstSeq)
        writer.digest(previous)
        writer.array(entries.count)
        // Lamport counters and wall times are written as differences: within a run they are small.
        var lamport: UInt64 = 0
        var wallTime: Int64 = 0
        for entry in entries {
            switch entry.body {
            case .payload(let bytes):
                writer.array(3)
                writer.unsigned(entry.lamport &- lamport)
                writer.signed(entry.wallTime &- wallTime)
                writer.byteString(bytes)
            case .withheld(let reason, let payloadHash):
                writer.array(4)
                writer.unsigned(entry.lamport &- lamport)
                writer.signed(entry.wallTime &- wallTime)
                writer.unsigned(UInt64(reason.rawValue))
                writer.digest(payloadHash)
            }
            lamport = entry.lamport
            wallTime = entry.wallTime
        }
        writer.array(signatures.count * 2)
        for head in signatures {
            writer.unsigned(head.seq &- firstSeq)
            writer.byteString(head.signature.bytes)
        }
        if let certificate { certificate.write(to: &writer) } else { writer.null() }
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 8)
        let layer: LayerID = try reader.identifier()
        let replica: ReplicaID = try reader.identifier()
        let author: MemberID = try reader.identifier()
        let start = reader.position
        let firstSeq = try reader.unsigned(max: UInt64(Int64.max))
        guard firstSeq > 0 else { throw WireError(.malformed, at: start, expected: "a seq from 1") }
        let previous = try reader.digest()
        let count = try reader.array(max: WireLimits.segmentChangesMax)
        guard count > 0 else { throw WireError(.malformed, at: reader.position, expected: "at least one change") }
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        var lamport: UInt64 = 0
        var wallTime: Int64 = 0
        for _ in 0..<count {
            let start = reader.position
            let arity = try reader.array(max: 4)
            let (nextLamport, overflow) = lamport.addingReportingOverflow(try reader.unsigned())
            guard !overflow, nextLamport <= UInt64(Int64.max), entries.isEmpty || nextLamport > lamport else {
                throw WireError(.malformed, at: start, expected: "lamport counters that grow")
            }
            let (nextTime, timeOverflow) = wallTime.addingReportingOverflow(try reader.signed())
            guard !timeOverflow, nextTime.magnitude <= WireLimits.wallTimeMax.magnitude else {
                throw WireError(.malformed, at: start, expected: "a time within 285,000 years of 1970")
            }
            lamport = nextLamport
            wallTime = nextTime
            let body: Body
            switch arity {
            case 3: body = .payload(try reader.byteString(max: WireLimits.payloadBytesMax))
            case 4:
                let place = reader.position
                guard let reason = Withholding(rawValue: UInt8(try reader.unsigned(max: 255))) else {
                    throw WireError(.malformed, at: place, expected: "a reason for withholding")
                }
                body = .withheld(reason, payloadHash: try reader.digest())
            default: throw WireError(.malformed, at: start, expected: "3 or 4 items")
            }
            entries.append(Entry(lamport: lamport, wallTime: wallTime, body: body))
        }
        let signatureItems = try reader.array(max: 2 * count)
        guard signatureItems % 2 == 0 else {
            throw WireError(.malformed, at: reader.position, expected: "signatures in pairs")
        }
        var signatures: [SignedHead] = []
        for _ in 0..<signatureItems / 2 {
            let start = reader.position
            let seq = firstSeq + (try reader.unsigned(max: UInt64(count - 1)))
            if let last = signatures.last, last.seq >= seq {
                throw WireError(.notCanonical, at: start, expected: "signatures by ascending seq")
            }
            signatures.append(SignedHead(seq: seq, signature: try reader.signature()))
        }
        let certificate = try reader.skipNull() ? nil : try DeviceCertificate(from: &reader)
        self.init(
            layer: layer, replica: replica, author: author, firstSeq: firstSeq, previous: previous, entries: entries,
            signatures: signatures, certificate: certificate)
    }
}

extension DeviceCertificate {
    public func write(to writer: inout CBORWriter) {
        writer.array(3)
        writer.identifier(member)
        writer.byteString(publicKey.bytes)
        writer.signature(signature)
    }

    public init(from reader: inout CBORReader) throws(WireError) {
        try reader.array(exactly: 3)
        let member: MemberID = try reader.identifier()
        let key = try reader.publicKey()
        self.init(member: member, publicKey: key, signature: try reader.optionalSignature())
    }

    /// Whether `server`, whose key is `serverKey`, vouches for this device.
    public func isVouched(
        by server: ServerID, key serverKey: PublicKey, using cryptography: some CryptographyProvider
    ) -> Bool {
        guard let signature else { return false }
        let statement = SignedStatement.device(server: server, member: member, publicKey: publicKey)
        return cryptography.isValid(signature, of: statement, by: serverKey)
    }
}

extension Segment {
    /// Packs consecutive changes of one replica, layer and author; the caller has seen to that.
    public init(packing changes: [Change], certificate: DeviceCertificate? = nil) {
        precondition(!changes.isEmpty, "a segment holds at least one change")
        let first = changes[0].header
        self.init(
            layer: first.layer, replica: first.replica, author: first.author, firstSeq: first.seq,
            previous: first.previous,
            entries: changes.map { change in
                Entry(
                    lamport: change.header.lamport, wallTime: change.header.wallTime,
                    body: change.payload.map { .payload($0) }
                        ?? .withheld(change.withheld ?? .unavailable, payloadHash: change.header.payloadHash))
            },
            signatures: changes.compactMap { change in
                change.signature.map { SignedHead(seq: change.header.seq, signature: $0) }
            },
            certificate: certificate)
    }

    /// The changes with their headers and hashes, computed from what the segment says.
    ///
    /// The chain holds by construction; whether it is the *maker's* chain, the signature tells.
    /// - Complexity: O(n) hashes, n = bytes of payload.
    public func changes(using cryptography: some CryptographyProvider) -> [Change] {
        var changes: [Change] = []
        changes.reserveCapacity(entries.count)
        var previous = previous
        var nextSignature = 0
        for (place, entry) in entries.enumerated() {
            let payload: [UInt8]?
            let payloadHash: Digest
            let withheld: Withholding?
            switch entry.body {
            case .payload(let bytes):
                (payload, payloadHash, withheld) = (bytes, cryptography.sha256(bytes), nil)
            case .withheld(let reason, let hash):
                (payload, payloadHash, withheld) = (nil, hash, reason)
            }
            let header = ChangeHeader(
                layer: layer, replica: replica, seq: firstSeq + UInt64(place), author: author, lamport: entry.lamport,
                wallTime: entry.wallTime, previous: previous, payloadHash: payloadHash)
            let hash = header.hash(using: cryptography)
            var signature: Signature?
            if nextSignature < signatures.count, signatures[nextSignature].seq == header.seq {
                signature = signatures[nextSignature].signature
                nextSignature += 1
            }
            changes.append(
                Change(header: header, hash: hash, payload: payload, withheld: withheld, signature: signature))
            previous = hash
        }
        return changes
    }
}
