import Cryptography
import Glibc
import Interchange
import ServerStore

/// `variorumd backup`: the whole data folder as it is at one moment, beside a running server.
///
/// A folder under a name of its own until everything in it is durable: what has the final name is whole.
struct BackupCommand {
    let folder: String
    let values: ArgumentValues
    let output: FileOutput
    let errors: FileOutput

    static let specification = CommandSpecification(
        "backup", summary: "copy the data folder, also of a running server",
        discussion: """
            Makes the folder TARGET, or a dated one in TARGET if that is there already. It holds the database, the \
            configuration, the server's own key and certificate, and a manifest with the SHA-256 of each. Everything that was \
            acknowledged before the backup began is in it. It holds secrets: keep it as safe as the data folder.
            """,
        options: [.flag("json", nil, "print JSON instead of text")],
        positionals: [PositionalSpecification("target", "the folder to make, or to make it in")],
        examples: [
            CommandExample("variorumd backup /mnt/backups -d data", "a dated backup"),
            CommandExample("variorumd backup before-the-move -d data", "one with a name"),
        ])

    func run() throws {
        let cryptography = OpenSSLCryptography()
        let database = try ServerDatabase(folder: folder, cryptography: cryptography)
        let createdAt = timestamp(ofMilliseconds: wallTime())
        var target = values.positional("target") ?? ""
        while target.count > 1, target.hasSuffix("/") { target.removeLast() }
        if Files.isFolder(target) { target += "/variorum-" + createdAt.filter { $0 != ":" } }
        guard access(target, F_OK) != 0 else { throw FileError(target, EEXIST, isWriting: true) }
        let draft = "\(target).unfinished-\(getpid())"
        guard mkdir(draft, 0o700) == 0 else { throw FileError(draft, errno, isWriting: true) }
        let progress = ProgressLine(output: errors)
        defer { progress.finish() }
        let manifest: BackupManifest
        do {
            let copy = draft + "/" + ServerDatabase.fileName
            try database.copy(to: copy) { progress.update("Copying", completed: $0, total: $1) }
            chmod(copy, try Files.mode(of: folder + "/" + ServerDatabase.fileName))
            manifest = try self.manifest(of: draft, createdAt: createdAt, cryptography)
            try DataFolderTLS.create(
                draft + "/" + BackupManifest.fileName, Array(manifest.text(digest: cryptography.sha256).utf8),
                mode: 0o600)
            try Files.synchronise(folder: draft)
            guard rename(draft, target) == 0 else { throw FileError(target, errno, isWriting: true) }
        } catch {
            Self.remove(draft)
            throw error
        }
        try Files.synchronise(folder: Files.folder(of: target))
        try LastBackup(at: wallTime(), path: target).write(in: folder)
        progress.finish()
        if values.flag("json") {
            let line: JSON = ["backup": .text(target)]
            return try output.write(line.adding(manifest.json).compact + [UInt8(ascii: "\n")])
        }
        let leftovers = Leftover.all(in: Files.folder(of: target))
        if !leftovers.isEmpty {
            try errors.writeLine(
                printable("left by what was cut off, to be removed: \(leftovers.joined(separator: ", "))"))
        }
        let changes = counted(manifest.fact("changes").flatMap { Int($0) } ?? 0, "change")
        let size = manifest.files.reduce(0) { $0 + $1.size }
        try output.writeLine("Backed up \(changes), \(size) bytes, to \(printable(target)).")
    }

    /// Copies the other files into the draft, and takes down what is in it.
    private func manifest(
        of draft: String, createdAt: String, _ cryptography: OpenSSLCryptography
    ) throws -> BackupManifest {
        var files: [BackupManifest.File] = []
        for name in BackupManifest.fileNames {
            let (source, copy) = (folder + "/" + name, draft + "/" + name)
            if name == ServerDatabase.fileName {
                let (digest, size) = try Files.digest(of: copy)
                files.append(.init(name: name, digest: digest, size: size, mode: try Files.mode(of: copy)))
            } else if access(source, F_OK) == 0 {
                let mode = try Files.mode(of: source)
                let (digest, size) = try Files.copy(source, to: copy, mode: mode)
                files.append(.init(name: name, digest: digest, size: size, mode: mode))
            }
        }
        // From the copy: the server has gone on meanwhile.
        let facts = try ServerDatabase(folder: draft, cryptography: cryptography).facts()
        return BackupManifest(createdAt: createdAt, files: files, facts: facts)
    }

    private static func remove(_ draft: String) {
        for name in (try? Files.names(in: draft)) ?? [] { unlink(draft + "/" + name) }
        rmdir(draft)
    }
}
