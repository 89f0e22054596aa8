import AnnotationModel
import ChangeLog
import Cryptography
import LocalStore
import ServerStore
import SyncClient
import TestSupport
import Testing
import WireFormat

/// How people and devices come and go, from the store to the server's store and back.
@Suite struct IdentityTests {
    /// A store that enrols with a credential and connects.
    private func enrol(
        _ team: Team, _ name: String, with credential: Credential,
        faults: @escaping @Sendable (String) -> InProcessTransport.Fault = { _ in .none }
    ) async throws -> Device {
        try await enrol(team, try team.store(name), name, with: credential, faults: faults)
    }

    private func enrol(
        _ team: Team, _ store: LocalStore, _ name: String, with credential: Credential,
        faults: @escaping @Sendable (String) -> InProcessTransport.Fault = { _ in .none }
    ) async throws -> Device {
        let token = try await SyncClient.enrol(
            store, with: credential, over: team.transport("", faults: faults), deviceName: name)
        try await SyncClient.connect(
            store, over: team.transport(token), url: "test:", workspace: nil, deviceName: name)
        return Device(team: team, store: store, token: token)
    }

    private func code(_ team: Team, role: Role = .analyst, user: String? = nil, hours: Int64 = 1) async throws
        -> String
    {
        let code = "vri_test-\(team.cryptography.randomWord())"
        _ = try await team.server.invite(
            codeHash: team.cryptography.sha256([UInt8](code.utf8)), workspace: user == nil ? Team.workspace : nil,
            role: user == nil ? role : nil, user: user, lifetime: hours * 3_600_000)
        return code
    }

    private func expect(_ code: SyncError.Code, _ body: () async throws -> Void) async {
        do {
            try await body()
            Issue.record("nothing was thrown")
        } catch let error as SyncError {
            #expect(error.code == code, "\(error)")
        } catch {
            Issue.record("another error: \(error)")
        }
    }

    // MARK: Invitations

    @Test func anInvitationMakesAMember() async throws {
        let team = try await Team(members: ["ana"])
        let code = try await code(team, role: .reader)
        let device = try await enrol(
            team, "laptop", with: .invitation(code: code, name: "dora", password: ""))
        let members = try device.store.read { try $0.members() }.filter(\.isListed)
        #expect(members.map(\.name) == ["ana", "dora"] && members.map(\.role) == [.curator, .reader])
        try await device.sync()
    }

    @Test func anInvitationIsGoodOnceAndForAWhile() async throws {
        let team = try await Team(members: [])
        let used = try await code(team)
        _ = try await enrol(team, "one", with: .invitation(code: used, name: "dora", password: ""))
        await expect(.unauthorised) {
            _ = try await enrol(team, "two", with: .invitation(code: used, name: "eva", password: ""))
        }
        let late = try await code(team)
        team.clock.advance(3_600_001)
        await expect(.unauthorised) {
            _ = try await enrol(team, "three", with: .invitation(code: late, name: "eva", password: ""))
        }
        await expect(.unauthorised) {
            _ = try await enrol(team, "four", with: .invitation(code: "vri_made-up", name: "eva", password: ""))
        }
        #expect(try await team.server.userList().map(\.name) == ["dora"])
    }

    @Test func aLostAnswerToAnInvitationIsHarmless() async throws {
        let team = try await Team(members: [])
        let code = try await code(team)
        let store = try team.store("laptop")
        let credential = Credential.invitation(code: code, name: "dora", password: "")
        await expect(.unreachable) {
            _ = try await enrol(team, store, "laptop", with: credential, faults: { _ in .loseReply })
        }
        let device = try await enrol(team, store, "laptop", with: credential, faults: { _ in .duplicate })
        try await device.sync()
        let users = try await team.server.userList()
        #expect(users.map(\.name) == ["dora"] && users.map(\.tokenCount) == [1] && users.map(\.deviceCount) == [1])
    }

    @Test func aTakenNameLeavesTheInvitationGood() async throws {
        let team = try await Team(members: ["ana"])
        let code = try await code(team)
        await expect(.refused) {
            _ = try await enrol(team, "one", with: .invitation(code: code, name: "ana", password: ""))
        }
        await expect(.refused) {
            _ = try await enrol(team, "two", with: .invitation(code: code, name: "", password: ""))
        }
        _ = try await enrol(team, "three", with: .invitation(code: code, name: "dora", password: ""))
    }

    @Test func nobodyEnrolsAKeyThatTheyDoNotHave() async throws {
        let team = try await Team(members: [])
        let code = try await code(team)
        let (own, other) = (try team.store("own"), try team.store("other"))
        var device = try own.introduction(secret: code, deviceName: "laptop")
        device = DeviceIntroduction(
            publicKey: try other.signingKey().publicKey, deviceName: device.deviceName, signature: device.signature)
        let request = JoinRequest(code: code, name: "dora", password: "", device: device)
        await expect(.refused) { _ = try await team.transport("").join(request) }
        #expect(try await team.server.userList().isEmpty)
    }

    @Test func ownersInviteAndOthersDoNot() async throws {
        let team = try await Team(members: ["ana", "ben"])
        try await team.server.addMember(workspace: Team.workspace, user: "ana", role: .owner)
        let (ana, ben) = (try await team.device("ana", of: "ana"), try await team.device("ben", of: "ben"))
        let workspace = try #require(try ana.store.syncLink()).workspace
        let request = InviteRequest(purpose: .member(workspace, role: Role.curator.rawValue), seconds: 60)
        await expect(.refused) { _ = try await team.transport(ben.token).invite(request) }
        let reply = try await team.transport(ana.token).invite(request)
        #expect(reply.expiresAt == UInt64(team.clock.milliseconds) + 60_000)
        let dora = try await enrol(
            team, "dora", with: .invitation(code: reply.code, name: "dora", password: ""))
        let listed = try dora.store.read { try $0.members() }.filter(\.isListed)
        #expect(listed.first { $0.name == "dora" }?.role == .curator)
        // Everybody adds devices of their own.
        let own = try await team.transport(ben.token).invite(InviteRequest(purpose: .ownDevice, seconds: 60))
        let tablet = try await enrol(team, "tablet", with: .invitation(code: own.code, name: "", password: ""))
        #expect(try tablet.store.read { try $0.ownMember() } == ben.store.read { try $0.ownMember() })
    }

    // MARK: Passwords

    @Test func aPasswordBringsFurtherDevices() async throws {
        let team = try await Team(members: [])
        let code = try await code(team)
        let first = try await enrol(
            team, "laptop", with: .invitation(code: code, name: "dora", password: "correct horse"))
        let second = try await enrol(team, "tablet", with: .password(name: "dora", password: "correct horse"))
        #expect(try first.store.read { try $0.ownMember() } == second.store.read { try $0.ownMember() })
        let wrong = [("dora", "correct horsf"), ("nobody", "correct horse"), ("dora", "")]
        for (place, (name, password)) in wrong.enumerated() {
            await expect(.unauthorised) {
                _ = try await enrol(team, "wrong-\(place)", with: .password(name: name, password: password))
            }
        }
        try await team.transport(first.token).setPassword(PasswordRequest(old: "correct horse", new: "battery staple"))
        await expect(.unauthorised) {
            try await team.transport(first.token).setPassword(
                PasswordRequest(old: "correct horse", new: "something else"))
        }
        await expect(.refused) {
            try await team.transport(first.token).setPassword(PasswordRequest(old: "battery staple", new: "short"))
        }
        _ = try await enrol(team, "phone", with: .password(name: "dora", password: "battery staple"))
    }

    @Test func guessingAPasswordIsSlowedDown() async throws {
        let team = try await Team(members: [])
        let code = try await code(team)
        _ = try await enrol(team, "laptop", with: .invitation(code: code, name: "dora", password: "correct horse"))
        let store = try team.store("guesser")
        // One server remembers; `transport` makes another each time.
        let transport = team.transport("")
        func attempt(_ password: String) async throws {
            _ = try await SyncClient.enrol(
                store, with: .password(name: "dora", password: password), over: transport, deviceName: "x")
        }
        for number in 0..<6 { await expect(.unauthorised) { try await attempt("guess \(number)") } }
        // Now the right one does not help either, until the time is over.
        await expect(.refused) { try await attempt("correct horse") }
        team.clock.advance(3_000)
        try await attempt("correct horse")
    }

    @Test func hashesKeepTheirParameters() throws {
        let hash = PasswordHash(of: "correct horse")
        let read = try #require(PasswordHash(hash.description))
        #expect(read == hash && read.matches("correct horse") && !read.matches("correct horse "))
        #expect(PasswordHash(of: "correct horse") != hash)
        // RFC 7914, section 12: N = 1024, r = 8, p = 16; its 64 bytes begin with these 32.
        let known = "scrypt$10$8$16$4e61436c$fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        #expect(try #require(PasswordHash(known)).matches("password"))
        for bad in ["", "scrypt$15$8$1$00", "scrypt$25$8$1$00$00", known + "00", "md5" + known.dropFirst(6)] {
            #expect(PasswordHash(bad) == nil)
        }
    }

    // MARK: Devices

    @Test func aRevokedDeviceIsLockedOutAndCanComeBack() async throws {
        let team = try await Team(members: ["ana"])
        let laptop = try await team.device("laptop", of: "ana")
        let phone = try await team.device("phone", of: "ana")
        try await phone.sync()
        let list = try await team.transport(laptop.token).devices(DevicesRequest(revoked: nil)).devices
        #expect(list.map(\.name) == ["laptop", "phone"] && list.map(\.isThis) == [true, false])
        #expect(list.map(\.lastSeenAt) == [UInt64(team.clock.milliseconds), UInt64(team.clock.milliseconds)])
        let key = try phone.store.signingKey().publicKey
        let after = try await team.transport(laptop.token).devices(DevicesRequest(revoked: key)).devices
        #expect(after.map(\.isRevoked) == [false, true])
        await expect(.unauthorised) { try await phone.sync() }
        // The owner has it back, and enrols it anew: nothing that was made on it is lost.
        let personal = try phone.layer(.personal)
        let memo = try phone.store.write {
            try $0.create(.memo, in: personal, [(Field.Memo.body, .text("made while locked out"))])
        }
        let code = try await code(team, user: "ana")
        let again = try await enrol(team, phone.store, "phone", with: .invitation(code: code, name: "", password: ""))
        try await again.sync()
        try await laptop.sync()
        #expect(try laptop.store.read { try $0.memos() }.map(\.info.id) == [memo])
    }

    // MARK: Membership

    @Test func roleChangesTravelAsChangesAndHoldEverywhere() async throws {
        let team = try await Team(members: ["ana", "ben"])
        try await team.server.addMember(workspace: Team.workspace, user: "ana", role: .owner)
        let (ana, ben) = (try await team.device("ana", of: "ana"), try await team.device("ben", of: "ben"))
        let member = try ben.store.read { try $0.ownMember() }
        // Ben does not know yet that he reads only; what he makes offline is refused, kept and shown with its reason.
        try ana.store.write { try $0.setRole(of: member, to: .reader) }
        try await ana.sync()
        let shared = try ben.layer(.shared)
        try ben.store.write { try $0.create(.code, in: shared, [(Field.Code.name, .text("late"))]) }
        let summary = try await ben.sync()
        #expect(summary.refusedCount == 1 && summary.blocked.isEmpty)
        let refused = try ben.store.read { try $0.refused() }
        #expect(refused.map(\.explanation) == ["a reader may not create a code; a curator may"])
        // From now on he hears of it at once; what is his own stays his.
        #expect(throws: StoreError.self) {
            try ben.store.write { try $0.create(.code, in: shared, [(Field.Code.name, .text("again"))]) }
        }
        let privateLayer = try ben.layer(.private)
        #expect(try ben.store.reapply(refused[0].change, in: privateLayer) > 0)
        try await ben.sync()
        #expect(try ben.store.read { try $0.refused() }.isEmpty)
        #expect(try ben.store.check().problems == [])
    }

    @Test func anAnalystCommentsOnAnothersWorkAndDoesNotRewriteIt() async throws {
        let team = try await Team(members: ["ana", "ben"])
        try await team.server.addMember(workspace: Team.workspace, user: "ben", role: .analyst)
        let (ana, ben) = (try await team.device("ana", of: "ana"), try await team.device("ben", of: "ben"))
        let shared = try ana.layer(.shared)
        let memo = try ana.store.write {
            try $0.create(.memo, in: shared, [(Field.Memo.body, .text("hers"))])
        }
        for device in [ana, ben] { try await device.sync() }
        #expect(throws: StoreError.self) {
            try ben.store.write { try $0.set(Field.Memo.body, of: memo, in: shared, to: .text("his")) }
        }
        let comment = try ben.store.write {
            try $0.create(
                .comment, in: shared,
                [(Field.Comment.target, .identifier(memo)), (Field.Comment.body, .text("why?"))])
        }
        let summary = try await ben.sync()
        #expect(summary.refusedCount == 0)
        try await ana.sync()
        // She may call the thread settled, and not put words into his mouth.
        try ana.store.write { try $0.set(Field.Comment.isResolved, of: comment, in: shared, to: .boolean(true)) }
        #expect(throws: StoreError.self) {
            try ana.store.write { try $0.set(Field.Comment.body, of: comment, in: shared, to: .text("never mind")) }
        }
        #expect(try await ana.sync().refusedCount == 0)
    }

    @Test func whoLeavesKeepsTheirOwnAndLosesTheRest() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let (ana, ben) = (try await team.device("ana", of: "ana"), try await team.device("ben", of: "ben"))
        let (shared, personal) = (try ben.layer(.shared), try ben.layer(.personal))
        try ana.store.write { try $0.create(.code, in: shared, [(Field.Code.name, .text("Ana's"))]) }
        try ben.store.write { try $0.create(.memo, in: personal, [(Field.Memo.body, .text("Ben's"))]) }
        for device in [ana, ben, ana] { try await device.sync() }
        let member = try ben.store.read { try $0.ownMember() }
        try ben.store.write { try $0.setRole(of: member, to: nil) }
        // The push that ends it is answered; what follows is not.
        await expect(.accessEnded) { try await ben.sync() }
        await expect(.accessEnded) { try await ben.sync() }
        #expect(try ben.store.read { try $0.codes() }.isEmpty)
        #expect(try ben.store.read { try $0.memos() }.map(\.body) == ["Ben's"])
        #expect(try !ben.store.hasOutgoing() && ben.store.check().problems == [])
        try await ana.sync()
        #expect(try ana.store.read { try $0.members() }.filter(\.isListed).map(\.name) == ["ana"])
        #expect(try ana.store.read { try $0.memos() }.map(\.body) == ["Ben's"])
        // And back: what others made comes again, what he made meanwhile goes up.
        try ben.store.write { try $0.create(.memo, in: personal, [(Field.Memo.body, .text("meanwhile"))]) }
        try await team.server.addMember(workspace: Team.workspace, user: "ben", role: .analyst)
        for device in [ben, ana] { try await device.sync() }
        #expect(try ben.store.read { try $0.codes() }.count == 1)
        #expect(try Set(ana.store.read { try $0.memos() }.map(\.body)) == ["Ben's", "meanwhile"])
        #expect(try ben.store.check().problems == [] && ana.store.check().problems == [])
    }

    @Test func unsentWorkIsKeptAsideWhenAccessEnds() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let ben = try await team.device("ben", of: "ben")
        let shared = try ben.layer(.shared)
        try ben.store.write { try $0.create(.memo, in: shared, [(Field.Memo.body, .text("sent"))]) }
        try await ben.sync()
        try ben.store.write { try $0.create(.memo, in: shared, [(Field.Memo.body, .text("unsent"))]) }
        try await team.server.removeMember(workspace: Team.workspace, user: "ben")
        await expect(.accessEnded) { try await ben.sync() }
        // What had been sent is kept, too: a server that is put back to an older copy may lack it.
        #expect(try ben.store.read { try $0.setAside() }.map(\.segment.entries.count) == [1, 1])
        #expect(try ben.store.read { try $0.memos() }.isEmpty)
    }

    /// A server that was put back is told of it again; before that access ends.
    @Test func refusedWorkThatWaitsToBeSentAgainIsKeptAsideToo() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let ben = try await team.device("ben", of: "ben")
        try await ben.sync()
        let shared = try ben.layer(.shared)
        try ben.store.write { try $0.create(.memo, in: shared, [(Field.Memo.body, .text("refused"))]) }
        try await team.server.addMember(workspace: Team.workspace, user: "ben", role: .reader)
        #expect(try await ben.sync().refusedCount == 1)
        let forgotten = VectorReply(
            layer: shared, epoch: EpochID(high: 1, low: 1), heads: [], position: 0, feedHash: .zero, signature: nil)
        try ben.store.recover(forgotten)
        try ben.store.endAccess()
        let kept = try ben.store.read { try $0.setAside() }.flatMap(\.segment.entries)
        #expect(kept.contains { if case .payload = $0.body { true } else { false } })
    }

    /// The laptop has by hand what the phone never sent, and the phone may be lost.
    @Test func workOfOnesOtherDeviceIsKeptAsideToo() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let (laptop, phone) = (try await team.device("laptop", of: "ben"), try await team.device("phone", of: "ben"))
        let ana = try await team.device("ana", of: "ana")
        for device in [laptop, phone, ana] { try await device.sync() }
        let shared = try phone.layer(.shared)
        for (device, body) in [(phone, "by phone"), (ana, "by Ana")] {
            try device.store.write { try $0.create(.memo, in: shared, [(Field.Memo.body, .text(body))]) }
            _ = try laptop.store.read(try device.store.bundle())
        }
        try await team.server.removeMember(workspace: Team.workspace, user: "ben")
        await expect(.accessEnded) { try await laptop.sync() }
        let kept = try laptop.store.read { try $0.setAside() }
        let own = try laptop.store.syncLink()?.member
        #expect(kept.map { $0.segment.author } == [own] && kept.map(\.segment.entries.count) == [1])
    }

    /// A server that was put back to a copy from before a member came says that it knows no such workspace for them:
    /// that is no reason to remove anything.
    @Test("what came by hand before a layer had a feed here is sent by the sync that gives it one")
    func sendsWhatCameByHand() async throws {
        let team = try await Team(members: ["ana", "ben"])
        let (ana, ben) = (try await team.device("laptop", of: "ana"), try await team.device("phone", of: "ben"))
        try await ana.sync()
        try await ben.sync()
        try await team.server.removeMember(workspace: Team.workspace, user: "ben")
        await expect(.accessEnded) { try await ben.sync() }
        try await team.server.addMember(workspace: Team.workspace, user: "ben", role: .curator)
        let shared = try ana.layer(.shared)
        try ana.store.write { _ = try $0.create(.code, in: shared, [(Field.Code.name, .text("by hand"))]) }
        _ = try ben.store.read(ana.store.bundle())
        #expect(try await ben.sync().pushedCount == 1)
        #expect(try ben.store.read { try $0.codes() }.map(\.name) == ["by hand"])
    }

    @Test func aServerThatForgotAMemberDoesNotEmptyTheirStore() async throws {
        let team = try await Team(members: ["ana"])
        let backup = team.folder.path + "/backup"
        try team.copyServer(to: backup)
        let code = try await code(team)
        let dora = try await enrol(team, "dora", with: .invitation(code: code, name: "dora", password: ""))
        let shared = try dora.layer(.shared)
        try dora.store.write { try $0.create(.memo, in: shared, [(Field.Memo.body, .text("kept"))]) }
        try await dora.sync()
        try team.restoreServer(from: backup)
        await expect(.unauthorised) { try await dora.sync() }
        #expect(try dora.store.read { try $0.memos() }.map(\.body) == ["kept"])
    }
}
