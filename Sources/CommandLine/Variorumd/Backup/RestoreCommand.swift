import Cryptography
import Glibc
import Interchange
import ServerStore

/// `variorumd restore`: makes a data folder from a backup.
struct RestoreCommand {
    let folder: String
    let values: ArgumentValues
    let output: FileOutput
    let errors: FileOutput

    static let specification = CommandSpecification(
        "restore", summary: "make a data folder from a backup",
        discussion: """
            Checks every file of the backup first. The data folder must be empty or not there: nothing is ever overwritten. What \
            the team has pushed since the backup is not lost: devices notice, and push it again.
            """,
        options: [.flag("json", nil, "print JSON instead of text")],
        positionals: [PositionalSpecification("backup", "the folder that 'variorumd backup' made")],
        examples: [CommandExample("variorumd restore backups/friday -d data", "go back to Friday's backup")])

    func run() throws {
        let backup = values.positional("backup") ?? ""
        let cryptography = OpenSSLCryptography()
        let manifest = try BackupManifest(readingFrom: backup, digest: cryptography.sha256)
        if Files.isFolder(folder), try !Files.names(in: folder).isEmpty {
            throw FileError(
                folder,
                "the data folder is not empty, and nothing is overwritten; stop the server, move the folder away, then "
                    + "restore into a new one", .cannotCreate)
        }
        let progress = ProgressLine(output: errors)
        defer { progress.finish() }
        let problems = try manifest.problems(in: backup) { progress.update("Checking \($0)", completed: 0, total: nil) }
        if let problem = problems.first {
            throw FileError(backup, "\(problem); take another backup. Nothing was restored", .dataError)
        }
        try makeFolder(folder)
        // The database last, under its name only when it is whole: without it, nothing takes the folder for a server's.
        for file in manifest.files.reversed() {
            progress.update("Copying \(file.name)", completed: 0, total: nil)
            let target = folder + "/" + file.name
            try Files.copy(backup + "/" + file.name, to: target + ".new", mode: file.mode)
            guard rename(target + ".new", target) == 0 else { throw FileError(target, errno, isWriting: true) }
            try Files.synchronise(folder: folder)
        }
        try Files.synchronise(folder: Files.folder(of: folder))
        progress.finish()
        if values.flag("json") {
            let line: JSON = ["data": .text(folder), "backup": .text(backup)]
            return try output.write(line.adding(manifest.json).compact + [UInt8(ascii: "\n")])
        }
        try output.writeLine(
            """
            Restored the server as it was at \(printable(manifest.createdAt)) to \(printable(folder)).
            Next: variorumd verify, then variorumd serve, both with --data \(shellWord(folder)).
            Devices notice at their next sync that the server is older than they are. Each pushes again what the server has
            forgotten, also of others' work that it holds. Nobody has to do anything. What was administered since the backup is
            not restored: users, invitations, passwords, revoked devices; look at them before you serve.
            """)
    }
}
