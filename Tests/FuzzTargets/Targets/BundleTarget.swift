import AnnotationModel
import ChangeLog
import Compression
import LocalStore
import Synchronization
import WireFormat

extension FuzzTarget {
    /// A file from a colleague, or one that the input makes up, read into a store that has work of its own.
    static let bundle = FuzzTarget(
        "bundle", "bundle files and bundles made from the input: a store takes them in and is sound afterwards",
        lengthMax: 4096
    ) { input in
        guard let first = input.first else { return }
        let rest = Array(input.dropFirst())
        let bundle: Bundle
        if first < 0x40 {
            guard let decoded = try decoded(rest) else { return }
            bundle = decoded
        } else {
            bundle = madeUp(rest, joinsElsewhere: first >= 0xF0)
            try require(try Bundle(decoding: bundle.encoded) == bundle, "a bundle changes on its way")
        }
        try BundleStore.shared.read(bundle, choice: choice(input))
    }

    /// What `variorum bundle read` makes of a file's bytes.
    private static func decoded(_ file: [UInt8]) throws -> Bundle? {
        // In front of the frame stands what every bundle begins with; fuzzing need not find it.
        let encoded: [UInt8]
        do {
            encoded =
                file.starts(with: [0x28, 0xB5]) ? try Zstd.decompress(file, maximumSize: 1 << 20) : file
            return try Bundle(decoding: encoded)
        } catch {
            return nil
        }
    }

    private static func madeUp(_ input: [UInt8], joinsElsewhere: Bool) -> Bundle {
        let store = BundleStore.shared
        let makers: [ChangeGenerator.Maker] = [
            .init(replica: store.ownReplica, author: store.ownMember, certificate: nil),
            .init(replica: ReplicaID(high: 2, low: 1), author: MemberID(high: 2, low: 2), certificate: nil),
            .init(replica: ReplicaID(high: 3, low: 1), author: MemberID(high: 3, low: 2), certificate: nil),
        ]
        let foreign = LayerID(high: 0xA9, low: 0)
        var generator = ChangeGenerator(
            ByteSource(input), layers: store.layers + [foreign], makers: makers, cryptography: FuzzCryptography())
        var members: [RosterEntry] = []
        var devices: [ReplicaDevice] = []
        for maker in makers.dropFirst() {
            members.append(RosterEntry(member: maker.author, name: generator.operations.text()))
            guard !generator.source.chance(in: 8) else { continue }
            let key = PublicKey(bytes: [UInt8](repeating: generator.source.chance(in: 8) ? 1 : 0, count: 32))
            guard let key else { preconditionFailure("32 bytes make a key") }
            devices.append(
                ReplicaDevice(
                    replica: maker.replica,
                    certificate: DeviceCertificate(
                        member: maker.author, publicKey: key,
                        signature: generator.source.chance(in: 2) ? generator.signature(false) : nil)))
        }
        let layer = BundleLayer(
            layer: foreign, kind: generator.source.byte() % 5,
            owner: generator.source.chance(in: 2) ? makers[1].author : nil)
        var segments: [Segment] = []
        while segments.count < 16, !generator.source.isSpent { segments.append(generator.segment()) }
        // What was made may come in another order, and twice.
        if segments.count > 2, generator.source.chance(in: 2) { segments.swapAt(0, 1) }
        return Bundle(
            workspace: joinsElsewhere ? WorkspaceID(high: 9, low: 9) : store.workspace, title: "Treaties",
            layers: [layer], members: members, devices: devices, segments: segments)
    }
}

/// A store with some work in it, the same for every input.
private final class BundleStore: Sendable {
    static let shared = BundleStore()

    private let folder = FolderFixture("bundle")
    private let cryptography = FuzzCryptography()
    private let opened: Mutex<LocalStore?>
    let ownReplica: ReplicaID
    let ownMember: MemberID
    let workspace: WorkspaceID
    let layers: [LayerID]

    private init() {
        do {
            let store = try LocalStore.create(
                in: StoreFolder(path: folder.path + "/.variorum"), memberName: "Nino", title: "Treaties",
                options: LocalStore.Options(cryptography: cryptography, clock: { 1_700_000_000_000 }))
            (ownReplica, ownMember, workspace, layers) = try store.read { reader in
                let layers = try reader.layers().map(\.id)
                return (try reader.ownReplica(), try reader.ownMember(), try reader.workspace().id, layers)
            }
        } catch {
            fatalError("no store for bundles: \(error)")
        }
        folder.keep()
        opened = Mutex(nil)
    }

    private func store() throws -> LocalStore {
        try opened.withLock { opened in
            if let opened { return opened }
            folder.restore()
            cryptography.startOver()
            let store = try LocalStore.open(
                StoreFolder(path: folder.path + "/.variorum"),
                options: LocalStore.Options(cryptography: cryptography, clock: { 1_700_000_000_000 }))
            opened = store
            return store
        }
    }

    func read(_ bundle: Bundle, choice: Int) throws {
        let store = try store()
        let outcome: BundleOutcome
        do { outcome = try store.read(bundle) } catch let error as StoreError {
            try require(error.code != .damaged && error.code != .inputOutput, "a bundle breaks the store: \(error)")
            return
        }
        // The store has changed: the next input gets a fresh one.
        defer { opened.withLock { $0 = nil } }
        let report = try store.check()
        try require(report.isClean, "after a bundle: \(report.problems)")
        let again = try store.read(bundle)
        try require(again.appliedCount == 0, "a bundle that is read again brings \(again.appliedCount) changes")
        // What this store would hand on is what another would take.
        let onward = try store.bundle()
        try require(try Bundle(decoding: onward.encoded) == onward, "the bundle that is written cannot be read")
        if outcome.appliedCount > 0 { try Reading.read(folder.path, choice: choice) }
    }
}
