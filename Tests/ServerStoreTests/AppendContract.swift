import AnnotationModel
import ChangeLog
import ServerStore
import TestSupport
import Testing
import WireFormat

/// What `append` promises, whatever the backend.
@Suite struct AppendContract {
    @Test(arguments: Backend.all) func theSameAgainChangesNothing(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(count: 3)
        let first = try await world.push(maker.segment(), by: world.ana)
        #expect(first[0].status == .accepted && first[0].heldSeq == 3)
        #expect(first[0].firstPosition == 1 && first[0].lastPosition == 3 && first[0].refused == [])
        let head = try await world.head(of: world.shared, world.ana)
        #expect(head.position == 3 && head.feedHash == first[0].feedHash)
        for _ in 0..<3 {
            let again = try await world.push(maker.segment(), by: world.ana)
            #expect(again[0].status == .accepted && again[0].heldSeq == 3 && again[0].firstPosition == 0)
            #expect(again[0].lastPosition == 3 && again[0].feedHash == first[0].feedHash)
        }
        #expect(try await world.head(of: world.shared, world.ana) == head)
        // In parts, overlapping what is held, and twice in one request.
        maker.make(count: 2)
        let overlapping = try await world.push(maker.segment(2), maker.segment(2), by: world.ana)
        #expect(overlapping.map(\.status) == [.accepted, .accepted])
        #expect(overlapping[0].firstPosition == 4 && overlapping[0].heldSeq == 5 && overlapping[1].firstPosition == 0)
        let feed = try await world.feed(of: world.shared, world.ana)
        #expect(feed.map(\.hash) == maker.changes.map(\.hash))
    }

    @Test(arguments: Backend.all) func whatIsReadIsWhatWasPushed(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(lamport: 4, wallTime: -62_135_596_800_000)
        maker.make(lamport: 9, wallTime: WireLimits.wallTimeMax, payloadBytes: 100_000)
        // A payload and an operation of a newer version travel unread.
        maker.make(payload: [0x82, 0x02, 0x61, 0x78])
        let unknown = Operation(
            record: RecordID(high: 1, low: 1), kind: Kind(rawValue: 9), action: .unknown([0x82, 0x18, 99, 0xF4]))
        maker.make(payload: Payload(operations: [unknown]).encoded(by: maker.replica))
        let result = try await world.push(maker.segment(), by: world.ana)
        #expect(result[0].status == .accepted && result[0].refused == [])
        var expected = maker.changes
        expected[3].signature = maker.segment().signatures.first?.signature
        #expect(try await world.feed(of: world.shared, world.ben) == expected)
        let devices = try await world.store.devices(of: [maker.replica, ReplicaID(high: 0, low: 0)])
        #expect(devices == [ReplicaDevice(replica: maker.replica, certificate: world.ana.certificate)])
    }

    @Test(arguments: Backend.all) func whatWasAcceptedSurvivesANewStart(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(count: 2)
        _ = try await world.push(maker.segment(), by: world.ana)
        let head = try await world.head(of: world.shared, world.ana)
        let again = try await backend.open(world.folder.path, world.cryptography)
        #expect(
            try await again.heads(workspace: world.workspace, for: world.ana.account)?.layers.contains(head) == true)
        #expect(try await again.identity().server == world.identity.server)
        #expect(try await again.identity().key.publicKey == world.identity.key.publicKey)
    }

    /// Many at once: every feed is dense, in the order of each chain, and what was answered is where it was said to be.
    @Test(arguments: Backend.all) func positionsAreDenseInCommitOrderUnderConcurrency(backend: Backend) async throws {
        let world = try await World(backend)
        let (writers, rounds) = (24, 12)
        let makers = (0..<writers).map { place in
            var maker = Maker(place % 2 == 0 ? world.ana : world.ben, in: world.shared)
            maker.make(count: 2 * rounds)
            return maker
        }
        let reader = Task { try await readWhileOthersWrite(world) }
        let answers = try await withThrowingTaskGroup(of: [(ReplicaID, UInt64, SegmentResult)].self) { group in
            for (place, maker) in makers.enumerated() {
                let person = place % 2 == 0 ? world.ana : world.ben
                group.addTask {
                    var answers: [(ReplicaID, UInt64, SegmentResult)] = []
                    for round in 0..<rounds {
                        let segment = maker.segment(2 * round + 1, through: 2 * round + 2)
                        let result = try await world.push(segment, by: person)
                        answers.append((maker.replica, UInt64(2 * round + 1), result[0]))
                    }
                    return answers
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        reader.cancel()
        #expect(try await reader.value == [])
        let feed = try await world.feed(of: world.shared, byteBudget: 3000, world.ana)
        #expect(feed.count == writers * rounds * 2)
        for (replica, seq, result) in answers {
            #expect(result.status == .accepted && result.lastPosition == result.firstPosition + 1)
            for step in 0...1 {
                let header = feed[Int(result.firstPosition) - 1 + step].header
                #expect(header.replica == replica && header.seq == seq + UInt64(step))
            }
        }
    }

    /// Follows a feed while it grows; gives back what was wrong with it.
    private func readWhileOthersWrite(_ world: World) async throws -> [String] {
        var cursor = try await world.start(of: world.shared, world.ben)
        var problems: [String] = []
        while !Task.isCancelled {
            let page = try await world.page(from: cursor, world.ben)
            let count = page.segments.reduce(0) { $0 + $1.entries.count }
            if page.status != .changes { problems.append("status \(page.status) at \(cursor.position)") }
            if page.position != cursor.position + UInt64(count) { problems.append("a hole after \(cursor.position)") }
            cursor = FeedCursor(
                layer: cursor.layer, epoch: cursor.epoch, position: page.position, feedHash: page.feedHash)
        }
        return problems
    }

    /// Racing for the same seqs, one history wins whole and the others are told.
    @Test(arguments: Backend.all) func ofTwoHistoriesOneWins(backend: Backend) async throws {
        let world = try await World(backend)
        var common = Maker(world.ana, in: world.shared)
        common.make(count: 2)
        let lives = (1...8).map { life in
            var maker = common
            for _ in 0..<3 { maker.make(payloadBytes: 10 + life) }
            return maker
        }
        let results = try await withThrowingTaskGroup(of: SegmentResult.self) { group in
            for life in lives { group.addTask { try await world.push(life.segment(), by: world.ana)[0] } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count { $0.status == .accepted } == 1)
        #expect(results.count { $0.status == .fork && $0.conflictSeq == 3 && $0.heldSeq == 5 } == 7)
        let feed = try await world.feed(of: world.shared, world.ana)
        #expect(lives.contains { $0.changes.map(\.hash) == feed.map(\.hash) })
    }

    @Test(arguments: Backend.all) func aHeaderWithoutPayloadKeepsTheChainGoing(backend: Backend) async throws {
        let world = try await World(backend)
        // Ben may read Ana's personal layer and not write there.
        var maker = Maker(world.ben, in: world.ana.personal)
        maker.make(count: 2)
        let refused = try await world.push(maker.segment(), by: world.ben)
        #expect(refused[0].status == .accepted && refused[0].refused == [1, 2] && refused[0].heldSeq == 2)
        let again = try await world.push(maker.segment(), by: world.ben)
        #expect(again[0].status == .accepted && again[0].refused == [1, 2] && again[0].firstPosition == 0)
        let feed = try await world.feed(of: world.ana.personal, world.ana)
        #expect(feed.map(\.withheld) == [.refused, .refused] && feed.map(\.payload) == [nil, nil])
        #expect(feed.map(\.hash) == maker.changes.map(\.hash))
        #expect(feed.map(\.header) == maker.changes.map(\.header))
        maker.make()
        let next = try await world.push(maker.segment(3), by: world.ben)
        #expect(next[0].status == .accepted && next[0].heldSeq == 3)
        // A maker's own header whose payload it lost.
        var lost = Maker(world.ana, in: world.ana.personal)
        lost.make(withheld: .unavailable)
        lost.make()
        let own = try await world.push(lost.segment(), by: world.ana)
        #expect(own[0].status == .accepted && own[0].refused == [1])
        #expect(
            try await world.feed(of: world.ana.personal, world.ben).suffix(2).map(\.withheld) == [.unavailable, nil])
    }

    @Test(arguments: Backend.all) func anybodyMayCarryWhatAMemberMade(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ben, in: world.ben.personal)
        maker.make(count: 2)
        // Ana may not write in Ben's layer; she only carries.
        let result = try await world.push(maker.segment(certificate: world.ben.certificate), by: world.ana)
        #expect(result[0].status == .accepted && result[0].refused == [])
        // His own device comes later with the same and more.
        maker.make()
        let own = try await world.push(maker.segment(), by: world.ben)
        #expect(own[0].status == .accepted && own[0].heldSeq == 3 && own[0].firstPosition == 3)
        // Who has left is refused, even when a member carries it.
        try await world.store.removeMember(workspace: World.title, user: "ben")
        maker.make()
        let late = try await world.push(maker.segment(4, certificate: world.ben.certificate), by: world.ana)
        #expect(late[0].status == .accepted && late[0].refused == [4])
    }
}
