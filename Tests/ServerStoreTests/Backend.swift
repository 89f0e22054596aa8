import ChangeLog
import ServerStore
import TestSupport
import Testing

/// A kind of server store that the contract suites run for. Another backend is another entry of `all`.
struct Backend: Sendable, CustomTestStringConvertible {
    let name: String
    /// Makes an empty store, or opens again the one that was made for this folder.
    let open: @Sendable (_ folder: String, _ cryptography: any CryptographyProvider) async throws -> any Store

    typealias Store = ServerStore & ServerAdministration

    var testDescription: String { name }

    static let all = [
        Backend(name: "SQLite") { folder, cryptography in
            try SQLiteServerStore(
                folder: folder, creates: true, isServing: false, cryptography: cryptography,
                clock: { 1_700_000_000_000 })
        }
    ]
}
