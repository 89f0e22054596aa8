import AnnotationModel
import ChangeLog
import Cryptography
import ServerStore
import Testing

@testable import SyncServer

/// Who listens, who may be told, and when a layer is told of.
@Suite struct LiveRosterTests {
    private let workspace = WorkspaceID(high: 1, low: 1)
    private let elsewhere = WorkspaceID(high: 1, low: 2)
    private let layer = LayerID(high: 2, low: 2)

    private func token(_ number: UInt8) -> Digest { OpenSSLCryptography().sha256([number]) }

    private func account(_ user: Int64) -> Account {
        Account(user: user, member: MemberID(high: 3, low: UInt64(user)), name: "n", device: nil)
    }

    /// Listeners of users 1, 1 and 2 by tokens 1, 2 and 3, whose writers are numbers.
    private func roster() throws -> (LiveRoster<Int>, [LiveRoster<Int>.Name]) {
        var roster = LiveRoster<Int>()
        var names: [LiveRoster<Int>.Name] = []
        for (number, user) in [(UInt8(1), Int64(1)), (2, 1), (3, 2)] {
            let name = try roster.admit(
                to: workspace, token: token(number), user: user, access: 7, within: LiveLimits())
            roster.begin(name, Int(number))
            names.append(name)
        }
        return (roster, names)
    }

    @Test func onlyTokensThatMayReadAreTold() throws {
        var (roster, names) = try roster()
        let late = try roster.admit(to: workspace, token: token(1), user: 1, access: 7, within: LiveLimits())
        #expect(roster.writers(in: workspace, by: [token(1), token(3)]).sorted() == [1, 3])
        #expect(roster.writers(in: elsewhere, by: [token(1)]) == [])
        roster.begin(late, 4)
        roster.leave(names[0])
        #expect(roster.writers(in: workspace, by: [token(1), token(3)]).sorted() == [3, 4])
        #expect(roster.strangers(in: workspace, among: [token(3): account(2), token(1): account(1)]) == [2])
    }

    @Test func everybodyWhoseAccessChangedIsToldOnce() throws {
        var (roster, _) = try roster()
        let accounts = [token(1): account(1), token(2): account(1), token(3): account(2)]
        #expect(Set(roster.listeningAccounts(in: workspace, among: accounts).map(\.user)) == [1, 2])
        #expect(roster.listeningAccounts(in: workspace, among: [token(2): account(1)]).map(\.user) == [1])
        #expect(roster.renew(7, of: 1, in: workspace) == [])
        #expect(roster.renew(8, of: 1, in: workspace).sorted() == [1, 2])
        #expect(roster.renew(8, of: 1, in: workspace) == [])
        // One whose stream has yet to begin was given the old heads.
        let late = try roster.admit(to: workspace, token: token(1), user: 1, access: 7, within: LiveLimits())
        #expect(roster.renew(8, of: 1, in: workspace) == [])
        roster.begin(late, 4)
        #expect(roster.renew(8, of: 1, in: workspace) == [4])
    }

    @Test func limitsCountThoseWhoAreThere() throws {
        var limits = LiveLimits()
        (limits.listenersMax, limits.listenersPerUserMax) = (3, 2)
        var roster = LiveRoster<Int>()
        func admit(_ user: Int64) throws(LiveRoster<Int>.Refusal) -> LiveRoster<Int>.Name {
            try roster.admit(to: workspace, token: token(1), user: user, access: 0, within: limits)
        }
        let first = try admit(1)
        _ = try admit(1)
        #expect(throws: LiveRoster<Int>.Refusal.tooManyOfUser) { try admit(1) }
        let other = try admit(2)
        #expect(throws: LiveRoster<Int>.Refusal.tooMany) { try admit(3) }
        roster.leave(first)
        roster.leave(first)
        #expect(roster.count == 2)
        _ = try admit(1)
        roster.leave(other)
        #expect(throws: LiveRoster<Int>.Refusal.tooManyOfUser) { try admit(1) }
    }

    @Test func nobodyThereIsNothingHeld() throws {
        var (roster, names) = try roster()
        #expect(roster.isListenedTo(workspace) && roster.listenedWorkspaces == [workspace])
        for name in names { roster.leave(name) }
        #expect(roster.isEmpty && roster.listenedWorkspaces.isEmpty && !roster.isListenedTo(workspace))
    }

    @Test func accessIsEverythingButWhereFeedsStand() {
        func heads(position: UInt64 = 0, isWritable: Bool = true, name: String = "Ana") -> Heads {
            Heads(
                layers: [
                    LayerHead(
                        layer: layer, kind: 1, owner: nil, isWritable: isWritable, epoch: EpochID(high: 1, low: 1),
                        position: position, feedHash: .zero)
                ], members: [RosterEntry(member: MemberID(high: 1, low: 1), name: name)])
        }
        let mark = LiveAccess.mark(of: heads())
        #expect(LiveAccess.mark(of: heads(position: 5)) == mark)
        #expect(LiveAccess.mark(of: heads(isWritable: false)) != mark)
        #expect(LiveAccess.mark(of: heads(name: "Ben")) != mark)
        #expect(LiveAccess.mark(of: Heads(layers: [], members: [])) != mark)
    }

    @Test func aMoveIsToldAtOnceAndThoseInQuickSuccessionTogether() {
        var moves = LiveMoves()
        #expect(moves.moved(layer) == true)
        // Another layer does not wait for this one.
        #expect(moves.moved(LayerID(high: 2, low: 3)) == true)
        for _ in 0..<5 { #expect(moves.moved(layer) == false) }
        let first = moves.rested(layer)
        let second = moves.rested(layer)
        #expect(first && !second)
        #expect(moves.moved(layer) == true)
        #expect(moves.rested(layer) == false)
        #expect(moves.moved(layer) == true)
    }
}
