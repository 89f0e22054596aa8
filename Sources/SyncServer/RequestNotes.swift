public import AnnotationModel
import ChangeLog
import Synchronization

/// What the service learns of a request that its log and counters want to know.
///
/// Who wants it makes one `current` around `SyncService.handle`.
public final class RequestNotes: Sendable {
    public struct Values: Sendable {
        /// Who asked, once the token is known.
        public internal(set) var member: MemberID?
        /// New changes of a push that are held now, with their payload.
        public internal(set) var changesAccepted = 0
        /// Changes of a push that entered their feed without payload, and segments that were not taken at all.
        public internal(set) var changesRefused = 0
    }

    @TaskLocal public static var current: RequestNotes?

    private let state = Mutex(Values())

    public init() {}

    public var values: Values { state.withLock { $0 } }

    func note(_ member: MemberID) { state.withLock { $0.member = member } }

    func note(_ results: [SegmentResult]) {
        state.withLock { values in
            for result in results {
                guard result.status == .accepted else {
                    values.changesRefused += 1
                    continue
                }
                guard result.firstPosition > 0 else { continue }
                let new = Int(result.lastPosition - result.firstPosition) + 1
                // Those that the server held without payload before are named again.
                let refused = min(new, result.refused.count)
                values.changesAccepted += new - refused
                values.changesRefused += refused
            }
        }
    }
}
