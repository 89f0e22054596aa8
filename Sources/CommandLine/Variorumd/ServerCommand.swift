import ChangeLog
import Cryptography
import Glibc
import HTTPServing
import ServerStore

/// The program `variorumd`: the sync server and its administration.
public enum ServerCommand {
    /// Runs one command line and gives the exit code. Text goes to `output` and `errors`.
    public static func run(
        _ arguments: [String], output: FileOutput = .standardOutput(), errors: FileOutput = .standardError()
    ) async -> ExitCode {
        FileOutput.ignoreBrokenPipes()
        do {
            if let page = try PackagePages.text(for: arguments, of: referencePage) {
                try output.write(page)
                return .success
            }
            switch try specification.parse(arguments, environment: environmentVariable) {
            case .help(let page):
                try output.write(page.text(width: Terminal(fileDescriptor: 1).width, isStyled: false))
                return .success
            case .run(let values):
                return try await dispatch(values, output, errors)
            }
        } catch let error as UsageError {
            try? errors.writeLine("variorumd: \(error)")
            return error.exitCode
        } catch let error as ServerStoreError {
            try? errors.writeLine("variorumd: \(error)")
            return exitCode(of: error)
        } catch let error as HTTPServerError {
            try? errors.writeLine("variorumd: \(error)")
            return error.code == .notPermitted ? .noPermission : .unavailable
        } catch let error as OutputError {
            return error.exitCode
        } catch let error as ConfigurationError {
            try? errors.writeLine("variorumd: \(error)")
            return error.exitCode
        } catch let error as FileError {
            try? errors.writeLine("variorumd: \(error)")
            return error.exitCode
        } catch {
            try? errors.writeLine("variorumd: \(error)")
            return .software
        }
    }

    /// variorumd(8).
    static var referencePage: ReferencePage {
        ReferencePage(program: specification, section: 8, related: ["variorumd.conf(5)", "variorum(1)"])
    }

    private static func exitCode(of error: ServerStoreError) -> ExitCode {
        switch error.code {
        case .exists, .unknownName: .dataError
        case .notAStore: .noInput
        case .inUse: .temporaryFailure
        case .newerVersion: .configuration
        default: .inputOutput
        }
    }

    private static func dispatch(
        _ values: ArgumentValues, _ output: FileOutput, _ errors: FileOutput
    ) async throws -> ExitCode {
        let command = values.commandPath.dropFirst().joined(separator: " ")
        if command == "verify" {
            return try VerifyCommand(folder: values.value("data"), values: values, output: output, errors: errors).run()
        }
        guard let folder = values.value("data"), !folder.isEmpty else {
            throw UsageError(
                .missingOption, in: values.commandPath, "say where the data is: --data DIR, or VARIORUM_DATA")
        }
        switch command {
        case "init":
            try makeFolder(folder)
            _ = try open(folder, creates: true)
            // As JSON the link alone is the result.
            let lines = values.flag("json") ? nil : output
            try lines?.writeLine("Made a server store in \(printable(folder)).")
            try makeConfiguration(in: folder, lines)
            if let names = values.value("tls-self-signed") { try makeCertificate(in: folder, names: names, lines) }
            if let title = values.value("workspace") {
                try await makeWorkspace(title, in: folder, values, output)
            } else {
                try lines?.writeLine(
                    "Next: variorumd workspace create TITLE, variorumd invite TITLE --role owner --url URL, variorumd serve"
                )
            }
        case "config": try ConfigCommand(folder: folder, values: values, output: output).run()
        case "backup": try BackupCommand(folder: folder, values: values, output: output, errors: errors).run()
        case "restore": try RestoreCommand(folder: folder, values: values, output: output, errors: errors).run()
        case "stats": try await StatisticsCommand(folder: folder, values: values, output: output).run()
        case "doctor": return try await DoctorCommand(folder: folder, values: values, output: output).run()
        case "serve":
            return try await Serving(folder: folder, values: values, output: output, errors: errors).run()
        default:
            try await Administration(
                store: open(folder, creates: false), folder: folder, values: values, output: output,
                pin: pin(in: folder)
            ).run(command)
        }
        return .success
    }

    /// Leaves a file to begin from where there is none.
    private static func makeConfiguration(in folder: String, _ output: FileOutput?) throws {
        let file = Configuration.standardFile(in: folder)
        guard access(file, F_OK) != 0 else { return }
        try DataFolderTLS.create(file, Array(ConfigurationPage.example.utf8), mode: 0o644)
        try output?.writeLine("Its settings are explained in \(printable(file)).")
    }

    /// A first workspace, and the link with which its owner joins.
    private static func makeWorkspace(
        _ title: String, in folder: String, _ values: ArgumentValues, _ output: FileOutput
    ) async throws {
        let administration = Administration(
            store: try open(folder, creates: false), folder: folder, values: values, output: output,
            pin: pin(in: folder))
        try await administration.makeFirstWorkspace(title)
    }

    /// The pin of the certificate that the server made itself.
    private static func pin(in folder: String) -> PublicKeyPin? {
        let tls = DataFolderTLS(folder: folder)
        guard tls.isThere, let bytes = try? Files.read(tls.files.certificateFile, atMost: 1 << 20) else { return nil }
        return ServerCertificate.pin(of: bytes).map { PublicKeyPin($0) }
    }

    private static func makeCertificate(in folder: String, names: String, _ output: FileOutput?) throws {
        let pin = try DataFolderTLS(folder: folder).make(names: names)
        try output?.writeLine("Made a key and a certificate for \(printable(names)). Devices connect with:")
        try output?.writeLine("  variorum connect https://HOST:PORT --token TOKEN --pin \(pin.text)")
    }

    static func open(
        _ folder: String, creates: Bool, isServing: Bool = false, workspaceBytesMax: Int = 0,
        willUpgrade: (UpgradeCopy) -> Void = { copy in
            try? FileOutput.standardError().writeLine(
                "variorumd: upgrading the database from \(copy.schema); as it was, it is in \(printable(copy.path))")
        }
    ) throws -> SQLiteServerStore {
        try SQLiteServerStore(
            folder: folder, creates: creates, isServing: isServing, cryptography: OpenSSLCryptography(),
            clock: wallTime, workspaceBytesMax: Int64(workspaceBytesMax), willUpgrade: willUpgrade)
    }
}
