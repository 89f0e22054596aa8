import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

/// The connection of one store and what is remembered of its small tables.
///
/// Used by one thread at a time: `LocalStore` holds its lock around every use.
final class StoreCore {
    let db: Connection
    let cryptography: any CryptographyProvider
    let clock: @Sendable () -> Int64
    let path: String
    var idSource = RecordIDSource()
    /// What the own signatures of the last `outgoing` stand for: hashes of changes.
    var signedHashes: [Signature: Digest] = [:]
    private var memberNums: [MemberID: Int64] = [:]
    private var members: [Int64: MemberID] = [:]
    private var replicaNums: [ReplicaID: Int64] = [:]
    private var replicas: [Int64: ReplicaID] = [:]
    private var layers: [LayerID: LayerRow] = [:]
    /// When a sync was noted that ended well, where that is the last word.
    var usualSyncNotedAt: Int64?
    private var connected: [LayerRow]?
    private var link: SyncLink??
    /// See `base(of:)`.
    var knownBases: [Int64: BaseRow]?
    /// See `piece(_:of:)`.
    var lastPiece: (layer: Int64, number: UInt64, piece: SnapshotPiece)?

    init(db: Connection, cryptography: any CryptographyProvider, clock: @escaping @Sendable () -> Int64, path: String) {
        self.db = db
        self.cryptography = cryptography
        self.clock = clock
        self.path = path
    }

    /// Forgets what was remembered: after a rollback, and where another process may have written.
    func forget() {
        memberNums.removeAll()
        members.removeAll()
        replicaNums.removeAll()
        replicas.removeAll()
        layers.removeAll()
        connected = nil
        link = nil
        forgetBases()
        usualSyncNotedAt = nil
    }

    // MARK: Settings

    func setting(_ key: Setting) throws -> [UInt8]? {
        let select = try db.statement("SELECT value FROM setting WHERE key = ?1")
        select.bind(key.rawValue, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return select.blob(0)
    }

    func set(_ key: Setting, to value: [UInt8]) throws {
        let insert = try db.statement("INSERT OR REPLACE INTO setting (key, value) VALUES (?1, ?2)")
        insert.bind(key.rawValue, at: 1)
        insert.bind(value, at: 2)
        try insert.run()
        if key.isOfLink { link = nil }
    }

    func clear(_ key: Setting) throws {
        let delete = try db.statement("DELETE FROM setting WHERE key = ?1")
        delete.bind(key.rawValue, at: 1)
        try delete.run()
    }

    func identifier<Tag>(_ key: Setting) throws -> Identifier<Tag> {
        guard let bytes = try setting(key), let id = Identifier<Tag>(bytes: bytes) else {
            throw StoreError(.damaged, "\(path): the setting '\(key.rawValue)' is missing")
        }
        return id
    }

    // MARK: Interned names

    func num(of member: MemberID) throws -> Int64 {
        if let num = memberNums[member] { return num }
        let num = try intern(
            member.bytes, select: "SELECT num FROM member WHERE id = ?1", insert: "INSERT INTO member (id) VALUES (?1)")
        memberNums[member] = num
        members[num] = member
        return num
    }

    func member(_ num: Int64) throws -> MemberID {
        if let member = members[num] { return member }
        let member: MemberID = try lookUp(num, "SELECT id FROM member WHERE num = ?1")
        members[num] = member
        return member
    }

    func num(of replica: ReplicaID) throws -> Int64 {
        if let num = replicaNums[replica] { return num }
        let num = try intern(
            replica.bytes, select: "SELECT num FROM replica WHERE id = ?1",
            insert: "INSERT INTO replica (id) VALUES (?1)")
        replicaNums[replica] = num
        replicas[num] = replica
        return num
    }

    func replica(_ num: Int64) throws -> ReplicaID {
        if let replica = replicas[num] { return replica }
        let replica: ReplicaID = try lookUp(num, "SELECT id FROM replica WHERE num = ?1")
        replicas[num] = replica
        return replica
    }

    private func intern(_ id: [UInt8], select: String, insert: String) throws -> Int64 {
        let find = try db.statement(select)
        find.bind(id, at: 1)
        if try find.step() {
            defer { find.reset() }
            return find.int64(0)
        }
        let add = try db.statement(insert)
        add.bind(id, at: 1)
        try add.run()
        return db.lastInsertedRow
    }

    private func lookUp<Tag>(_ num: Int64, _ sql: String) throws -> Identifier<Tag> {
        let find = try db.statement(sql)
        find.bind(num, at: 1)
        guard try find.step(), let id = Identifier<Tag>(bytes: find.blob(0)) else {
            throw StoreError(.damaged, "\(path): row \(num) is missing; run `variorum check`")
        }
        find.reset()
        return id
    }

    // MARK: Layers

    func layer(_ id: LayerID) throws -> LayerRow {
        guard let row = try findLayer(id) else {
            throw StoreError(.noSuchLayer, "this store has no layer \(id)")
        }
        return row
    }

    func findLayer(_ id: LayerID) throws -> LayerRow? {
        if let row = layers[id] { return row }
        let select = try db.statement(LayerRow.selectByID)
        select.bind(id, at: 1)
        guard try select.step() else { return nil }
        defer { select.reset() }
        let row = try LayerRow(select)
        layers[id] = row
        return row
    }

    func layer(num: Int64) throws -> LayerRow {
        if let row = layers.values.first(where: { $0.num == num }) { return row }
        let select = try db.statement(LayerRow.selectByNum)
        select.bind(num, at: 1)
        guard try select.step() else { throw StoreError(.damaged, "\(path): layer \(num) is missing") }
        defer { select.reset() }
        let row = try LayerRow(select)
        layers[row.id] = row
        return row
    }

    func allLayers() throws -> [LayerRow] {
        let select = try db.statement(LayerRow.selectAll)
        var rows: [LayerRow] = []
        while try select.step() { rows.append(try LayerRow(select)) }
        return rows
    }

    /// The layers of the connected workspace.
    func connectedLayers(_ link: SyncLink) throws -> [LayerRow] {
        if let connected { return connected }
        let select = try db.statement("SELECT num FROM workspace WHERE id = ?1")
        select.bind(link.workspace, at: 1)
        guard try select.step() else { return [] }
        let num = select.int64(0)
        select.reset()
        let rows = try allLayers().filter { $0.workspace == num }
        connected = rows
        return rows
    }

    /// Forgets one layer's row after it was made or changed.
    func forget(layer: LayerID) {
        layers[layer] = nil
        connected = nil
    }

    // MARK: Server

    func syncLink() throws -> SyncLink? {
        if let link { return link }
        let found = try readSyncLink()
        link = .some(found)
        return found
    }

    // MARK: Chains

    func chain(layer: Int64, replica: Int64) throws -> ChainRow? {
        let select = try db.statement("SELECT \(ChainRow.columns) FROM chain WHERE layer = ?1 AND replica = ?2")
        select.bind(layer, at: 1)
        select.bind(replica, at: 2)
        guard try select.step() else { return nil }
        defer { select.reset() }
        return ChainRow(select)
    }

    func chains(layer: Int64) throws -> [ChainRow] {
        let select = try db.statement("SELECT \(ChainRow.columns) FROM chain WHERE layer = ?1 ORDER BY num")
        select.bind(layer, at: 1)
        var rows: [ChainRow] = []
        while try select.step() { rows.append(ChainRow(select)) }
        return rows
    }

    func save(_ chain: inout ChainRow) throws {
        if chain.num == 0 {
            let insert = try db.statement(
                """
                INSERT INTO chain (layer, replica, held_seq, head_hash, acked_seq, base_seq, base_hash, base_lamport)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                """)
            insert.bind(chain.layer, at: 1)
            insert.bind(chain.replica, at: 2)
            insert.bind(chain.heldSeq, at: 3)
            insert.bind(chain.headHash, at: 4)
            insert.bind(chain.ackedSeq, at: 5)
            insert.bind(chain.base?.seq ?? 0, at: 6)
            insert.bind(chain.base?.hash, at: 7)
            insert.bind(chain.base?.lamport ?? 0, at: 8)
            try insert.run()
            chain.num = db.lastInsertedRow
        } else {
            let update = try db.statement(
                "UPDATE chain SET held_seq = ?2, head_hash = ?3, acked_seq = ?4 WHERE num = ?1")
            update.bind(chain.num, at: 1)
            update.bind(chain.heldSeq, at: 2)
            update.bind(chain.headHash, at: 3)
            update.bind(chain.ackedSeq, at: 4)
            try update.run()
        }
    }

    /// Writes down where the layer's snapshot stands in a chain that is here already.
    func set(_ base: ChainRow.Base?, of chain: ChainRow) throws {
        let update = try db.statement(
            "UPDATE chain SET base_seq = ?2, base_hash = ?3, base_lamport = ?4 WHERE num = ?1")
        update.bind(chain.num, at: 1)
        update.bind(base?.seq ?? 0, at: 2)
        update.bind(base?.hash, at: 3)
        update.bind(base?.lamport ?? 0, at: 4)
        try update.run()
    }

    /// What is held of a layer.
    func vector(layer: Int64) throws -> VersionVector {
        var vector = VersionVector()
        for chain in try chains(layer: layer) { vector[try replica(chain.replica)] = chain.heldSeq }
        return vector
    }
}

enum Setting: String {
    case incarnation
    case replica
    case member
    case workspace
    /// What this device called itself at its server.
    case deviceName = "device-name"
    /// When the last sync ended well, and what it said; for `status`.
    case lastSync = "last-sync"
    case lastSyncFailure = "last-sync-failure"
    /// Since when the workspace has no room on the server for what waits here.
    case full

    /// Whether it is part of a `SyncLink`.
    var isOfLink: Bool { [.member, .workspace, .deviceName].contains(self) }
}

/// One row of `layer`, as far as writing and syncing need it.
struct LayerRow {
    let num: Int64
    let id: LayerID
    let workspace: Int64
    let kind: UInt8
    let owner: Int64?
    let isWritable: Bool
    let epoch: EpochID?
    let position: UInt64
    let feedHash: Digest
    let headPosition: UInt64
    let round: RecordID?
    let stage: RoundStage

    private static let select = """
        SELECT layer.num, layer.id, layer.workspace, layer.kind, layer.owner, layer.is_writable, layer.epoch,
            layer.position, layer.feed_hash, layer.head_position, layer.round, layer.round_stage
        FROM layer
        """
    static let selectByID = select + " WHERE layer.id = ?1"
    static let selectByNum = select + " WHERE layer.num = ?1"
    static let selectAll = select + " ORDER BY layer.num"

    init(_ row: Statement) throws {
        guard let id = LayerID(row, 1) else { throw StoreError(.damaged, "a layer has no id") }
        num = row.int64(0)
        self.id = id
        workspace = row.int64(2)
        kind = UInt8(clamping: row.int64(3))
        owner = row.isNull(4) ? nil : row.int64(4)
        isWritable = row.bool(5)
        epoch = EpochID(row, 6)
        position = UInt64(row.int64(7))
        feedHash = row.digest(8) ?? .zero
        headPosition = UInt64(row.int64(9))
        round = RecordID(row, 10)
        stage = RoundStage(rawValue: UInt8(clamping: row.int64(11))) ?? .hidden
    }

    /// Whether what is in it may be given to whoever belongs to the workspace.
    var isOpen: Bool { LayerKind(rawValue: kind)?.isOpen(stage: stage) ?? false }

    var isOfRound: Bool { LayerKind(rawValue: kind)?.isOfRound ?? false }
}

/// One row of `chain`; `num` is 0 until it is saved.
struct ChainRow {
    var num: Int64
    let layer: Int64
    let replica: Int64
    var heldSeq: UInt64
    var headHash: Digest
    var ackedSeq: UInt64
    /// Up to where a snapshot stands for the chain; `nil` where the log has it whole.
    let base: Base?

    struct Base {
        let seq: UInt64
        /// Of the change at `seq`.
        let hash: Digest
        let lamport: UInt64
    }

    init(
        num: Int64 = 0, layer: Int64, replica: Int64, heldSeq: UInt64 = 0, headHash: Digest = .zero,
        ackedSeq: UInt64 = 0, base: Base? = nil
    ) {
        self.num = num
        self.layer = layer
        self.replica = replica
        self.heldSeq = heldSeq
        self.headHash = headHash
        self.ackedSeq = ackedSeq
        self.base = base
    }

    static let columns = "num, layer, replica, held_seq, head_hash, acked_seq, base_seq, base_hash, base_lamport"

    init(_ row: Statement) {
        let baseHash = row.digest(7)
        self.init(
            num: row.int64(0), layer: row.int64(1), replica: row.int64(2), heldSeq: UInt64(row.int64(3)),
            headHash: row.digest(4) ?? .zero, ackedSeq: UInt64(row.int64(5)),
            base: baseHash.map { Base(seq: UInt64(row.int64(6)), hash: $0, lamport: UInt64(row.int64(8))) })
    }

    /// From here on no change is missing.
    var firstWholeSeq: UInt64 { (base?.seq ?? 0) + 1 }

    /// Longest chain that the log's keys have room for.
    static let seqMax: UInt64 = 0xFFFF_FFFF

    /// Key of the log for `seq` of this chain.
    func changeID(_ seq: UInt64) -> Int64 { num << 32 | Int64(seq) }

    static func split(_ changeID: Int64) -> (chain: Int64, seq: UInt64) {
        (changeID >> 32, UInt64(changeID & 0xFFFF_FFFF))
    }
}
