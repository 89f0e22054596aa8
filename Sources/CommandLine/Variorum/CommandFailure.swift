import DocumentText
import Interchange
import LocalStore
import SyncClient

/// Why a command did not do what was asked: a sentence that says what to do about it, and the exit code.
struct CommandFailure: Error, Sendable, CustomStringConvertible {
    let exitCode: ExitCode
    /// May have several lines; foreign text in it is made harmless when it is shown.
    let description: String

    init(_ exitCode: ExitCode, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }

    /// What an error of a lower layer means to somebody at the command line.
    init(translating error: any Error) {
        switch error {
        case let error as CommandFailure: self = error
        case let error as StoreError: self.init(error.code.exitCode, error.description)
        case let error as FileError: self.init(error.exitCode, error.description)
        case let error as OutputError: self.init(error.exitCode, error.description)
        case let error as DocumentTextError: self.init(.dataError, error.description)
        case let error as CodebookFileError: self.init(.dataError, error.description)
        case let error as UsageError: self.init(error.exitCode, error.description)
        case let error as SyncError: self.init(error.code.exitCode, error.description)
        default: self.init(.failure, "\(error)")
        }
    }
}

extension StoreError.Code {
    var exitCode: ExitCode {
        switch self {
        case .notAStore, .noSuchRecord, .noSuchLayer: .noInput
        case .alreadyExists: .cannotCreate
        case .readOnly, .notWritable: .noPermission
        case .busy: .temporaryFailure
        case .diskFull, .inputOutput: .inputOutput
        case .newerVersion, .connectedElsewhere: .configuration
        case .damaged, .ambiguousID, .invalid, .tooLarge, .unverified: .dataError
        default: .failure
        }
    }
}

/// A word as a shell takes it for one word.
func shellWord(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || "-_.,:/@+=".contains($0) }
    return isPlain
        ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}
