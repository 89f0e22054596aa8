import AnnotationModel
import ChangeLog
import Cryptography
import HTTPServing
import ServerStore
import WireFormat

/// How people and devices come to this server: invitations, passwords, tokens.
///
/// What fails for a wrong secret is answered in the same words whatever was wrong, and after some failures not tried
/// for a while.
struct IdentityService: Sendable {
    let store: any ServerStore
    let cryptography: any CryptographyProvider
    let limiter: AttemptLimiter
    let passwords: PasswordWork

    /// Of a code in seconds: a month.
    private static let lifetimeMax: UInt64 = 31 * 86_400
    static let passwordBytesMin = 10

    // MARK: Without a token

    func join(_ request: JoinRequest, from address: String) async throws -> EnrolmentReply {
        try refuseIfBlocked(["address " + address])
        let codeHash = cryptography.sha256([UInt8](request.code.utf8))
        try check(request.device, secret: codeHash)
        if !request.name.isEmpty { try Self.checkName(request.name) }
        if !request.password.isEmpty { try Self.checkPassword(request.password) }
        let hash = request.password.isEmpty ? nil : try await passwords.hash(request.password)
        let token = makeSecret("vrm_")
        let outcome = try await store.redeem(
            Redemption(
                codeHash: codeHash, name: request.name, password: hash, device: request.device,
                tokenHash: cryptography.sha256([UInt8](token.utf8))))
        switch outcome {
        case .enrolled(let account):
            return EnrolmentReply(token: token, connection: try await connection(of: account, request.device.publicKey))
        case .noSuchInvitation:
            limiter.failed("address " + address, .address)
            throw Problem(
                403, "no_invitation", "this invitation is not good: it may have expired or been used; ask for another")
        case .nameTaken:
            // Names are the server's, not a workspace's: who tries many learns who else is here.
            limiter.failed("address " + address, .address)
            throw Problem(409, "name_taken", "somebody else here has that name; choose another")
        case .nameMissing:
            throw Problem(400, "name_missing", "this invitation makes a new account: say what others shall call you")
        }
    }

    func login(_ request: LoginRequest, from address: String) async throws -> EnrolmentReply {
        let keys = ["address " + address, "name \(address) \(request.name)"]
        try refuseIfBlocked(keys)
        try check(request.device, secret: cryptography.sha256([UInt8](request.name.utf8)))
        let known = try await store.password(ofUserNamed: request.name)
        guard try await passwords.check(request.password, against: known?.hash), let known else {
            limiter.failed(keys[0], .address)
            limiter.failed(keys[1], .name)
            throw Problem(403, "wrong_password", "name or password is wrong")
        }
        limiter.succeeded(keys[1])
        let token = makeSecret("vrm_")
        let account = try await store.admit(
            request.device, tokenHash: cryptography.sha256([UInt8](token.utf8)), user: known.user)
        return EnrolmentReply(token: token, connection: try await connection(of: account, request.device.publicKey))
    }

    /// Takes a wrong token down.
    ///
    /// - Throws: 429 where there were too many from this address.
    func countFailure(from address: String) throws {
        try refuseIfBlocked(["token " + address])
        limiter.failed("token " + address, .address)
    }

    private func refuseIfBlocked(_ keys: [String]) throws {
        let seconds = limiter.wait(keys)
        guard seconds == 0 else {
            throw Problem(
                429, "too_many_attempts", "too many failed attempts; try again in \(seconds) s",
                headers: [("Retry-After", "\(seconds)")])
        }
    }

    /// A device can enrol only a key that it has.
    private func check(_ device: DeviceIntroduction, secret: Digest) throws {
        let statement = SignedStatement.enrolment(
            secret: secret, publicKey: device.publicKey, deviceName: device.deviceName)
        guard cryptography.isValid(device.signature, of: statement, by: device.publicKey) else {
            throw Problem(400, "not_signed", "the device has not signed its enrolment with its key")
        }
    }

    /// Names are one line for people: of 1 to 200 bytes, without control characters.
    static func checkName(_ name: String) throws {
        let isFit =
            !name.isEmpty && name.utf8.count <= 200
            && !name.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
            && name.first != " " && name.last != " "
        guard isFit else {
            throw Problem(400, "bad_name", "a name is one line of 1 to 200 bytes without control characters")
        }
    }

    static func checkPassword(_ password: String) throws {
        guard password.utf8.count >= passwordBytesMin else {
            throw Problem(400, "weak_password", "a password has at least \(passwordBytesMin) bytes")
        }
    }

    /// What `connect` answers to a device whose account is known.
    func connection(of account: Account, _ publicKey: PublicKey) async throws -> ConnectReply {
        let identity = try await store.identity()
        let statement = SignedStatement.device(
            server: identity.server, member: account.member, publicKey: publicKey)
        return ConnectReply(
            server: identity.server, serverKey: identity.key.publicKey, member: account.member,
            memberName: account.name,
            certificate: DeviceCertificate(
                member: account.member, publicKey: publicKey,
                signature: cryptography.sign(statement, with: identity.key)),
            workspaces: try await store.workspaces(of: account))
    }

    private func makeSecret(_ prefix: String) -> String { prefix + base64URL(cryptography.randomBytes(32)) }

    // MARK: With a token

    func invite(_ request: InviteRequest, _ account: Account) async throws -> InviteReply {
        guard request.seconds > 0, request.seconds <= Self.lifetimeMax else {
            throw Problem(400, "bad_lifetime", "a code is good for 1 to \(Self.lifetimeMax) seconds")
        }
        var membership: (workspace: WorkspaceID, role: Role)?
        if case .member(let workspace, let number) = request.purpose {
            guard let own = try await store.role(of: account, in: workspace) else { throw SyncService.noWorkspace }
            guard own == .owner else {
                throw Problem(403, "not_owner", "only an owner of the workspace may invite people to it")
            }
            guard let role = Role(rawValue: number) else {
                throw Problem(400, "unknown_role", "this server knows no role with number \(number)")
            }
            membership = (workspace, role)
        }
        let code = makeSecret("vri_")
        let expiresAt = try await store.invite(
            Invitation(
                codeHash: cryptography.sha256([UInt8](code.utf8)), membership: membership,
                user: membership == nil ? account.member : nil, maker: account.member,
                lifetime: Int64(request.seconds) * 1000))
        return InviteReply(code: code, expiresAt: UInt64(max(0, expiresAt)))
    }

    func devices(_ request: DevicesRequest, _ account: Account) async throws -> DeviceList {
        if let key = request.revoked, try await !store.revoke(device: key, of: account) {
            throw Problem(404, "no_device", "you have no device with this key")
        }
        return DeviceList(devices: try await store.devices(of: account))
    }

    func setPassword(_ request: PasswordRequest, _ account: Account, from address: String) async throws {
        let keys = ["address " + address, "name \(address) \(account.name)"]
        try refuseIfBlocked(keys)
        try Self.checkPassword(request.new)
        if let known = try await store.password(ofUserNamed: account.name),
            try await !passwords.check(request.old, against: known.hash)
        {
            limiter.failed(keys[1], .name)
            throw Problem(403, "wrong_password", "the present password is wrong")
        }
        try await store.set(password: passwords.hash(request.new), of: account)
    }
}
