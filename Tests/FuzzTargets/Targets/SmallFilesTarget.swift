import AnnotationModel
import LocalStore

extension FuzzTarget {
    /// The files beside the database, which an editor, a backup or a crash may have changed.
    static let smallFiles = FuzzTarget(
        "small-files", "incarnation mark, device key and token: a store opens or says why, and keeps its work",
        lengthMax: 1024
    ) { input in
        guard let first = input.first else { return }
        let bytes = Array(input.dropFirst())
        if let mark = IncarnationMark(decoding: bytes) {
            try require(IncarnationMark(decoding: mark.encoded) == mark, "a mark changes when it is written and read")
            // What a crash leaves of a line counts as nothing.
            try require(IncarnationMark(decoding: mark.encoded + [0x70]) == mark, "a torn line makes a mark unreadable")
        }
        try SmallFilesFixture.shared.run(bytes, as: ["incarnation", "device.key", "token"][Int(first % 3)])
    }
}

private final class SmallFilesFixture: Sendable {
    static let shared = SmallFilesFixture()

    private let folder = FolderFixture("files")
    private let cryptography = FuzzCryptography()

    private init() {
        do {
            let store = try LocalStore.create(
                in: StoreFolder(path: folder.path + "/.variorum"), memberName: "Nino", title: "Treaties",
                options: options)
            try store.write { transaction in
                _ = try transaction.create(.memo, in: try transaction.reader.ownLayer(.shared), [])
            }
        } catch {
            fatalError("no store for small files: \(error)")
        }
        folder.keep()
    }

    private var options: LocalStore.Options {
        LocalStore.Options(cryptography: cryptography, clock: { 1_700_000_000_000 })
    }

    func run(_ bytes: [UInt8], as name: String) throws {
        folder.restore()
        cryptography.startOver()
        folder.write(bytes, to: ".variorum/" + name)
        let store = try LocalStore.open(StoreFolder(path: folder.path + "/.variorum"), options: options)
        try require(try store.read { try $0.memos().count } == 1, "a store loses its work with \(name)")
        do {
            _ = try store.token()
            _ = try store.signingKey()
            _ = try store.bundle()
        } catch let error as StoreError {
            try require(error.code == .damaged, "\(name) is reported as \(error)")
        }
        let report = try store.check()
        try require(report.isClean, "after a changed \(name): \(report.problems)")
    }
}
