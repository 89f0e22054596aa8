import AnnotationModel
import ChangeLog
import Testing

@Suite struct SyncSessionTests {
    /// Between the heads and the pull the server was restored: its pages are of a life that the store does not know.
    @Test func aPageFromAnotherLifeMakesTheSessionAskAgain() {
        let layer = LayerID(high: 1, low: 1)
        let cursor = FeedCursor(layer: layer, epoch: EpochID(high: 1, low: 0), position: 0, feedHash: .zero)
        let page = FeedPage(
            layer: layer, status: .offFeed, epoch: EpochID(high: 2, low: 0), segments: [], position: 0, feedHash: .zero,
            signature: nil, headPosition: 0)
        var session = SyncSession()
        _ = session.handle(.started(hasPending: false))
        for _ in 0..<64 {
            _ = session.handle(.heads(Heads(layers: [], members: [])))
            var heads = HeadsOutcome()
            heads.behind = [cursor]
            guard case .pull = session.handle(.adopted(heads)) else {
                Issue.record("no pull")
                return
            }
            _ = session.handle(.pulled(PullReply(pages: [page], devices: [])))
            var outcome = PullOutcome()
            outcome.hasNewEpoch = true
            guard case .askHeads(unconditionally: true) = session.handle(.applied(outcome)) else {
                Issue.record("the session did not ask again")
                return
            }
        }
        // A server that goes on like this is left alone for now.
        _ = session.handle(.heads(Heads(layers: [], members: [])))
        var heads = HeadsOutcome()
        heads.behind = [cursor]
        _ = session.handle(.adopted(heads))
        _ = session.handle(.pulled(PullReply(pages: [page], devices: [])))
        var outcome = PullOutcome()
        outcome.hasNewEpoch = true
        guard case .finish(let summary) = session.handle(.applied(outcome)) else {
            Issue.record("the session goes on for ever")
            return
        }
        #expect(summary.gaveUp)
    }
}
