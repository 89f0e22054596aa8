import AnnotationModel
import ChangeLog
import ServerStore
import TestSupport
import Testing
import WireFormat

/// Reading feeds.
@Suite struct FeedContract {
    @Test(arguments: Backend.all) func pagesKeepToTheirBudgetAndAlwaysGoOn(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        for size in [10, 5000, 10, 90_000, 10] { maker.make(payloadBytes: size) }
        _ = try await world.push(maker.segment(1, through: 3), maker.segment(4), by: world.ana)
        for budget in [0, 1, 500, 6000, 1 << 20] {
            let feed = try await world.feed(of: world.shared, byteBudget: budget, world.ben)
            #expect(feed.map(\.hash) == maker.changes.map(\.hash), "budget \(budget)")
        }
        let first = try await world.page(from: world.start(of: world.shared, world.ben), byteBudget: 6000, world.ben)
        #expect(first.position == 3 && first.headPosition == 5)
    }

    /// Who has a part of a signed run could prove nothing of it to a server that lost it.
    @Test(arguments: Backend.all) func aPageEndsBehindASignature(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(count: 5)
        _ = try await world.push(maker.segment(1, through: 2), maker.segment(3), by: world.ana)
        let size = (maker.changes[0].payload?.count ?? 0) + 64
        let start = try await world.start(of: world.shared, world.ben)
        // A budget for three changes: the second run is begun, and so given to its end.
        let whole = try await world.page(from: start, byteBudget: 3 * size, world.ben)
        #expect(whole.position == 5)
        // What was pushed in two segments comes in one.
        #expect(whole.segments.count == 1 && whole.segments[0].signatures.map(\.seq) == [2, 5])
        let first = try await world.page(from: start, byteBudget: 2 * size, world.ben)
        #expect(first.position == 2 && first.segments[0].signatures.map(\.seq) == [2])
        let next = FeedCursor(layer: world.shared, epoch: start.epoch, position: 2, feedHash: first.feedHash)
        let rest = try await world.page(from: next, byteBudget: 1, world.ben)
        #expect(rest.segments.count == 1 && rest.segments[0].firstSeq == 3)
        #expect(rest.segments[0].previous == maker.changes[1].hash)
        let last = try required(rest.segments[0].changes(using: world.cryptography).last)
        let statement = SignedStatement.chainHead(layer: world.shared, replica: maker.replica, seq: 5, hash: last.hash)
        let signature = try required(last.signature)
        #expect(world.cryptography.isValid(signature, of: statement, by: world.ana.key.publicKey))
    }

    @Test(arguments: Backend.all) func aCursorOffTheFeedIsToldSo(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(count: 2)
        _ = try await world.push(maker.segment(), by: world.ana)
        let head = try await world.head(of: world.shared, world.ana)
        let wrong = world.cryptography.sha256([1])
        for (epoch, position, hash) in [
            (EpochID(high: 1, low: 1), UInt64(0), Digest.zero), (head.epoch, 0, wrong), (head.epoch, 1, wrong),
            (head.epoch, 1, head.feedHash), (head.epoch, 2, wrong), (head.epoch, 3, head.feedHash),
            (head.epoch, UInt64(Int64.max), head.feedHash),
        ] {
            let cursor = FeedCursor(layer: world.shared, epoch: epoch, position: position, feedHash: hash)
            let page = try await world.page(from: cursor, world.ana)
            #expect(
                page.status == .offFeed && page.segments == [] && page.epoch == head.epoch && page.headPosition == 2)
            #expect(page.position == position && page.feedHash == hash)
        }
        let end = FeedCursor(layer: world.shared, epoch: head.epoch, position: 2, feedHash: head.feedHash)
        let empty = try await world.page(from: end, world.ana)
        #expect(empty.status == .changes && empty.segments == [] && empty.position == 2)
    }

    @Test(arguments: Backend.all) func theVectorNamesEveryChain(backend: Backend) async throws {
        let world = try await World(backend)
        var makers = [Maker(world.ana, in: world.shared), Maker(world.ben, in: world.shared)]
        for place in makers.indices {
            makers[place].make(count: place + 1)
            _ = try await world.push(makers[place].segment(), by: place == 0 ? world.ana : world.ben)
        }
        let vector = try await world.store.vector(
            layer: world.shared, workspace: world.workspace, for: world.ana.account)
        let expected = makers.map {
            ChainHead(replica: $0.replica, seq: UInt64($0.changes.count), hash: $0.changes[$0.changes.count - 1].hash)
        }
        #expect(vector.heads == expected.sorted { $0.replica < $1.replica })
        let head = try await world.head(of: world.shared, world.ana)
        #expect(vector.epoch == head.epoch && vector.position == 3 && vector.feedHash == head.feedHash)
    }
}
