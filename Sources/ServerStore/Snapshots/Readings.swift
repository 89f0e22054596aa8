import AnnotationModel
import ChangeLog
import Synchronization

/// How far devices have read, as they tell by what they ask for; kept in memory until it is written down with the next
/// compaction, as reading writes nothing.
final class Readings: Sendable {
    struct Place: Hashable, Sendable {
        let user: Int64
        let device: PublicKey
        let layer: LayerID
    }

    struct Point: Sendable {
        let epoch: EpochID
        let position: UInt64
    }

    private struct State {
        /// Nothing is kept before the first compaction: most servers keep everything.
        var isWanted = false
        var points: [Place: Point] = [:]
    }

    private let state = Mutex(State())

    func note(_ cursor: FeedCursor, by account: Account) {
        guard let device = account.device, cursor.position > 0 else { return }
        state.withLock { state in
            guard state.isWanted else { return }
            state.points[Place(user: account.user, device: device, layer: cursor.layer)] = Point(
                epoch: cursor.epoch, position: cursor.position)
        }
    }

    func take() -> [Place: Point] {
        state.withLock { state in
            state.isWanted = true
            defer { state.points.removeAll() }
            return state.points
        }
    }
}
