import AnnotationModel
import ChangeLog
import SQLiteBinding
import Synchronization
import WireFormat

/// What stands in databases, read beside the programs.
enum Audit {
    /// Payloads that the server of this history may have let go of, by the hashes of their headers.
    final class LetGo: Sendable {
        private let payloads = Mutex<[Digest: [UInt8]]>([:])

        subscript(hash: Digest) -> [UInt8]? {
            get { payloads.withLock { $0[hash] } }
            set { payloads.withLock { $0[hash] = newValue } }
        }
    }

    @TaskLocal static var letGo: LetGo?

    /// A change as the feed has it.
    struct FeedChange {
        let stamp: Stamp
        let hash: Digest
        let withheld: Withholding?
        let payload: [UInt8]?

        /// Those that have effect and that this version can read.
        var operations: [ChangeLog.Operation] {
            guard withheld == nil, let payload else { return [] }
            return (try? Payload(decoding: payload, by: stamp.replica).operations) ?? []
        }
    }

    struct ServerLayer {
        let id: LayerID
        let kind: UInt8
        let owner: MemberID?
        let epoch: EpochID
        let position: UInt64
        let feedHash: Digest
        let num: Int64
        /// Of which it is a layer.
        let round: RecordID?
    }

    static func layers(_ server: Connection) throws -> [ServerLayer] {
        let select = try server.statement(
            """
            SELECT layer.id, kind, user.id, epoch, position, feed_hash, layer.num, round.id FROM layer
            LEFT JOIN user ON user.num = layer.owner LEFT JOIN round ON round.num = layer.round ORDER BY layer.num
            """)
        var layers: [ServerLayer] = []
        while try select.step() {
            guard let id = LayerID(bytes: select.blob(0)), let epoch = EpochID(bytes: select.blob(3)),
                let hash = Digest(bytes: select.blob(5))
            else { continue }
            layers.append(
                ServerLayer(
                    id: id, kind: UInt8(select.int(1)), owner: select.isNull(2) ? nil : MemberID(bytes: select.blob(2)),
                    epoch: epoch, position: UInt64(select.int64(4)), feedHash: hash, num: select.int64(6),
                    round: select.isNull(7) ? nil : RecordID(bytes: select.blob(7))))
        }
        return layers
    }

    /// Whether a token lets into a workspace, by the server's tables alone.
    static func mayEnter(byToken hash: Digest, on server: Connection) throws -> Bool {
        let select = try server.statement(
            "SELECT 1 FROM token JOIN membership ON membership.user = token.user WHERE hash = ?1 AND role > 0")
        select.bind(hash.bytes, at: 1)
        defer { select.reset() }
        return try select.step()
    }

    /// Whether a round's layers are open at the moment ?3 of the server's clock.
    private static let isRevealed = """
        (round.revealed_at IS NOT NULL
            OR (round.reveal_rule = 'date' AND round.opened_at IS NOT NULL AND round.reveal_at <= ?3))
        """

    /// Whether a layer may be read by a token, by the server's tables alone.
    static func mayRead(_ layer: LayerID, byToken hash: Digest, at now: Int64, on server: Connection) throws -> Bool {
        let select = try server.statement(
            """
            SELECT 1 FROM token JOIN membership ON membership.user = token.user
            JOIN layer ON layer.workspace = membership.workspace LEFT JOIN round ON round.num = layer.round
            WHERE hash = ?1 AND role > 0 AND layer.id = ?2 AND (
                layer.owner = token.user OR layer.kind IN (1, 2) OR (layer.kind = 4 AND \(isRevealed))
                OR (layer.kind IN (5, 6) AND (published_at IS NOT NULL OR (\(isRevealed) AND role >= 3))))
            """)
        select.bind(hash.bytes, at: 1)
        select.bind(layer.bytes, at: 2)
        select.bind(now, at: 3)
        defer { select.reset() }
        return try select.step()
    }

    /// Layers of rounds that nobody but their owners may read now, and whose they are.
    static func hiddenLayers(_ server: Connection, at now: Int64) throws -> [(layer: LayerID, owner: Int)] {
        let select = try server.statement(
            """
            SELECT layer.id, user.name FROM layer JOIN round ON round.num = layer.round
            JOIN user ON user.num = layer.owner WHERE NOT \(isRevealed) ORDER BY layer.num
            """)
        select.bind(now, at: 3)
        var layers: [(layer: LayerID, owner: Int)] = []
        while try select.step() {
            if let id = LayerID(bytes: select.blob(0)), let owner = Int(select.text(1).dropFirst(7)) {
                layers.append((id, owner))
            }
        }
        return layers
    }

    static func userCount(_ server: Connection) throws -> Int {
        let select = try server.prepare("SELECT count(*) FROM user")
        return try select.step() ? select.int(0) : 0
    }

    /// The feed of a layer from a position on, in the order of positions.
    static func feed(_ server: Connection, layer: ServerLayer, after position: UInt64) throws -> [(UInt64, FeedChange)]
    {
        let select = try server.statement(
            """
            SELECT feed.id, replica.id, feed.seq, feed.lamport, feed.author, feed.wall_time, feed.hash, feed.withheld,
                feed.payload
            FROM feed JOIN chain ON chain.num = feed.chain JOIN replica ON replica.num = chain.replica
            WHERE feed.id > ?1 AND feed.id < ?2 ORDER BY feed.id
            """)
        select.bind(layer.num << 40 | Int64(position), at: 1)
        select.bind((layer.num + 1) << 40, at: 2)
        var changes: [(UInt64, FeedChange)] = []
        while try select.step() {
            guard let replica = ReplicaID(bytes: select.blob(1)), let author = MemberID(bytes: select.blob(4)),
                let hash = Digest(bytes: select.blob(6))
            else { continue }
            let stamp = Stamp(
                replica: replica, seq: UInt64(select.int64(2)), lamport: UInt64(select.int64(3)), author: author,
                wallTime: select.int64(5))
            let withheld = select.isNull(7) ? nil : Withholding(rawValue: UInt8(select.int(7)))
            changes.append(
                (
                    UInt64(select.int64(0) & (1 << 40 - 1)),
                    FeedChange(
                        stamp: stamp, hash: hash,
                        withheld: withheld == .compacted ? nil : withheld,
                        payload: withheld == .compacted
                            ? letGo?[hash] : select.isNull(8) ? nil : select.blob(8))
                ))
        }
        return changes
    }

    /// Everything that a server holds with its content, or in its snapshots.
    static func work(onServer server: Connection) throws -> Set<Work> {
        var held = try work(
            server.statement(
                """
                SELECT replica.id, layer.kind, feed.payload FROM feed JOIN chain ON chain.num = feed.chain
                JOIN replica ON replica.num = chain.replica JOIN layer ON layer.num = chain.layer
                WHERE feed.payload IS NOT NULL
                """))
        let select = try server.statement(
            """
            SELECT replica.id, layer.kind, feed.hash FROM feed JOIN chain ON chain.num = feed.chain
            JOIN replica ON replica.num = chain.replica JOIN layer ON layer.num = chain.layer WHERE feed.withheld = ?1
            """)
        select.bind(Int64(Withholding.compacted.rawValue), at: 1)
        while try select.step() {
            guard let replica = ReplicaID(bytes: select.blob(0)), let hash = Digest(bytes: select.blob(2)),
                let payload = letGo?[hash], let action = try? Payload(decoding: payload, by: replica).action
            else { continue }
            held.insert(Work(action: action, kind: UInt8(select.int(1))))
        }
        return held
    }

    /// Keeps what the server is about to let go of, for whoever audits it.
    static func remember(_ server: Connection) throws {
        let select = try server.statement("SELECT hash, payload FROM feed WHERE payload IS NOT NULL")
        while try select.step() {
            if let hash = Digest(bytes: select.blob(0)) { letGo?[hash] = select.blob(1) }
        }
    }

    /// Everything that a store holds, refused and set aside included.
    static func work(inStore store: Connection) throws -> Set<Work> {
        let logged = try work(
            store.statement(
                """
                SELECT replica.id, layer.kind, change.payload FROM change JOIN chain ON chain.num = change.id >> 32
                JOIN replica ON replica.num = chain.replica JOIN layer ON layer.num = chain.layer
                WHERE change.payload IS NOT NULL
                """))
        return try logged.union(workSetAside(store))
    }

    /// What a store keeps of work that the server will not have from it: refused changes, what was put aside, and what
    /// came by hand from a device that no server has vouched for.
    static func workInSight(_ store: Connection) throws -> Set<Work> {
        let withheld = try work(
            store.statement(
                """
                SELECT replica.id, layer.kind, change.payload FROM change JOIN chain ON chain.num = change.id >> 32
                JOIN replica ON replica.num = chain.replica JOIN layer ON layer.num = chain.layer
                WHERE change.payload IS NOT NULL
                AND (change.withheld IS NOT NULL OR NOT replica.is_own AND replica.certificate IS NULL)
                """))
        return try withheld.union(workSetAside(store))
    }

    /// The rounds that a server has opened, and these with each coder of theirs: what it has layers for.
    static func roundPlaces(_ server: Connection) throws -> Set<[UInt8]> {
        let select = try server.statement(
            """
            SELECT id FROM round WHERE opened_at IS NOT NULL
            UNION SELECT round.id || assignment.coder FROM round JOIN assignment
            ON assignment.workspace = round.workspace AND assignment.round = round.id WHERE opened_at IS NOT NULL
            """)
        var places: Set<[UInt8]> = []
        while try select.step() { places.insert(select.blob(0)) }
        return places
    }

    /// What waits in a store for a round that its server does not have; a sync and `status` say so.
    static func workWithoutItsRound(_ store: Connection, places: Set<[UInt8]>) throws -> Set<Work> {
        let layers = try store.statement(
            """
            SELECT layer.num, CASE WHEN member.id IS NULL THEN layer.round ELSE layer.round || member.id END
            FROM layer LEFT JOIN member ON member.num = layer.owner WHERE layer.round IS NOT NULL AND epoch IS NULL
            """)
        var waiting: [Int64] = []
        while try layers.step() { if !places.contains(layers.blob(1)) { waiting.append(layers.int64(0)) } }
        var result: Set<Work> = []
        for layer in waiting {
            let select = try store.statement(
                """
                SELECT replica.id, layer.kind, change.payload FROM change JOIN chain ON chain.num = change.id >> 32
                JOIN replica ON replica.num = chain.replica JOIN layer ON layer.num = chain.layer
                WHERE change.payload IS NOT NULL AND layer.num = ?1
                """)
            select.bind(layer, at: 1)
            result.formUnion(try work(select))
        }
        return result
    }

    /// Changes that a store has by hand of devices that no server has vouched for.
    static func unvouched(
        in store: Connection, layer: LayerID
    ) throws -> [(stamp: Stamp, operations: [ChangeLog.Operation])] {
        let select = try store.statement(
            """
            SELECT replica.id, change.id & 0xFFFFFFFF, change.lamport, member.id, wall_time, payload FROM change
            JOIN chain ON chain.num = change.id >> 32 JOIN replica ON replica.num = chain.replica
            JOIN member ON member.num = change.author JOIN layer ON layer.num = chain.layer
            WHERE layer.id = ?1 AND NOT is_own AND certificate IS NULL
            """)
        select.bind(layer.bytes, at: 1)
        var changes: [(stamp: Stamp, operations: [ChangeLog.Operation])] = []
        while try select.step() {
            guard let replica = ReplicaID(bytes: select.blob(0)), let author = MemberID(bytes: select.blob(3)) else {
                continue
            }
            let stamp = Stamp(
                replica: replica, seq: UInt64(select.int64(1)), lamport: UInt64(select.int64(2)), author: author,
                wallTime: select.int64(4))
            let operations = try? Payload(decoding: select.blob(5), by: replica).operations
            changes.append((stamp, operations ?? []))
        }
        return changes
    }

    /// The replica ids under which a store has written.
    static func ownReplicas(_ store: Connection) throws -> Set<ReplicaID> {
        let select = try store.statement("SELECT id FROM replica WHERE is_own")
        var result: Set<ReplicaID> = []
        while try select.step() { if let id = ReplicaID(bytes: select.blob(0)) { result.insert(id) } }
        return result
    }

    /// An own change that has no effect and of which nobody is told.
    static func unlistedRefusal(_ store: Connection) throws -> Int64? {
        let select = try store.statement(
            """
            SELECT change.id FROM change JOIN chain ON chain.num = change.id >> 32
            JOIN replica ON replica.num = chain.replica
            WHERE is_own AND withheld IS NOT NULL AND payload IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM refusal WHERE refusal.change = change.id)
            """)
        defer { select.reset() }
        return try select.step() ? select.int64(0) : nil
    }

    /// What a store keeps outside its log; of which kind of layer it was is not asked.
    static func workSetAside(_ store: Connection) throws -> Set<Work> {
        var result: Set<Work> = []
        let select = try store.statement("SELECT segment FROM set_aside")
        while try select.step() {
            var reader = CBORReader(select.blob(0))
            let segment = try Segment(from: &reader)
            for entry in segment.entries {
                guard case .payload(let bytes) = entry.body,
                    let action = try? Payload(decoding: bytes, by: segment.replica).action
                else { continue }
                for kind in LayerKind.allCases { result.insert(Work(action: action, kind: kind.rawValue)) }
            }
        }
        return result
    }

    private static func work(_ select: Statement) throws -> Set<Work> {
        var result: Set<Work> = []
        while try select.step() {
            guard let replica = ReplicaID(bytes: select.blob(0)),
                let action = try? Payload(decoding: select.blob(2), by: replica).action
            else { continue }
            result.insert(Work(action: action, kind: UInt8(select.int(1))))
        }
        return result
    }

    /// The store's own work since an action, and the number of its last one.
    static func work(inStore store: Connection, afterAction number: Int64) throws -> (work: [Work], last: Int64) {
        let select = try store.statement(
            """
            SELECT action.num, action.id, layer.kind FROM action JOIN action_change ON action_change.action = action.id
            JOIN chain ON chain.num = change >> 32 JOIN layer ON layer.num = chain.layer
            WHERE action.num > ?1 ORDER BY action.num
            """)
        select.bind(number, at: 1)
        var result: [Work] = []
        var last = number
        while try select.step() {
            guard let action = ActionID(bytes: select.blob(1)) else { continue }
            last = select.int64(0)
            result.append(Work(action: action, kind: UInt8(select.int(2))))
        }
        return (result, last)
    }

    /// Which of the store's own `works` it knows to be on the server.
    static func acknowledged(_ works: [Work], in store: Connection) throws -> Set<Work> {
        var result: Set<Work> = []
        let select = try store.statement(
            """
            SELECT 1 FROM action_change JOIN chain ON chain.num = action_change.change >> 32
            JOIN layer ON layer.num = chain.layer JOIN change ON change.id = action_change.change
            WHERE action = ?1 AND layer.kind = ?2 AND change.id & 0xFFFFFFFF <= chain.acked_seq AND withheld IS NULL
            """)
        for work in works {
            select.bind(work.action.bytes, at: 1)
            select.bind(Int(work.kind), at: 2)
            if try select.step() { result.insert(work) }
            select.reset()
        }
        return result
    }
}
