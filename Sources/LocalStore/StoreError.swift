import AnnotationModel
import SQLiteBinding
import WireFormat

/// Why the store did not do what was asked. Nothing was changed.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        enum Base: Sendable {
            case notAStore, alreadyExists, newerVersion, readOnly, diskFull, busy, damaged, inputOutput
            case noSuchRecord, ambiguousID, notWritable, invalid, tooLarge, noSuchLayer, connectedElsewhere, unverified
            case incomplete
        }
        let base: Base
        /// No store in this folder or above it.
        public static let notAStore = Code(base: .notAStore)
        public static let alreadyExists = Code(base: .alreadyExists)
        /// Made by a newer version of the program.
        public static let newerVersion = Code(base: .newerVersion)
        public static let readOnly = Code(base: .readOnly)
        public static let diskFull = Code(base: .diskFull)
        /// Another process kept the lock for too long.
        public static let busy = Code(base: .busy)
        public static let damaged = Code(base: .damaged)
        public static let inputOutput = Code(base: .inputOutput)
        public static let noSuchRecord = Code(base: .noSuchRecord)
        public static let ambiguousID = Code(base: .ambiguousID)
        /// The layer may only be read.
        public static let notWritable = Code(base: .notWritable)
        /// A value does not fit the model.
        public static let invalid = Code(base: .invalid)
        public static let tooLarge = Code(base: .tooLarge)
        public static let noSuchLayer = Code(base: .noSuchLayer)
        public static let connectedElsewhere = Code(base: .connectedElsewhere)
        /// A hash, chain or signature from outside does not hold.
        public static let unverified = Code(base: .unverified)
        /// Part of the history is not here.
        public static let incomplete = Code(base: .incomplete)
    }

    public let code: Code
    /// A sentence that can be shown to anyone and says what to do.
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// What an error of a lower layer means to somebody who uses the store; the caller's own errors stay as they are.
    static func translated(_ error: any Error, path: String) -> any Error {
        switch error {
        case let error as ModelError: return StoreError(.invalid, error.description)
        case let error as WireError: return StoreError(.damaged, "\(path): \(error.description)")
        case let error as MigrationError: return StoreError(.newerVersion, "\(path): \(error.description)")
        // SQLite says no more than this where it cannot make its log beside the database.
        case let error as SQLiteError where error.code == .cannotOpen && POSIXFileSystem.isReadOnly(path):
            return StoreError(.readOnly, "\(path): the folder is read-only, and the store's log cannot be made in it")
        case let error as SQLiteError:
            let code: Code =
                switch error.code {
                case .busy: .busy
                case .readOnly: .readOnly
                case .full: .diskFull
                case .corrupt, .notADatabase: .damaged
                case .cannotOpen: .notAStore
                default: .inputOutput
                }
            return StoreError(code, "\(path): \(error.description)")
        default: return error
        }
    }
}
