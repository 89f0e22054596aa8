import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

extension LocalStore {
    /// Takes down what the server said of `segments`, one result each.
    ///
    /// - Throws: `unverified` if the results are not those of the segments.
    public func record(_ results: [SegmentResult], of segments: [Segment]) throws -> PushOutcome {
        guard results.count == segments.count else {
            throw StoreError(.unverified, "the server answered \(results.count) of \(segments.count) segments")
        }
        return try maintain(origin: .remote) { core, buffer in
            let link = try core.requireLink()
            var outcome = PushOutcome()
            for (result, segment) in zip(results, segments) {
                guard result.layer == segment.layer, result.replica == segment.replica else {
                    throw StoreError(.unverified, "the server's answer names other chains than were pushed")
                }
                try core.record(result, of: segment, link, buffer, &outcome)
            }
            return outcome
        }
    }
}

extension StoreCore {
    fileprivate func record(
        _ result: SegmentResult, of segment: Segment, _ link: SyncLink, _ buffer: RecordBuffer,
        _ outcome: inout PushOutcome
    ) throws {
        let layer = try self.layer(result.layer)
        guard var chain = try self.chain(layer: layer.num, replica: try num(of: result.replica)) else { return }
        let name = ChainName(layer: result.layer, replica: result.replica)
        // What one life of a feed holds says nothing about another; the heads come next and tell what to do.
        guard result.status == .unknownLayer || result.epoch == layer.epoch else {
            outcome.hasOtherFeed = true
            return
        }
        let head = result.signature.map {
            Checkpoint(position: result.lastPosition, feedHash: result.feedHash, signature: $0)
        }
        let verified = try keep(head, claimed: result.lastPosition, in: result.epoch, of: layer, link)
        // An earlier result of the same answer, or another program on this store, may have dealt with the chain since:
        // then this is about something that is not here any more.
        guard segment.lastSeq <= chain.heldSeq, let signature = segment.signatures.last?.signature,
            let last = try changeRow(chain.changeID(segment.lastSeq)),
            last.signature.map({ $0 == signature }) ?? (signedHashes[signature] == last.hash)
        else { return }
        // The cursor stands on what the server has signed: an acknowledgement whose feed does not reach it, or stands
        // there with another hash, comes from before that. Nothing would hold the server to it.
        if result.claims(moreThan: chain, of: segment), verified.map({ contradictsCursor($0, of: layer) }) ?? true {
            outcome.hasOtherFeed = true
            return
        }
        switch result.status {
        case .accepted:
            let before = chain.ackedSeq
            chain.ackedSeq = max(before, min(result.heldSeq, segment.lastSeq))
            outcome.acceptedCount += Int(chain.ackedSeq - before)
            try save(&chain)
            if last.signature == nil { try keep(signature, of: last) }
            if let receivedAt = result.receivedAt, let signature = result.receipt {
                let receipt = Receipt(seq: segment.lastSeq, receivedAt: receivedAt, signature: signature)
                _ = try keep(ChainReceipt(layer: result.layer, replica: result.replica, receipt: receipt), from: link)
            }
            for seq in result.refused where seq >= segment.firstSeq && seq <= segment.lastSeq {
                guard let row = try changeRow(chain.changeID(seq)), row.withheld == nil else { continue }
                try withhold(
                    row, reason: .refused, why: result.explanation.isEmpty ? nil : result.explanation, in: chain, buffer
                )
                outcome.refusedCount += 1
            }
            if let verified { try advanceCursor(of: layer, over: segment, chain, result, to: verified) }
        case .fork:
            guard result.conflictSeq <= segment.lastSeq else {
                throw StoreError(.unverified, "the server says that a change differs which it was not sent")
            }
            if result.conflictSeq < chain.firstWholeSeq {
                // What the layer's snapshot stands for is not what the server has now.
                try abandonBase(of: layer.id, buffer)
                outcome.hasOtherFeed = true
                return
            }
            guard try isOwn(chain.replica) else {
                try setAside(
                    from: max(result.conflictSeq, 1), of: &chain,
                    reason: "the server holds another history of this replica", buffer)
                return
            }
            if result.conflictSeq < segment.firstSeq {
                // The difference lies further back: offer the chain from its start, to learn where.
                guard chain.ackedSeq > 0 else {
                    outcome.blocked[name] = "the server's history of this chain cannot be compared"
                    return
                }
                chain.ackedSeq = 0
                try save(&chain)
                return
            }
            try reissue(from: result.conflictSeq, of: &chain, buffer)
            outcome.hasReissued = true
        case .gap:
            if result.heldSeq < chain.ackedSeq {
                outcome.hasLostChanges = true
                chain.ackedSeq = result.heldSeq
                try save(&chain)
            } else if result.heldSeq > chain.ackedSeq && result.heldSeq <= chain.heldSeq {
                chain.ackedSeq = result.heldSeq
                try save(&chain)
            } else {
                outcome.blocked[name] = result.explanation
            }
        case .unknownLayer:
            outcome.blocked[name] = "the server has no such layer for you"
        case .invalid:
            if try isOwn(chain.replica) {
                outcome.blocked[name] = result.explanation
            } else {
                outcome.awaitingMakers[name] = result.explanation
            }
        }
    }

    /// Own changes need not be pulled back: where they stand next in the feed, the cursor moves over them.
    private func advanceCursor(
        of layer: LayerRow, over segment: Segment, _ chain: ChainRow, _ result: SegmentResult,
        to verified: VerifiedCheckpoint
    ) throws {
        guard result.firstPosition == layer.position + 1, result.lastPosition >= result.firstPosition else { return }
        // A checkpoint in between may tell of another life of the feed: then the pull has to look.
        guard try checkpoints(of: layer).allSatisfy({ $0.position >= result.lastPosition }) else { return }
        let count = result.lastPosition - result.firstPosition + 1
        guard count <= UInt64(segment.entries.count) else { return }
        var feedHash = layer.feedHash
        for seq in (segment.lastSeq - count + 1)...segment.lastSeq {
            guard let row = try changeRow(chain.changeID(seq)) else { return }
            feedHash = FeedHash.next(feedHash, header: row.hash, withheld: row.withheld, using: cryptography)
        }
        // What disagrees is looked into by the pull that follows.
        guard feedHash == result.feedHash,
            try checkpoints(of: layer).allSatisfy({ $0.position > result.lastPosition || $0.feedHash == feedHash })
        else { return }
        try moveCursor(of: layer, to: verified)
    }
}

extension SegmentResult {
    /// Whether taking its word would end the sending of changes that are pending.
    fileprivate func claims(moreThan chain: ChainRow, of segment: Segment) -> Bool {
        switch status {
        case .accepted: return min(heldSeq, segment.lastSeq) > chain.ackedSeq
        case .gap: return heldSeq > chain.ackedSeq && heldSeq <= chain.heldSeq
        case .fork, .unknownLayer, .invalid: return false
        }
    }
}
