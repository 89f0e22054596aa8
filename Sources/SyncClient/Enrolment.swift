import ChangeLog
public import LocalStore
import WireFormat

/// How a device comes to its token.
public enum Credential: Sendable {
    case token(String)
    /// An invitation's code; name and password for a new account, both empty for one that is there.
    case invitation(code: String, name: String, password: String)
    case password(name: String, password: String)
}

extension SyncClient {
    /// Enrols the store's device where it has no token yet, and gives the token; a token that is there is given as it
    /// is.
    ///
    /// - Throws: `SyncError`, `StoreError`.
    public static func enrol(
        _ store: LocalStore, with credential: Credential, over transport: any SyncTransport, deviceName: String
    ) async throws -> String {
        switch credential {
        case .token(let token): return token
        case .invitation(let code, let name, let password):
            let device = try store.introduction(secret: code, deviceName: deviceName)
            return try await transport.join(
                JoinRequest(code: code, name: name, password: password, device: device)
            ).token
        case .password(let name, let password):
            let device = try store.introduction(secret: name, deviceName: deviceName)
            return try await transport.login(LoginRequest(name: name, password: password, device: device)).token
        }
    }
}
