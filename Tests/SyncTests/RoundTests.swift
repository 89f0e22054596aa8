import AnnotationModel
import ChangeLog
import LocalStore
import ServerStore
import SyncClient
import TestSupport
import Testing
import WireFormat

/// What the server keeps of rounds: whose codings who may read and write when.
@Suite struct RoundTests {
    /// Three people who code, and a curator who does not.
    private struct Coders {
        let team: Team
        var cora: Device
        var ana: Device
        var ben: Device

        init() async throws {
            team = try await Team(members: ["cora", "ana", "ben"])
            cora = try await team.device("cora", of: "cora")
            ana = try await team.device("ana", of: "ana")
            ben = try await team.device("ben", of: "ben")
        }

        var all: [Device] { [cora, ana, ben] }

        func syncAll() async throws { for device in all { try await device.sync() } }

        func member(_ device: Device) throws -> MemberID { try device.store.read { try $0.ownMember() } }

        /// A round for ana and ben, as cora's store has it.
        func makeRound(
            _ rule: RevealRule, on day: String? = nil, isBlind: Bool = true, coders: [Device]? = nil,
            state: RoundState = .open
        ) async throws -> RecordID {
            let shared = try cora.layer(.shared)
            let coders = try (coders ?? [ana, ben]).map(member)
            let round = try cora.store.write { transaction in
                var fields: [(Field, Value)] = [
                    (Field.Round.isBlind, .boolean(isBlind)), (Field.Round.revealRule, .text(rule.rawValue)),
                    (Field.Round.title, .text("First")), (Field.Round.state, .text(state.name)),
                ]
                if let day { fields.append((Field.Round.revealOn, .text(day))) }
                let round = try transaction.create(.round, in: shared, fields)
                for coder in coders {
                    _ = try transaction.create(
                        .assignment, in: shared,
                        [
                            (Field.Assignment.round, .identifier(round)),
                            (Field.Assignment.document, .identifier(RecordID(high: 1, low: 1))),
                            (Field.Assignment.version, .identifier(RecordID(high: 1, low: 2))),
                            (Field.Assignment.coder, .identifier(RecordID(high: coder.high, low: coder.low))),
                        ])
                }
                return round
            }
            try await syncAll()
            return round
        }

        func set(_ state: RoundState, of round: RecordID, by device: Device) throws {
            let shared = try device.layer(.shared)
            try device.store.write { try $0.set(Field.Round.state, of: round, in: shared, to: .text(state.name)) }
        }
    }

    private func coding(_ device: Device, _ round: RecordID) throws -> LayerID {
        try device.store.read { try $0.ownLayer(.coding, of: round) }
    }

    private func code(_ name: String, by device: Device, in round: RecordID) throws {
        let layer = try coding(device, round)
        _ = try device.store.write { try $0.create(.code, in: layer, [(Field.Code.name, .text(name))]) }
    }

    /// Submits the device's own assignments of a round, or those of others too, for whom its word does not count.
    private func submit(_ device: Device, _ round: RecordID, alsoOthers: Bool = false) throws {
        let layer = try coding(device, round)
        let own = try device.store.read { try $0.ownMember() }
        let assignments = try device.store.read { try $0.assignments(of: round) }
        try device.store.write { transaction in
            for assignment in assignments where alsoOthers || assignment.coder == own {
                _ = try transaction.create(
                    .submission, in: layer,
                    [
                        (Field.Submission.round, .identifier(round)),
                        (Field.Submission.assignment, .identifier(assignment.info.id)),
                        (Field.Submission.seal, .bytes([1])), (Field.Submission.codings, .integer(1)),
                    ])
            }
        }
    }

    private func codes(_ device: Device) throws -> Set<String> {
        Set(try device.store.read { try $0.codes() }.map(\.name))
    }

    private func expectNothing(of name: String, at device: Device, _ round: RecordID) throws {
        #expect(try !codes(device).contains(name))
        let own = try device.store.read { try $0.ownMember() }
        let layers = try device.store.read { try $0.layers() }.filter { $0.round == round }
        #expect(layers.allSatisfy { $0.owner == own }, "a layer of somebody else's is here")
    }

    @Test func codersSeeNothingOfEachOtherUntilAllHaveSubmitted() async throws {
        let team = try await Coders()
        let round = try await team.makeRound(.all)
        try code("ana's", by: team.ana, in: round)
        try code("ben's", by: team.ben, in: round)
        try submit(team.ana, round)
        try await team.syncAll()
        try await team.syncAll()
        try expectNothing(of: "ana's", at: team.ben, round)
        try expectNothing(of: "ben's", at: team.ana, round)
        try expectNothing(of: "ana's", at: team.cora, round)

        try submit(team.ben, round)
        try await team.syncAll()
        try await team.syncAll()
        for device in team.all { #expect(try codes(device) == ["ana's", "ben's"]) }
        let stages = try team.ana.store.read { try $0.layers() }.filter { $0.kind == LayerKind.coding.rawValue }
        #expect(stages.count == 2 && stages.allSatisfy { $0.stage == .revealed && !$0.isWritable })
    }

    @Test func aSubmissionThatIsReopenedDoesNotCount() async throws {
        let team = try await Coders()
        let round = try await team.makeRound(.all)
        try submit(team.ana, round)
        let layer = try coding(team.ana, round)
        let submission = try #require(try team.ana.store.read { try $0.submissions(of: round) }.first)
        try team.ana.store.write {
            try $0.set(
                Field.Submission.state, of: submission.info.id, in: layer,
                to: .text(SubmissionState.reopened.rawValue))
        }
        try submit(team.ben, round)
        try code("ben's", by: team.ben, in: round)
        try await team.syncAll()
        try await team.syncAll()
        try expectNothing(of: "ben's", at: team.ana, round)
        try submit(team.ana, round)
        try await team.syncAll()
        try await team.syncAll()
        #expect(try codes(team.ana) == ["ben's"])
    }

    @Test func nobodySubmitsForAnother() async throws {
        let team = try await Coders()
        let round = try await team.makeRound(.all)
        // Ana names ben's assignment as done, in her own layer.
        try submit(team.ana, round, alsoOthers: true)
        try code("ben's", by: team.ben, in: round)
        try await team.syncAll()
        try await team.syncAll()
        try expectNothing(of: "ben's", at: team.ana, round)
    }

    @Test func aRoundOfAllIsNotRevealedByHand() async throws {
        let team = try await Coders()
        let round = try await team.makeRound(.all)
        try code("ana's", by: team.ana, in: round)
        try await team.syncAll()
        try team.set(.revealed, of: round, by: team.cora)
        #expect(try await team.cora.sync().refusedCount == 1)
        try await team.syncAll()
        try expectNothing(of: "ana's", at: team.cora, round)
        // With the assignments that are not submitted withdrawn, it is.
        try submit(team.ana, round)
        try await team.ana.sync()
        let shared = try team.cora.layer(.shared)
        let ben = try team.member(team.ben)
        let open = try team.cora.store.read { try $0.assignments(of: round) }.filter { $0.coder == ben }
        try team.cora.store.write { for assignment in open { try $0.delete(assignment.info.id, in: shared) } }
        try await team.syncAll()
        try await team.syncAll()
        #expect(try codes(team.cora) == ["ana's"])
    }

    @Test func aCuratorRevealsByHandWhoHasNothingLeftToSubmit() async throws {
        let team = try await Coders()
        let round = try await team.makeRound(.hand)
        try code("ana's", by: team.ana, in: round)
        try code("ben's", by: team.ben, in: round)
        try await team.syncAll()
        // Ben is a curator, and has not submitted.
        try team.set(.revealed, of: round, by: team.ben)
        #expect(try await team.ben.sync().refusedCount == 1)
        try await team.syncAll()
        try expectNothing(of: "ana's", at: team.ben, round)
        try team.set(.revealed, of: round, by: team.cora)
        try await team.syncAll()
        try await team.syncAll()
        for device in team.all { #expect(try codes(device) == ["ana's", "ben's"]) }
    }

    @Test func aRoundIsRevealedOnItsDay() async throws {
        let team = try await Coders()
        // The clock begins at 2023-11-14T22:13:20Z.
        let round = try await team.makeRound(.date, on: "2023-11-15")
        try code("ana's", by: team.ana, in: round)
        try await team.syncAll()
        team.team.clock.advance(6_399_000)
        try await team.syncAll()
        try expectNothing(of: "ana's", at: team.ben, round)
        team.team.clock.advance(1_001_000)
        try await team.ben.sync()
        #expect(try codes(team.ben) == ["ana's"])
    }

    @Test func whatComesAfterTheEndIsRefusedAndCanBeKeptForTheAdjudicators() async throws {
        let team = try await Coders()
        let round = try await team.makeRound(.hand)
        try code("in time", by: team.ana, in: round)
        try await team.ana.sync()
        try code("too late", by: team.ana, in: round)
        try team.set(.closed, of: round, by: team.cora)
        try await team.cora.sync()
        #expect(try await team.ana.sync().refusedCount == 1)
        let refused = try team.ana.store.read { try $0.refused() }
        #expect(refused.count == 1 && refused[0].explanation?.contains("takes no codings any more") == true)
        // Now that it is known, nothing is written there.
        #expect(throws: StoreError.self) { try code("later", by: team.ana, in: round) }
        let late = try team.ana.store.read { try $0.ownLayer(.late, of: round) }
        _ = try team.ana.store.reapply(refused[0].change, in: late)
        try await team.syncAll()
        #expect(try codes(team.cora) == [])
        try team.set(.revealed, of: round, by: team.cora)
        try await team.syncAll()
        try await team.syncAll()
        #expect(try codes(team.cora) == ["in time", "too late"])
    }

    @Test func decisionsAreTheCuratorsUntilTheyArePublished() async throws {
        let team = try await Coders()
        try await team.team.server.addMember(workspace: Team.workspace, user: "ben", role: .analyst)
        let round = try await team.makeRound(.hand)
        #expect(throws: StoreError.self) { try team.cora.store.read { try $0.ownLayer(.gold, of: round) } }
        try submit(team.ana, round)
        try await team.ana.sync()
        try team.set(.revealed, of: round, by: team.cora)
        try await team.syncAll()
        try await team.syncAll()
        let gold = try team.cora.store.read { try $0.ownLayer(.gold, of: round) }
        _ = try team.cora.store.write { try $0.create(.code, in: gold, [(Field.Code.name, .text("decided"))]) }
        try await team.syncAll()
        try await team.syncAll()
        #expect(try codes(team.ana) == ["decided"] && codes(team.ben) == [])
        try team.set(.published, of: round, by: team.cora)
        try await team.syncAll()
        try await team.syncAll()
        #expect(try codes(team.ben) == ["decided"])
    }

    @Test func nobodyIsGivenWhatIsHiddenByHand() async throws {
        let team = try await Coders()
        let round = try await team.makeRound(.hand)
        try code("ana's", by: team.ana, in: round)
        let bundle = try team.ana.store.bundle()
        #expect(bundle.layers.allSatisfy { $0.round == nil })
        try await team.syncAll()
        try team.set(.revealed, of: round, by: team.cora)
        try await team.syncAll()
        try await team.syncAll()
        #expect(try team.ana.store.bundle().layers.contains { $0.round == round && $0.stage == .revealed })
    }

    @Test func aStoreThatHasLayersOfARoundByHandCanConnect() async throws {
        let team = try await Coders()
        let round = try await team.makeRound(.hand, isBlind: false)
        try code("ana's", by: team.ana, in: round)
        try await team.syncAll()
        try await team.syncAll()
        try team.set(.published, of: round, by: team.cora)
        try await team.syncAll()
        try await team.syncAll()
        let store = try team.team.store("guest", memberName: "ben")
        _ = try store.read(team.cora.store.bundle())
        #expect(try store.read { try $0.layers() }.contains { $0.kind == LayerKind.gold.rawValue })
        let token = try await team.team.token(for: "ben")
        try await SyncClient.connect(
            store, over: team.team.transport(token), url: "test:", workspace: nil, deviceName: "guest")
        let guest = Device(team: team.team, store: store, token: token)
        try await guest.sync()
        #expect(try codes(guest) == ["ana's"])
    }

    @Test func aRestoredServerMakesTheLayersAgainAndGetsTheirWork() async throws {
        let team = try await Coders()
        let before = team.team.folder.path + "/before"
        try team.team.copyServer(to: before)
        let round = try await team.makeRound(.all)
        try code("ana's", by: team.ana, in: round)
        try await team.syncAll()
        try team.team.restoreServer(from: before)
        // Ana comes before anybody has told the server of the round again, and keeps what she has.
        try await team.ana.sync()
        #expect(try codes(team.ana) == ["ana's"])
        try await team.syncAll()
        try await team.syncAll()
        try submit(team.ana, round)
        try submit(team.ben, round)
        try await team.syncAll()
        try await team.syncAll()
        for device in team.all { #expect(try codes(device) == ["ana's"]) }
    }

    @Test func workInARoundThatTheServerDoesNotTakeAgainWaitsInSight() async throws {
        let team = try await Coders()
        let before = team.team.folder.path + "/before"
        try team.team.copyServer(to: before)
        let round = try await team.makeRound(.all)
        try code("ana's", by: team.ana, in: round)
        try team.team.restoreServer(from: before)
        try await team.team.server.addMember(workspace: Team.workspace, user: "cora", role: .analyst)
        func waiting() throws -> [String] {
            try team.ana.store.read { try $0.layers() }.filter { !$0.isOnServer && $0.pendingCount > 0 }.map(\.kindName)
        }
        for _ in 0..<3 {
            try await team.syncAll()
            #expect(try waiting() == ["coding"])
        }
        #expect(try codes(team.ana) == ["ana's"])
        try await team.team.server.addMember(workspace: Team.workspace, user: "cora", role: .curator)
        try await team.cora.sync()
        for item in try team.cora.store.read({ try $0.refused() }) {
            _ = try team.cora.store.reapply(item.change, in: team.cora.layer(.shared))
        }
        for _ in 0..<3 { try await team.syncAll() }
        #expect(try waiting() == [])
    }

    @Test func workInARoundArrivesAlsoWhereItsAssignmentWasWithdrawnBeforeTheServerHearsOfIt() async throws {
        let team = try await Coders()
        let before = team.team.folder.path + "/before"
        try team.team.copyServer(to: before)
        let round = try await team.makeRound(.hand)
        try code("ana's", by: team.ana, in: round)
        try team.team.restoreServer(from: before)
        // Ben's word on an assignment that cora made arrives first.
        let shared = try team.ben.layer(.shared)
        let ana = try team.member(team.ana)
        let assignments = try team.ben.store.read { try $0.assignments(of: round) }.filter { $0.coder == ana }
        try team.ben.store.write { for one in assignments { try $0.delete(one.info.id, in: shared) } }
        try await team.ben.sync()
        try await team.syncAll()
        try await team.syncAll()
        #expect(try team.ana.store.read { try $0.layers() }.allSatisfy { $0.pendingCount == 0 })
        try team.set(.revealed, of: round, by: team.cora)
        try await team.syncAll()
        try await team.syncAll()
        #expect(try codes(team.cora) == ["ana's"])
    }

    @Test func anOpenRoundHidesNothingAndTakesCodingsUntilItIsClosed() async throws {
        let team = try await Coders()
        let round = try await team.makeRound(.hand, isBlind: false)
        try code("ana's", by: team.ana, in: round)
        try await team.syncAll()
        try await team.syncAll()
        #expect(try codes(team.ben) == ["ana's"])
        try code("more", by: team.ana, in: round)
        #expect(try await team.ana.sync().refusedCount == 0)
    }
}
