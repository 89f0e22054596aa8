public import AnnotationModel

// How people and devices come to a server, and go. Bytes: WireFormat. Meaning: docs/sync-protocol.md, "Identity".

/// The key, the name and the proof of a device that enrols.
public struct DeviceIntroduction: Hashable, Sendable {
    public let publicKey: PublicKey
    /// What people call the device.
    public let deviceName: String
    /// The device's over `SignedStatement.enrolment`: nobody can enrol a key that they do not have.
    public let signature: Signature
    public init(publicKey: PublicKey, deviceName: String, signature: Signature) {
        self.publicKey = publicKey
        self.deviceName = deviceName
        self.signature = signature
    }
}

/// Comes with an invitation.
public struct JoinRequest: Hashable, Sendable {
    public let code: String
    /// What others will call the new member; empty where the invitation is for an account that is there.
    public let name: String
    /// For later devices; empty for none.
    public let password: String
    public let device: DeviceIntroduction
    public init(code: String, name: String, password: String, device: DeviceIntroduction) {
        self.code = code
        self.name = name
        self.password = password
        self.device = device
    }
}

/// Comes with a password.
public struct LoginRequest: Hashable, Sendable {
    public let name: String
    public let password: String
    public let device: DeviceIntroduction
    public init(name: String, password: String, device: DeviceIntroduction) {
        self.name = name
        self.password = password
        self.device = device
    }
}

/// The device's own token, shown this once, and what `connect` answers.
public struct EnrolmentReply: Hashable, Sendable {
    public let token: String
    public let connection: ConnectReply
    public init(token: String, connection: ConnectReply) {
        self.token = token
        self.connection = connection
    }
}

/// Asks for a single-use code.
public struct InviteRequest: Hashable, Sendable {
    public enum Purpose: Hashable, Sendable {
        /// A new member of a workspace; for its owners.
        case member(WorkspaceID, role: UInt8)
        /// A further device of one's own.
        case ownDevice
    }
    public let purpose: Purpose
    /// For how long the code is good.
    public let seconds: UInt64
    public init(purpose: Purpose, seconds: UInt64) {
        self.purpose = purpose
        self.seconds = seconds
    }
}

public struct InviteReply: Hashable, Sendable {
    public let code: String
    /// Milliseconds since 1970, by the server's clock.
    public let expiresAt: UInt64
    public init(code: String, expiresAt: UInt64) {
        self.code = code
        self.expiresAt = expiresAt
    }
}

/// Asks for one's own devices, after ending one of them if `revoked` names it.
public struct DevicesRequest: Hashable, Sendable {
    public let revoked: PublicKey?
    public init(revoked: PublicKey?) { self.revoked = revoked }
}

public struct DeviceList: Hashable, Sendable {
    /// Oldest first.
    public let devices: [DeviceEntry]
    public init(devices: [DeviceEntry]) { self.devices = devices }
}

public struct DeviceEntry: Hashable, Sendable {
    public let publicKey: PublicKey
    public let name: String
    /// Milliseconds since 1970, by the server's clock.
    public let enrolledAt: UInt64
    /// To the hour; 0 for never.
    public let lastSeenAt: UInt64
    public let isRevoked: Bool
    /// Whether it is the one that asks.
    public let isThis: Bool
    public init(
        publicKey: PublicKey, name: String, enrolledAt: UInt64, lastSeenAt: UInt64, isRevoked: Bool, isThis: Bool
    ) {
        self.publicKey = publicKey
        self.name = name
        self.enrolledAt = enrolledAt
        self.lastSeenAt = lastSeenAt
        self.isRevoked = isRevoked
        self.isThis = isThis
    }
}

/// Sets one's password; `old` is empty where there was none.
public struct PasswordRequest: Hashable, Sendable {
    public let old: String
    public let new: String
    public init(old: String, new: String) {
        self.old = old
        self.new = new
    }
}
