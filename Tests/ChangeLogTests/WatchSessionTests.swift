import AnnotationModel
import ChangeLog
import Testing

/// What keeps a store current, event by event.
@Suite struct WatchSessionTests {
    private typealias Action = WatchSession.Action

    private static let (layer, other) = (LayerID(high: 1, low: 1), LayerID(high: 1, low: 2))
    private static let epoch = EpochID(high: 2, low: 2)

    private static func point(_ position: UInt64, epoch: EpochID = epoch) -> FeedPoint {
        FeedPoint(epoch: epoch, position: position)
    }

    /// Always the same share of every wait.
    private struct Fixed: RandomNumberGenerator {
        var value: UInt64
        mutating func next() -> UInt64 { value }
    }

    private var session = WatchSession(generator: Fixed(value: .max))

    /// With a stream, and all read up to position 5 of one layer.
    private static func current(_ generator: any RandomNumberGenerator & Sendable = Fixed(value: .max)) -> WatchSession
    {
        var session = WatchSession(generator: generator)
        _ = session.handle(.started)
        _ = session.handle(.listening)
        _ = session.handle(.synced([layer: point(5)]))
        _ = session.handle(.synced([layer: point(5)]))
        return session
    }

    /// The seconds of a wait among actions.
    private func seconds(_ timer: WatchSession.Timer, _ actions: [Action]) -> Double? {
        for case .wait(timer, let seconds) in actions { return seconds }
        return nil
    }

    @Test mutating func itListensAndSyncsAndSyncsAgainOnceItListens() {
        #expect(session.handle(.started) == [.listen, .sync])
        // What came between the heads of the first sync and the stream, nobody tells.
        #expect(session.handle(.listening) == [.wait(.poll, seconds: 600)])
        #expect(session.handle(.synced([:])) == [.sync, .wait(.poll, seconds: 600)])
        #expect(session.handle(.synced([:])) == [.wait(.poll, seconds: 600)])
    }

    @Test func whatWasReadIsNotFetched() {
        var session = Self.current()
        #expect(session.handle(.moved(Self.layer, Self.point(5))) == [])
        #expect(session.handle(.moved(Self.layer, Self.point(4))) == [])
        #expect(session.handle(.moved(Self.layer, Self.point(6))) == [.sync])
        _ = session.handle(.synced([Self.layer: Self.point(6)]))
        // A layer that is new here, and another life of one.
        #expect(session.handle(.moved(Self.other, Self.point(0))) == [.sync])
        _ = session.handle(.synced([Self.layer: Self.point(6), Self.other: Self.point(1)]))
        #expect(session.handle(.moved(Self.layer, Self.point(1, epoch: EpochID(high: 3, low: 3)))) == [.sync])
    }

    @Test func anOwnPushThatIsToldBeforeItIsAcknowledgedIsNotFetched() {
        var session = Self.current()
        #expect(session.handle(.written) == [.sync])
        #expect(session.handle(.moved(Self.layer, Self.point(6))) == [])
        #expect(session.handle(.synced([Self.layer: Self.point(6)])) == [.wait(.poll, seconds: 600)])
    }

    @Test func whatMovesWhileASyncRunsIsFetchedAfterIt() {
        var session = Self.current()
        _ = session.handle(.written)
        _ = session.handle(.moved(Self.layer, Self.point(9)))
        #expect(session.handle(.synced([Self.layer: Self.point(6)])).first == .sync)
        // Should it not be there even then (access was lost meanwhile), nothing goes round in circles.
        #expect(session.handle(.synced([Self.layer: Self.point(6)])) == [.wait(.poll, seconds: 600)])
    }

    @Test func whatIsWrittenWhileASyncRunsIsSentAfterIt() {
        var session = Self.current()
        #expect(session.handle(.written) == [.sync])
        for _ in 0..<3 { #expect(session.handle(.written) == []) }
        #expect(session.handle(.synced([:])).first == .sync)
        #expect(session.handle(.synced([:])) == [.wait(.poll, seconds: 600)])
        #expect(session.handle(.resync) == [.sync])
    }

    @Test func aFullWorkspaceIsReadAndSentToAgainAfterAPause() throws {
        var session = Self.current()
        _ = session.handle(.written)
        var actions = session.handle(.full([Self.layer: Self.point(5)], retrySeconds: 300))
        #expect(try #require(seconds(.room, actions)) >= 300)
        // What is written waits; what others make is fetched.
        #expect(session.handle(.written) == [])
        #expect(session.handle(.moved(Self.layer, Self.point(6))) == [.read])
        #expect(session.handle(.synced([Self.layer: Self.point(6)])) == [.wait(.poll, seconds: 600)])
        var waits: [Double] = []
        for _ in 0..<8 {
            #expect(session.handle(.passed(.room)) == [.sync])
            actions = session.handle(.full([Self.layer: Self.point(6)], retrySeconds: nil))
            waits.append(try #require(seconds(.room, actions)))
        }
        #expect(waits.map { $0.rounded() } == [2, 4, 8, 16, 32, 60, 60, 60])
        #expect(session.handle(.passed(.room)) == [.sync])
        #expect(session.handle(.synced([Self.layer: Self.point(7)])) == [.wait(.poll, seconds: 600)])
        #expect(session.handle(.written) == [.sync])
        // It begins anew.
        #expect(seconds(.room, session.handle(.full([:], retrySeconds: nil)))?.rounded() == 1)
    }

    @Test func aBrokenStreamIsOpenedAgainAfterGrowingPauses() {
        var session = Self.current()
        var waits: [Double] = []
        for _ in 0..<9 {
            let actions = session.handle(.streamFailed(.unreachable))
            waits.append(seconds(.listen, actions) ?? 0)
            #expect(seconds(.poll, actions) == 60)
            #expect(session.handle(.passed(.listen)) == [.listen])
        }
        #expect(waits.map { $0.rounded() } == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        // Chance takes up to half of a pause.
        var early = Self.current(Fixed(value: 0))
        #expect(seconds(.listen, early.handle(.streamFailed(.unreachable))) == 0.5)
        // Once it has listened, it begins anew.
        _ = session.handle(.listening)
        #expect((seconds(.listen, session.handle(.streamFailed(.unreachable))) ?? 0).rounded() == 1)
    }

    @Test(arguments: [0, UInt64.max]) func whatTheServerAsksForIsTheLeast(chance: UInt64) throws {
        var session = Self.current(Fixed(value: chance))
        let ended = try #require(seconds(.listen, session.handle(.streamEnded(retrySeconds: 4))))
        #expect(ended >= 4 && ended <= 5)
        _ = session.handle(.passed(.listen))
        let busy = try #require(seconds(.listen, session.handle(.streamFailed(.busy(retrySeconds: 60)))))
        #expect(busy >= 60 && busy <= 75)
        _ = session.handle(.written)
        let sync = try #require(seconds(.sync, session.handle(.syncFailed(.busy(retrySeconds: 30)))))
        #expect(sync >= 30 && sync <= 37.5)
        // Nothing hurries it on.
        #expect(session.handle(.written) == [])
        _ = session.handle(.passed(.listen))
        #expect(session.handle(.listening) == [.wait(.poll, seconds: 600)])
        #expect(session.handle(.passed(.sync)) == [.sync])
    }

    @Test func aFailedSyncWaitsForItsTimerOrForTheServerToBeThereAgain() {
        var session = Self.current()
        _ = session.handle(.written)
        let actions = session.handle(.syncFailed(.unreachable))
        #expect(actions.contains(.hangUp))
        #expect(seconds(.sync, actions) != nil && seconds(.listen, actions) != nil)
        #expect(session.handle(.written) == [])
        #expect(session.handle(.passed(.listen)) == [.listen])
        #expect(session.handle(.listening).first == .sync)
        // The timer that was on has nothing more to do.
        #expect(session.handle(.passed(.sync)) == [])
        #expect(session.handle(.synced([:])) == [.wait(.poll, seconds: 600)])
    }

    @Test func withoutLiveUpdatesItSyncsFromTimeToTime() {
        var session = WatchSession(generator: Fixed(value: 0))
        _ = session.handle(.started)
        #expect(session.handle(.hasNoLive) == [.wait(.listen, seconds: 600), .wait(.poll, seconds: 60)])
        #expect(session.handle(.synced([:])) == [.wait(.poll, seconds: 60)])
        #expect(session.handle(.passed(.poll)) == [.sync, .wait(.poll, seconds: 60)])
        #expect(session.handle(.synced([:])) == [.wait(.poll, seconds: 60)])
        #expect(session.handle(.written) == [.sync])
        #expect(session.handle(.passed(.listen)) == [.listen])
    }

    @Test func aRefusalIsForTheSyncToExplain() {
        var session = Self.current()
        #expect(session.handle(.streamFailed(.refused)).contains(.sync))
        #expect(session.handle(.syncFailed(.final)) == [.finish])
        for event in [WatchSession.Event.written, .listening, .passed(.poll), .woken] {
            #expect(session.handle(event) == [])
        }
    }

    @Test func afterASleepNoConnectionIsTrusted() {
        var session = Self.current()
        #expect(session.handle(.woken) == [.hangUp, .listen, .sync])
        _ = session.handle(.syncFailed(.unreachable))
        _ = session.handle(.streamFailed(.unreachable))
        #expect(session.handle(.woken) == [.listen, .sync])
        // The wait to listen that was on comes too late.
        #expect(session.handle(.passed(.listen)) == [])
    }
}
