import AnnotationModel
import ChangeLog
import ServerStore
import TestSupport
import Testing
import WireFormat

/// Weighing checkpoints that this server has signed, and what a feed's further lives allow.
@Suite struct EpochContract {
    private func weigh(_ world: World, _ cursor: FeedCursor) async throws -> (epoch: EpochID?, isNew: Bool) {
        try await world.store.weigh(checkpoint: cursor, workspace: world.workspace, for: world.ana.account)
    }

    @Test(arguments: Backend.all) func whatTheFeedGoesThroughChangesNothing(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(count: 2)
        let first = try await world.push(maker.segment(1, through: 1), by: world.ana)[0]
        let second = try await world.push(maker.segment(2), by: world.ana)[0]
        for result in [first, second] {
            let cursor = FeedCursor(
                layer: world.shared, epoch: result.epoch, position: result.lastPosition, feedHash: result.feedHash)
            let weighed = try await weigh(world, cursor)
            #expect(weighed.epoch == first.epoch && !weighed.isNew)
        }
    }

    @Test(arguments: Backend.all) func anEarlierLifeIsKnownAndOneThatWasForgottenBeginsAnother(backend: Backend)
        async throws
    {
        let world = try await World(backend)
        func life(_ epoch: EpochID) -> FeedCursor {
            FeedCursor(layer: world.shared, epoch: epoch, position: 9, feedHash: world.cryptography.sha256([1]))
        }
        let first = try await world.head(of: world.shared, world.ana).epoch
        let second = try await required(weigh(world, life(first)).epoch)
        #expect(second != first)
        #expect(try await !weigh(world, life(first)).isNew)
        // Signed by this server, and yet unknown to it: it is a copy from before.
        let forgotten = EpochID(high: 5, low: 5)
        let third = try await weigh(world, life(forgotten))
        #expect(third.isNew && third.epoch != second)
        for epoch in [first, second, forgotten] {
            let weighed = try await weigh(world, life(epoch))
            #expect(!weighed.isNew && weighed.epoch == third.epoch)
        }
    }

    @Test(arguments: Backend.all) func whatTheFeedMissesBeginsANewLife(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make()
        let result = try await world.push(maker.segment(), by: world.ana)[0]
        for (position, hash) in [(UInt64(2), result.feedHash), (1, world.cryptography.sha256([1]))] {
            let before = try await world.head(of: world.shared, world.ana)
            let lost = FeedCursor(layer: world.shared, epoch: before.epoch, position: position, feedHash: hash)
            let weighed = try await weigh(world, lost)
            #expect(weighed.isNew && weighed.epoch != before.epoch)
            let after = try await world.head(of: world.shared, world.ben)
            #expect(
                after.epoch == weighed.epoch && after.position == before.position && after.feedHash == before.feedHash)
            // The next who comes with the same proof finds it done.
            let again = try await weigh(world, lost)
            #expect(!again.isNew && again.epoch == weighed.epoch)
            #expect(try await world.page(from: lost, world.ana).status == .offFeed)
        }
        // Other layers go on in their own life.
        #expect(try await world.head(of: world.ana.personal, world.ana).epoch != result.epoch)
    }

    @Test(arguments: Backend.all) func manyProofsAtOnceBeginOneLife(backend: Backend) async throws {
        let world = try await World(backend)
        let epoch = try await world.head(of: world.shared, world.ana).epoch
        let lost = FeedCursor(layer: world.shared, epoch: epoch, position: 7, feedHash: world.cryptography.sha256([1]))
        let answers = try await withThrowingTaskGroup(of: (EpochID?, Bool).self) { group in
            for _ in 0..<20 { group.addTask { try await weigh(world, lost) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0.1 } == 1)
        #expect(Set(answers.map(\.0)).count == 1)
    }

    /// A server that lost what it held may have to take others' headers without payloads back.
    @Test(arguments: Backend.all) func othersMayCarryHeadersOnceTheServerHasForgotten(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ben, in: world.shared)
        maker.make(withheld: .refused)
        maker.make()
        let segment = maker.segment(certificate: world.ben.certificate)
        #expect(try await world.push(segment, by: world.ana)[0].status == .invalid)
        let epoch = try await world.head(of: world.shared, world.ana).epoch
        let lost = FeedCursor(layer: world.shared, epoch: epoch, position: 7, feedHash: world.cryptography.sha256([1]))
        #expect(try await weigh(world, lost).isNew)
        let result = try await world.push(segment, by: world.ana)[0]
        #expect(result.status == .accepted && result.refused == [1])
        #expect(try await world.feed(of: world.shared, world.ana).map(\.withheld) == [.refused, nil])
    }
}
