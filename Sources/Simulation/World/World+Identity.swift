import AnnotationModel
import ChangeLog
import Cryptography
import LocalStore
import SQLiteBinding
import ServerStore
import SyncClient
import WireFormat

/// An invitation that somebody in the simulation has.
///
/// `@unchecked Sendable`: a simulation runs on one thread.
final class SimulatedCode: @unchecked Sendable {
    let text: String
    /// As what it lets in; `nil` for a further device.
    let role: Role?
    /// Who made it; `nil` for the operator.
    let maker: Int?
    /// For whom, if for a further device.
    let member: Int?
    /// Milliseconds by the server's clock.
    let expiresAt: Int64
    /// Its maker has ended a device since, or the device that it let in was ended.
    var isVoid = false
    /// The devices that it let in.
    var keys: Set<PublicKey> = []

    init(text: String, role: Role?, maker: Int?, member: Int?, expiresAt: Int64) {
        self.text = text
        self.role = role
        self.maker = maker
        self.member = member
        self.expiresAt = expiresAt
    }
}

/// What is known of how people come in. After a restoration of the server what it knew is known no more.
struct Enrolments {
    /// Who is known to have an account, and how many have asked for one.
    var members: Set<Int>
    var memberCount: Int
    var codes: [SimulatedCode] = []
    /// Whose role somebody may have changed since they came.
    var touched: Set<Int> = []
    /// What a member's password may be; nobody has one who is not here.
    var passwords: [Int: Set<String>] = [:]
    /// Who certainly has a password, and in which life of the server it was set: the answer has come.
    var hasPassword: [Int: Int] = [:]
    /// Counts what begins and ends of the operator's changes of who belongs to the team.
    var memberships = 0
    /// When the operator last did that.
    var membershipsChangedAt: Int64?
    /// Counts the jumps of the server's clock.
    var clockJumps = 0
    /// How many ask to be let in and have no answer yet.
    var asking = 0

    init(members: Int) {
        self.members = Set(0..<members)
        memberCount = members
    }
}

extension World {
    /// What the rules look at when somebody asks to be let in, and when they are.
    private struct Moment {
        let serverTime: Int64
        let clockJumps: Int
        let makerIsOwner: Bool
        let wasUsed: Bool
        let isVoid: Bool
    }

    private func moment(of code: SimulatedCode) throws -> Moment {
        Moment(
            serverTime: SimulatedServer.epoch + scheduler.now + server.clockOffset,
            clockJumps: enrolments.clockJumps,
            makerIsOwner: try code.maker.map { try role(of: $0) == .owner } ?? true,
            wasUsed: try key(usedBy: code) != nil, isVoid: code.isVoid)
    }

    // MARK: The server's tables

    func role(of member: Int) throws -> Role? {
        try auditServer { connection in
            let select = try connection.statement(
                "SELECT role FROM membership JOIN user ON user.num = membership.user WHERE name = ?1")
            select.bind(Self.memberName(member), at: 1)
            defer { select.reset() }
            return try select.step() ? Role(rawValue: UInt8(clamping: select.int64(0))) : nil
        }
    }

    private func key(usedBy code: SimulatedCode) throws -> PublicKey? {
        try auditServer { connection in
            let select = try connection.statement("SELECT used_by FROM invitation WHERE hash = ?1")
            select.bind(cryptography.sha256([UInt8](code.text.utf8)).bytes, at: 1)
            defer { select.reset() }
            return try select.step() ? select.optionalBlob(0).flatMap(PublicKey.init(bytes:)) : nil
        }
    }

    /// Whether the server has ended a device, and has not been told otherwise.
    func isRevoked(_ device: SimulatedDevice) throws -> Bool {
        guard let key = device.key else { return false }
        return try auditServer { connection in
            let select = try connection.statement(
                "SELECT 1 FROM device WHERE public_key = ?1 AND revoked_at IS NOT NULL")
            select.bind(key.bytes, at: 1)
            defer { select.reset() }
            return try select.step()
        }
    }

    // MARK: Invitations

    func invite(_ device: SimulatedDevice, _ random: inout SplitMix64) {
        let role = random.chance(3, in: 4) ? random.pick(Role.allCases) : nil
        let seconds = random.pick([1, 60, 3600] as [UInt64])
        guard random.chance(3, in: 4) else { return inviteAsOperator(role, device.member, seconds, random.next()) }
        guard device.isConnected, let link = try? running(device)?.syncLink() else { return }
        let transport = transport(of: device)
        let process = device.machine.process
        let wasOwner = (try? self.role(of: device.member)) == .owner
        let before = try? roleMoment()
        // The answer to an earlier question proves nothing, and its code lets somebody else in.
        let isAnswered = device.line.conditions.replaysReply == 0
        scheduler.start { [self] in
            do {
                let purpose = role.map { InviteRequest.Purpose.member(link.workspace, role: $0.rawValue) } ?? .ownDevice
                let reply = try await transport.invite(InviteRequest(purpose: purpose, seconds: seconds))
                guard !process.isDead else { return }
                guard isAnswered else { return note("\(device.name) may have an old code") }
                note("\(device.name) has invited \(role?.name ?? "a device")")
                let isSettled = try before == roleMoment()
                if isSettled, role != nil, !wasOwner, try self.role(of: device.member) != .owner {
                    violate(.admission, "member \(device.member), no owner, could invite")
                }
                enrolments.codes.append(
                    SimulatedCode(
                        text: reply.code, role: role, maker: device.member, member: role == nil ? device.member : nil,
                        expiresAt: Int64(reply.expiresAt)))
            } catch { note("\(device.name) could not invite: \(error)") }
        }
    }

    /// What stands still for as long as nobody's role can change.
    private func roleMoment() throws -> [UInt64] {
        let shared = try auditServer { try Audit.layers($0) }.first { $0.kind == LayerKind.shared.rawValue }
        return [UInt64(enrolments.memberships), UInt64(server.life), shared?.position ?? 0]
    }

    private func inviteAsOperator(_ role: Role?, _ member: Int, _ seconds: UInt64, _ seed: UInt64) {
        guard server.isUp, let store = server.store else { return }
        let text = "vri_operator-\(seed)"
        let hash = cryptography.sha256([UInt8](text.utf8))
        scheduler.start { [self] in
            do {
                let expiresAt = try await store.invite(
                    codeHash: hash, workspace: role.map { _ in SimulatedServer.workspace }, role: role,
                    user: role == nil ? Self.memberName(member) : nil, lifetime: Int64(seconds) * 1000)
                note("the operator has invited \(role?.name ?? "a device of member \(member)")")
                enrolments.codes.append(
                    SimulatedCode(
                        text: text, role: role, maker: nil, member: role == nil ? member : nil, expiresAt: expiresAt))
            } catch { note("the operator could not invite: \(error)") }
        }
    }

    /// Somebody comes with a code: a new device, or one that has tried before or wants to be let in again.
    func join(_ device: SimulatedDevice, _ random: inout SplitMix64) {
        if let code = device.code, random.chance(1, in: 2) { return use(code, device, &random) }
        guard let code = enrolments.codes.randomElement(using: &random) else { return }
        // A device of one's own may be let in again by another code.
        if let member = code.member, member == device.member, random.chance(1, in: 2) {
            return use(code, device, &random)
        }
        guard let device = newcomer(member: code.member, &random) else { return }
        use(code, device, &random)
    }

    /// A device without a token, of somebody who may be new.
    private func newcomer(member: Int?, _ random: inout SplitMix64) -> SimulatedDevice? {
        guard devices.filter({ !$0.isLost }).count < plan.devicesMax else { return nil }
        let device = SimulatedDevice(
            number: devices.count, member: member ?? enrolments.memberCount, token: "",
            isFullySynchronous: random.chance(1, in: 2), seed: random.next(), vfs: vfs, scheduler: scheduler,
            cryptography: cryptography)
        if member == nil { enrolments.memberCount += 1 }
        devices.append(device)
        return device
    }

    private func use(_ code: SimulatedCode, _ device: SimulatedDevice, _ random: inout SplitMix64) {
        guard server.isUp, let before = try? moment(of: code) else { return }
        device.code = code
        device.line.conditions = NetworkConditions.random(&random, severity: plan.networkSeverity)
        // Nobody puts a server back to before somebody came: their account would be another then.
        server.backups.removeAll()
        note("\(device.name) comes with a code for \(code.role?.name ?? "a device")")
        let credential = Credential.invitation(
            code: code.text, name: code.role == nil ? "" : Self.memberName(device.member), password: "")
        // The answer to an earlier question proves nothing.
        let isAnswered = device.line.conditions.replaysReply == 0
        enrol(device, with: credential) { [self] in
            server.backups.removeAll()
            if isAnswered { try judge(code, device, before) }
            if code.role != nil, enrolments.members.insert(device.member).inserted { try learnPrivateLayers() }
        }
    }

    private func judge(_ code: SimulatedCode, _ device: SimulatedDevice, _ before: Moment) throws {
        guard let key = device.key, enrolments.codes.contains(where: { $0 === code }) else { return }
        let after = try moment(of: code)
        code.keys.insert(key)
        let other = try self.key(usedBy: code).map { $0 != key } ?? false
        if code.keys.count > 1 || other {
            violate(.admission, "one code has let \(device.name) in, and another device")
        }
        if before.isVoid { violate(.admission, "a code that is void has let \(device.name) in") }
        guard !before.wasUsed else { return }
        if before.clockJumps == after.clockJumps, before.serverTime >= code.expiresAt {
            violate(.admission, "a code that has expired has let \(device.name) in")
        }
        guard let role = code.role else { return }
        if !before.makerIsOwner && !after.makerIsOwner {
            violate(.admission, "a code whose maker is no owner any more has let \(device.name) in")
        }
        if !enrolments.touched.contains(device.member), try self.role(of: device.member) != role {
            violate(.admission, "\(device.name) came as \(role.name) and is something else")
        }
    }

    /// Asks to be let in, and keeps the token.
    private func enrol(
        _ device: SimulatedDevice, with credential: Credential, _ letIn: @escaping () throws -> Void
    ) {
        guard let store = running(device) else { return }
        guard let key = tolerating(device, { try store.signingKey().publicKey }) else { return }
        device.key = key
        let transport = transport(of: device)
        let process = device.machine.process
        let done = Done(letIn)
        enrolments.asking += 1
        scheduler.start { [self, name = device.name] in
            defer { enrolments.asking -= 1 }
            do {
                let token = try await SyncClient.enrol(store, with: credential, over: transport, deviceName: name)
                guard !process.isDead else { return }
                note("\(name) is let in")
                device.token = token
                try done.body()
            } catch { note("\(name) is not let in: \(error)") }
        }
    }

    /// `@unchecked Sendable`: a simulation runs on one thread.
    private struct Done: @unchecked Sendable {
        let body: () throws -> Void
        init(_ body: @escaping () throws -> Void) { self.body = body }
    }

    // MARK: Ended devices

    /// Ends a device: by itself, by another one of its member, or by the operator.
    func revoke(_ device: SimulatedDevice, _ random: inout SplitMix64) {
        // Where work of a device that is ended left it on another way than to the server, colleagues keep what no server
        // will take from them; see docs/testing.md, "Not held".
        guard server.isUp, let store = server.store, let key = device.key, device.isConnected, server.life == 0,
            !givers.contains(device.member)
        else { return }
        server.backups.removeAll()
        hasEndedDevices = true
        let own = devices.filter { !$0.isLost && $0.member == device.member && $0.isConnected }
        let by = random.chance(1, in: 2) ? random.pick(own) : nil
        note("\(by?.name ?? "the operator") ends \(device.name)")
        let transport = by.map { self.transport(of: $0) }
        // One that is made while the answer is under way is none of those that this makes void.
        let codes = enrolments.codes
        scheduler.start { [self, member = device.member] in
            do {
                if let transport {
                    _ = try await transport.devices(DevicesRequest(revoked: key))
                } else {
                    guard try await store.revoke(device: key, ofUserNamed: Self.memberName(member)) else { return }
                }
                note("\(device.name) is ended")
                for code in codes
                where code.keys.contains(key) || (code.maker == member && code.keys.isEmpty) {
                    // Somebody may have used it whose answer was lost.
                    if try self.key(usedBy: code) == nil { code.isVoid = true }
                }
            } catch { note("\(device.name) could not be ended: \(error)") }
        }
    }

    // MARK: Passwords

    func usePassword(_ device: SimulatedDevice, _ random: inout SplitMix64) {
        let member = device.member
        let known = enrolments.passwords[member] ?? []
        let password = random.chance(3, in: 4) ? known.sorted().last ?? "no-password" : "wrong-password"
        if device.isConnected && random.chance(1, in: 2) {
            let new = "password-\(random.next())"
            let transport = transport(of: device)
            note("\(device.name) sets a password")
            // Whether it has been set or not is not known where the answer is lost.
            enrolments.passwords[member, default: []].insert(new)
            // The first needs no other; so may one after a restoration.
            let needsOld = enrolments.hasPassword[member] == server.life
            let life = server.life
            // The answer to an earlier question proves nothing.
            let isAnswered = device.line.conditions.replaysReply == 0
            scheduler.start { [self] in
                do {
                    try await transport.setPassword(PasswordRequest(old: password, new: new))
                    if isAnswered && needsOld && life == server.life && !known.contains(password) {
                        violate(.admission, "member \(member)'s password was changed by a wrong one")
                    }
                    if isAnswered && life == server.life { enrolments.hasPassword[member] = life }
                } catch { note("\(device.name) could not set a password: \(error)") }
            }
            return
        }
        guard enrolments.members.contains(member) else { return }
        let comes = device.isConnected ? newcomer(member: member, &random) : device
        guard let comes, comes.token.isEmpty else { return }
        note("\(comes.name) comes with a password")
        comes.line.conditions = NetworkConditions.random(&random, severity: plan.networkSeverity)
        let isAnswered = comes.line.conditions.replaysReply == 0
        enrol(comes, with: .password(name: Self.memberName(member), password: password)) { [self] in
            if isAnswered, enrolments.passwords[member]?.contains(password) != true {
                violate(.admission, "\(comes.name) came in with a wrong password")
            }
        }
    }
}
