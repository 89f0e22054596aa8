import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

/// The offline store of one device: documents, annotations and their history in one SQLite file.
///
/// May be used from any thread; every call waits for its turn. Several processes may use one store at once.
/// Calls block on the disk: an app makes them from an executor of its own.
///
/// `@unchecked Sendable`: `core` and everything below it is touched only while `lock` is held, `knownKey` while `keyLock`.
public final class LocalStore: @unchecked Sendable {
    public let folder: StoreFolder
    let core: StoreCore
    let cryptography: any CryptographyProvider
    let files: SmallFiles
    let observers = Observers()
    private let lock = Lock()
    private let keyLock = Lock()
    private var knownKey: SigningKey?
    private var dataVersion: Int64 = -1

    /// How to open a store; tests and simulators put their own clock and disk here.
    public struct Options: Sendable {
        public var cryptography: any CryptographyProvider
        /// Milliseconds since 1970.
        public var clock: @Sendable () -> Int64
        /// FULL where a commit must survive a power cut; NORMAL as an app would, which may lose the last moments.
        public var isFullySynchronous = false
        public var vfs: String?
        public var busyTimeoutMilliseconds: Int32 = 10_000
        public var files: any FileSystem = POSIXFileSystem()

        public init(cryptography: any CryptographyProvider, clock: @escaping @Sendable () -> Int64) {
            self.cryptography = cryptography
            self.clock = clock
        }
    }

    private init(folder: StoreFolder, core: StoreCore, options: Options) {
        self.folder = folder
        self.core = core
        cryptography = options.cryptography
        files = SmallFiles(system: options.files)
    }

    // MARK: Making and opening

    /// Makes a store with a workspace of its own, so that work can begin before any server is known.
    ///
    /// - Parameters:
    ///   - memberName: What others call the person who works here.
    ///   - title: The workspace's title.
    ///   - deviceKey: The key that this device signs with elsewhere already; a new one when `nil`.
    /// - Throws: `alreadyExists`, `readOnly`, `diskFull`, `inputOutput`.
    public static func create(
        in folder: StoreFolder, memberName: String, title: String, deviceKey: SigningKey? = nil, options: Options
    ) throws -> LocalStore {
        let files = SmallFiles(system: options.files)
        do {
            try files.system.makeFolder(folder.path)
            // Two that make a store here at once would mix their keys.
            return try files.system.exclusively(in: folder.path) {
                if try files.system.exists(folder.database) {
                    throw StoreError(.alreadyExists, "there is a store in \(folder.path) already")
                }
                let key = deviceKey ?? options.cryptography.makeSigningKey()
                try files.replace(folder.deviceKey, with: [UInt8]((hexadecimal(key.seed) + "\n").utf8))
                // The database appears under its own name complete or not at all.
                let draft = folder.path + "/store.sqlite.new"
                files.system.remove(draft)
                try prepare(draft, key: key, memberName: memberName, title: title, options: options)
                do {
                    try files.rename(draft, to: folder.database)
                    return try open(folder, options: options)
                } catch {
                    for ending in ["", "-wal", "-shm"] { files.system.remove(folder.database + ending) }
                    throw error
                }
            }
        } catch {
            throw StoreError.translated(error, path: folder.path)
        }
    }

    private static func prepare(
        _ path: String, key: SigningKey, memberName: String, title: String, options: Options
    ) throws {
        let core = try connect(path, options: options)
        let random = options.cryptography
        let (member, replica): (MemberID, ReplicaID) = (random.randomIdentifier(), random.randomIdentifier())
        try core.db.transaction {
            let memberNum = try core.num(of: member)
            try core.rename(member, to: memberName)
            try core.set(.member, to: member.bytes)
            try core.adopt(replica, member: member, key: key.publicKey)
            let workspace: WorkspaceID = random.randomIdentifier()
            let insert = try core.db.statement("INSERT INTO workspace (id, title) VALUES (?1, ?2)")
            insert.bind(workspace, at: 1)
            insert.bind(title, at: 2)
            try insert.run()
            try core.set(.workspace, to: workspace.bytes)
            let workspaceNum = core.db.lastInsertedRow
            for kind in LayerKind.basic {
                try core.insertLayer(
                    random.randomIdentifier(), workspace: workspaceNum, kind: kind.rawValue,
                    owner: kind == .shared ? nil : memberNum, isWritable: true)
            }
        }
        // Everything into the one file that is renamed.
        try core.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        try core.db.execute("PRAGMA journal_mode = DELETE")
    }

    /// Opens a store, upgrades it if it is older than the program, and makes sure that it is the only one of its kind:
    /// a copied or restored store takes a new replica id here.
    ///
    /// - Throws: `notAStore`, `newerVersion`, `damaged`, `readOnly`, `busy`, `inputOutput`.
    public static func open(_ folder: StoreFolder, options: Options) throws -> LocalStore {
        do {
            guard try options.files.exists(folder.database) else {
                throw StoreError(.notAStore, "there is no store in \(folder.path); `variorum init` makes one")
            }
            let core = try connect(folder.database, options: options)
            let store = LocalStore(folder: folder, core: core, options: options)
            try store.settleIncarnation()
            return store
        } catch {
            throw StoreError.translated(error, path: folder.path)
        }
    }

    private static func connect(_ path: String, options: Options) throws -> StoreCore {
        var settings = Connection.Options()
        settings.isFullySynchronous = options.isFullySynchronous
        settings.vfs = options.vfs
        settings.busyTimeoutMilliseconds = options.busyTimeoutMilliseconds
        let db = try Connection(path: path, options: settings)
        try db.migrate(Self.migrations(using: options.cryptography))
        return StoreCore(db: db, cryptography: options.cryptography, clock: options.clock, path: path)
    }

    static func migrations(using cryptography: any CryptographyProvider) -> [Migration] {
        EmbeddedSQL.files.map { file in
            Migration(name: file.name, sql: file.text, hash: cryptography.sha256([UInt8](file.text.utf8)).description)
        }
    }

    // MARK: Access

    /// Runs `body` on one unchanging view of the store.
    public func read<T>(_ body: (StoreReader) throws -> T) throws -> T {
        try exclusively { core in try core.db.reading { try body(StoreReader(core: core)) } }
    }

    /// Runs `body` as one user action; nothing of it remains when it throws.
    @discardableResult
    public func write<T>(_ body: (WriteTransaction) throws -> T) throws -> T {
        let (result, change) = try exclusively { core in
            try core.db.transaction {
                let transaction = WriteTransaction(core)
                let result = try body(transaction)
                return (result, try StoreChange(transaction.finish(), origin: .local, core: core))
            }
        }
        observers.send(change)
        return result
    }

    /// A transaction of the store's own: apply, re-issue, rebuild.
    func maintain<T>(origin: StoreChange.Origin, _ body: (StoreCore, RecordBuffer) throws -> T) throws -> T {
        let (result, change) = try exclusively { core in
            try core.db.transaction {
                let buffer = RecordBuffer(core)
                let result = try body(core, buffer)
                return (result, try StoreChange(buffer.flush(), origin: origin, core: core))
            }
        }
        observers.send(change)
        return result
    }

    func exclusively<T>(_ body: (StoreCore) throws -> T) throws -> T {
        try lock.withLock {
            do {
                try forgetIfOthersWrote()
                let result = try body(core)
                try core.db.throwFailure()
                return result
            } catch {
                core.forget()
                throw StoreError.translated(error, path: folder.path)
            }
        }
    }

    /// Another process may have renamed a member or moved a cursor since the last call.
    private func forgetIfOthersWrote() throws {
        let select = try core.db.statement("PRAGMA data_version")
        _ = try select.step()
        let version = select.int64(0)
        select.reset()
        if version != dataVersion {
            core.forget()
            dataVersion = version
        }
    }

    /// Whether another process has committed since `version`; see `observe`.
    func currentDataVersion() -> Int64 {
        lock.withLock {
            guard let select = try? core.db.statement("PRAGMA data_version"), (try? select.step()) == true else {
                return -1
            }
            defer { select.reset() }
            return select.int64(0)
        }
    }

    /// The key that signs this device's chains.
    ///
    /// - Throws: `damaged` if the file is missing or is not a key.
    public func signingKey() throws -> SigningKey {
        try keyLock.withLock {
            // A store's device keeps its key.
            if let knownKey { return knownKey }
            let key = try readSigningKey()
            knownKey = key
            return key
        }
    }

    private func readSigningKey() throws -> SigningKey {
        guard let bytes = try files.read(folder.deviceKey),
            let seed = bytesOfHexadecimal(String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" }),
            let key = cryptography.signingKey(seed: seed)
        else {
            throw StoreError(
                .damaged, "\(folder.deviceKey) is missing or is not a key; restore it, or make a new store and sync")
        }
        return key
    }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
}

func bytesOfHexadecimal(_ text: some StringProtocol) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for place in stride(from: 0, to: digits.count, by: 2) {
        guard let high = Character(UnicodeScalar(digits[place])).hexDigitValue,
            let low = Character(UnicodeScalar(digits[place + 1])).hexDigitValue
        else { return nil }
        bytes.append(UInt8(high << 4 | low))
    }
    return bytes
}
