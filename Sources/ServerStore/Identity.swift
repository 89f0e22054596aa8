public import AnnotationModel
public import ChangeLog

/// Somebody who uses an invitation.
public struct Redemption: Sendable {
    public let codeHash: Digest
    /// Of the new account; empty where the invitation is for one that is there.
    public let name: String
    /// As `PasswordHash` writes it.
    public let password: String?
    public let device: DeviceIntroduction
    /// Of the token that the device gets.
    public let tokenHash: Digest

    public init(codeHash: Digest, name: String, password: String?, device: DeviceIntroduction, tokenHash: Digest) {
        self.codeHash = codeHash
        self.name = name
        self.password = password
        self.device = device
        self.tokenHash = tokenHash
    }
}

public enum RedemptionOutcome: Sendable {
    case enrolled(Account)
    /// Unknown, expired, or used by another device.
    case noSuchInvitation
    case nameTaken
    /// The invitation makes a new account and no name was given.
    case nameMissing
}

/// What an invitation is for.
public struct Invitation: Sendable {
    public let codeHash: Digest
    /// Where it lets in, and as what; `nil` for a further device of `user`.
    public let membership: (workspace: WorkspaceID, role: Role)?
    /// The account that it is for; `nil` for a new one.
    public let user: MemberID?
    /// Who makes it; `nil` for the operator.
    public let maker: MemberID?
    /// Milliseconds from now.
    public let lifetime: Int64

    public init(
        codeHash: Digest, membership: (workspace: WorkspaceID, role: Role)?, user: MemberID?, maker: MemberID?,
        lifetime: Int64
    ) {
        self.codeHash = codeHash
        self.membership = membership
        self.user = user
        self.maker = maker
        self.lifetime = lifetime
    }
}

/// One line of the audit log.
public struct AuditEntry: Sendable, Hashable {
    /// Milliseconds since 1970.
    public let at: Int64
    /// `nil` for the operator.
    public let actor: String?
    public let action: String
    public let subject: String
}
