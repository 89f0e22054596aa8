import SQLiteBinding

/// Why the server's store did not do what was asked. Nothing was changed.
public struct ServerStoreError: Error, Sendable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        enum Base: Sendable {
            case exists, unknownName, inUse, newerVersion, diskFull, quotaExceeded, unavailable, notAStore, closed
        }
        let base: Base
        /// A name is taken.
        public static let exists = Code(base: .exists)
        public static let unknownName = Code(base: .unknownName)
        /// Another server runs on the data folder.
        public static let inUse = Code(base: .inUse)
        public static let newerVersion = Code(base: .newerVersion)
        /// Try again when there is room.
        public static let diskFull = Code(base: .diskFull)
        /// The workspace has no room for what was pushed.
        public static let quotaExceeded = Code(base: .quotaExceeded)
        /// The database cannot be read or written now.
        public static let unavailable = Code(base: .unavailable)
        public static let notAStore = Code(base: .notAStore)
        public static let closed = Code(base: .closed)
    }

    public let code: Code
    /// For the operator; never sent to a client.
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    init(translating error: any Error) {
        switch error {
        case let error as ServerStoreError: self = error
        case let error as MigrationError: self.init(.newerVersion, error.description)
        case let error as SQLiteError:
            self.init(error.code == .full ? .diskFull : .unavailable, error.description)
        default: self.init(.unavailable, "\(error)")
        }
    }
}
