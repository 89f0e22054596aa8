import Cryptography
import Glibc
import Interchange
import ServerStore

/// `variorumd verify`: reads a data folder or a backup whole, and proves what is in it.
struct VerifyCommand {
    /// `nil` where only a backup is named.
    let folder: String?
    let values: ArgumentValues
    let output: FileOutput
    let errors: FileOutput

    static let specification = CommandSpecification(
        "verify", summary: "prove that a data folder or a backup is whole",
        discussion: """
            Recomputes every hash and checks every signature, certificate and position, and what the tables have to agree in; of a \
            backup also the SHA-256 of its files. Nothing is changed, and a server may run meanwhile. Exit code 65 where something \
            is wrong.
            """,
        options: [.flag("json", nil, "print JSON instead of text")],
        positionals: [
            PositionalSpecification("backup", "a backup (default: the data folder)", isOptional: true)
        ],
        examples: [
            CommandExample("variorumd verify -d data", "the data folder"),
            CommandExample("variorumd verify backups/friday", "a backup"),
        ])

    func run() throws -> ExitCode {
        guard let place = values.positional("backup") ?? folder else {
            throw UsageError(
                .missingOption, in: values.commandPath, "say what to verify: a backup, or --data DIR")
        }
        let cryptography = OpenSSLCryptography()
        let progress = ProgressLine(output: errors)
        defer { progress.finish() }
        var problems: [String] = []
        var manifest: BackupManifest?
        if values.positional("backup") != nil {
            let read = try BackupManifest(readingFrom: place, digest: cryptography.sha256)
            problems += try read.problems(in: place) { progress.update("Checking \($0)", completed: 0, total: nil) }
            manifest = read
        }
        let database = try ServerDatabase(folder: place, cryptography: cryptography)
        let report = try database.check { progress.update("Verifying changes", completed: $0, total: $1) }
        if let manifest, report.problemCount == 0, try BackupManifest.lines(of: database.facts()) != manifest.facts {
            problems.append("the database's figures are not those of the manifest")
        }
        progress.finish()
        problems += report.problems
        let count = problems.count + report.problemCount - report.problems.count
        if values.flag("json") {
            let line: JSON = [
                "is_clean": .boolean(count == 0), "problem_count": .number(count), "problems": .texts(problems),
                "changes": .number(report.changeCount), "signatures": .number(report.signatureCount),
                "certificates": .number(report.certificateCount), "snapshots": .number(report.snapshotCount),
            ]
            try output.write(line.compact + [UInt8(ascii: "\n")])
        } else {
            for problem in problems { try output.writeLine("problem: \(printable(problem))") }
            try output.writeLine(
                "\(counted(report.changeCount, "change")), \(counted(report.signatureCount, "signature")), "
                    + "\(counted(report.certificateCount, "certificate")), "
                    + "\(counted(report.snapshotCount, "snapshot")) verified")
            try output.writeLine(
                count == 0
                    ? "no problems"
                    : "\(counted(count, "problem")); restore the newest backup that verifies: devices push what it lacks"
            )
        }
        return count == 0 ? .success : .dataError
    }
}
