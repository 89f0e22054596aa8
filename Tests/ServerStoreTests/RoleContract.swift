import AnnotationModel
import ChangeLog
import ServerStore
import TestSupport
import Testing
import WireFormat

/// Every change is held to the rules of access, whatever the device that sends it thinks of them: role x kind x field x
/// deed x maker x layer, from the rules' own table.
@Suite struct RoleContract {
    @Test(arguments: Backend.all, Role.allCases)
    func everyDeedIsAllowedOrRefusedAsTheTableSays(backend: Backend, role: Role) async throws {
        let world = try await World(backend)
        let matrix = AccessMatrix(role: role, asker: world.ana.account.member, other: world.ben.account.member)
        for (name, person, maker) in [("ana", world.ana, AccessMatrix.Person.asker), ("ben", world.ben, .other)] {
            try await world.store.addMember(workspace: World.title, user: name, role: .owner)
            var chain = Maker(person, in: world.shared)
            for creation in matrix.creations(by: maker) { chain.make(creation) }
            #expect(try await world.push(chain.segment(), by: person)[0].refused == [])
        }
        try await world.store.addMember(workspace: World.title, user: "ana", role: role)
        // One chain per layer: what is refused does not block what follows.
        for (place, layer) in [
            (AccessMatrix.Place.shared, world.shared), (.ownPersonal, world.ana.personal),
            (.ownPrivate, world.ana.privateLayer), (.othersPersonal, world.ben.personal),
        ] {
            let cases = matrix.cases(in: place)
            var chain = Maker(world.ana, in: layer)
            for each in cases { chain.make(each.operation) }
            let result = try await world.push(chain.segment(), by: world.ana)[0]
            #expect(result.status == .accepted && result.heldSeq == UInt64(cases.count))
            let refused = Set(result.refused)
            for (number, each) in cases.enumerated() {
                #expect(refused.contains(UInt64(number + 1)) != each.isAllowed, "\(each)")
            }
            // The feed has the header of each and the content of what was allowed alone.
            for change in try await world.feed(of: layer, world.ana) where change.header.replica == chain.replica {
                #expect((change.payload == nil) == refused.contains(change.header.seq))
            }
            // Sent again, the answer is the same.
            #expect(try await world.push(chain.segment(), by: world.ana)[0].refused == result.refused)
        }
    }

    /// Whoever's device is ended is out, whatever invitations it came with or its user has open.
    @Test(arguments: Backend.all) func anEndedDeviceTakesItsInvitationsWithIt(backend: Backend) async throws {
        let world = try await World(backend)
        func hash(_ code: String) -> Digest { world.cryptography.sha256([UInt8](code.utf8)) }
        func invite(_ code: String, role: Role? = nil, user: MemberID? = nil, by maker: MemberID?) async throws {
            _ = try await world.store.invite(
                Invitation(
                    codeHash: hash(code), membership: role.map { (world.workspace, $0) }, user: user, maker: maker,
                    lifetime: 3_600_000))
        }
        func redeem(_ code: String, name: String = "", key: SigningKey, token: String) async throws -> Bool {
            let device = DeviceIntroduction(
                publicKey: key.publicKey, deviceName: "thief", signature: world.cryptography.sign([], with: key))
            let outcome = try await world.store.redeem(
                Redemption(
                    codeHash: hash(code), name: name, password: nil, device: device, tokenHash: hash(token)))
            if case .enrolled = outcome { return true }
            return false
        }
        func isKnown(_ token: String) async throws -> Bool {
            try await world.store.account(tokenHash: hash(token)) != nil
        }
        let ben = world.ben.account
        try await world.store.addMember(workspace: World.title, user: "ben", role: .owner)
        let (stolen, fresh) = (world.cryptography.makeSigningKey(), world.cryptography.makeSigningKey())
        try await invite("came with", user: ben.member, by: ben.member)
        #expect(try await redeem("came with", key: stolen, token: "t1"))
        try await invite("for a device", user: ben.member, by: ben.member)
        try await invite("for a member", role: .owner, by: ben.member)
        try await invite("of the operator", user: ben.member, by: nil)
        #expect(try await world.store.revoke(device: stolen.publicKey, of: ben))
        #expect(try await !isKnown("t1"))
        // The link that it came with would have let it in again, for ever.
        #expect(try await !redeem("came with", key: stolen, token: "t2"))
        #expect(try await !redeem("for a device", key: fresh, token: "t3"))
        #expect(try await !redeem("for a member", name: "mallory", key: fresh, token: "t4"))
        #expect(try await redeem("of the operator", key: fresh, token: "t5"))
        // The operator ends all tokens: none comes back by a link either.
        try await invite("another of the operator", user: ben.member, by: nil)
        #expect(try await world.store.revokeTokens(user: "ben") == 2)
        #expect(try await !redeem("of the operator", key: fresh, token: "t6"))
        #expect(try await !redeem("another of the operator", key: fresh, token: "t7"))
        #expect(try await world.store.devices(ofUserNamed: "ben").map(\.isRevoked) == [false, true, false])
    }

    /// Who may not invite any more has no invitations open any more.
    @Test(arguments: Backend.all, [Role.curator, nil])
    func whoIsNoOwnerAnyMoreLetsNobodyIn(backend: Backend, now: Role?) async throws {
        let world = try await World(backend)
        try await world.store.addMember(workspace: World.title, user: "ben", role: .owner)
        let key = world.cryptography.makeSigningKey()
        let device = DeviceIntroduction(
            publicKey: key.publicKey, deviceName: "x", signature: world.cryptography.sign([], with: key))
        func redeem(_ code: Digest, _ name: String) async throws -> Bool {
            let outcome = try await world.store.redeem(
                Redemption(
                    codeHash: code, name: name, password: nil, device: device, tokenHash: world.cryptography.sha256([1])
                ))
            if case .enrolled = outcome { return true }
            return false
        }
        let codes = [[1], [2]].map { world.cryptography.sha256($0) }
        for code in codes {
            _ = try await world.store.invite(
                Invitation(
                    codeHash: code, membership: (world.workspace, .owner), user: nil, maker: world.ben.account.member,
                    lifetime: 1000))
        }
        #expect(try await redeem(codes[0], "cem"))
        if let now {
            try await world.store.addMember(workspace: World.title, user: "ben", role: now)
        } else {
            try await world.store.removeMember(workspace: World.title, user: "ben")
        }
        #expect(try await !redeem(codes[1], "dora"))
        // Who came while it was good may ask again for a lost answer.
        #expect(try await redeem(codes[0], "cem"))
    }

    private func operation(
        _ record: RecordID, _ kind: Kind, _ action: OperationAction, supersedes: [Dot] = []
    ) -> ChangeLog.Operation { .init(record: record, kind: kind, action: action, supersedes: supersedes) }

    private func push(
        _ operations: [ChangeLog.Operation], _ maker: inout Maker, by person: World.Person, in world: World
    ) async throws -> SegmentResult {
        maker.make(payload: Payload(operations: operations).encoded(by: maker.replica))
        return try await world.push(maker.segment(), by: person)[0]
    }

    @Test(arguments: Backend.all) func aRecordIsNotTakenForSomethingElse(backend: Backend) async throws {
        let world = try await World(backend)
        let code = RecordID(high: 1, low: 1)
        var ben = Maker(world.ben, in: world.shared)
        #expect(try await push([operation(code, .code, .create([]))], &ben, by: world.ben, in: world).refused == [])
        try await world.store.addMember(workspace: World.title, user: "ana", role: .analyst)
        var ana = Maker(world.ana, in: world.shared)
        // A comment's body has the number of a code's definition.
        let write = OperationAction.write(Field.Comment.body, .text("changed"), isContested: true)
        let result = try await push([operation(code, .comment, write)], &ana, by: world.ana, in: world)
        #expect(result.refused == [1] && result.explanation == "it takes a record for something else than it is")
        // Within one change too.
        let fresh = RecordID(high: 1, low: 2)
        let both = [operation(fresh, .comment, .create([])), operation(fresh, .code, write)]
        #expect(try await push(both, &ana, by: world.ana, in: world).refused == [1, 2])
    }

    @Test(arguments: Backend.all) func refusalsSayWhatWouldBeNeeded(backend: Backend) async throws {
        let world = try await World(backend)
        try await world.store.addMember(workspace: World.title, user: "ana", role: .analyst)
        var ana = Maker(world.ana, in: world.shared)
        let id = RecordID(high: 1, low: 1)
        let result = try await push([operation(id, .code, .create([]))], &ana, by: world.ana, in: world)
        #expect(result.explanation == "an analyst may not create a code; a curator may")
        // Also when the answer was lost.
        #expect(try await world.push(ana.segment(), by: world.ana)[0].explanation == result.explanation)
    }

    // MARK: Roles

    private func record(of person: World.Person) -> RecordID {
        RecordID(high: person.account.member.high, low: person.account.member.low)
    }

    private func setRole(_ name: String, of person: World.Person, supersedes: [Dot] = []) -> ChangeLog.Operation {
        operation(
            record(of: person), .member, .write(Field.Member.role, .text(name), isContested: true),
            supersedes: supersedes)
    }

    private func roles(_ world: World) async throws -> [String: Role] {
        let heads = try await world.store.heads(workspace: world.workspace, for: world.ana.account)
        var roles: [String: Role] = [:]
        for entry in heads?.members ?? [] { roles[entry.name] = Role(rawValue: entry.role) }
        return roles
    }

    @Test(arguments: Backend.all) func ownersChangeRolesAndNobodyElse(backend: Backend) async throws {
        let world = try await World(backend)
        try await world.store.addMember(workspace: World.title, user: "ana", role: .owner)
        var (ana, ben) = (Maker(world.ana, in: world.shared), Maker(world.ben, in: world.shared))
        let toOwner = try await push([setRole("owner", of: world.ben)], &ben, by: world.ben, in: world)
        #expect(toOwner.refused == [1] && toOwner.explanation == "only an owner may change roles")
        let toReader = [operation(record(of: world.ben), .member, .create([])), setRole("reader", of: world.ben)]
        #expect(try await push(toReader, &ana, by: world.ana, in: world).refused == [])
        #expect(try await roles(world) == ["ana": .owner, "ben": .reader])
        // It holds at once.
        let code = try await push(
            [operation(RecordID(high: 1, low: 1), .code, .create([]))], &ben, by: world.ben, in: world)
        #expect(code.refused == [1, 2])
        let unknown = try await push([setRole("emperor", of: world.ben)], &ana, by: world.ana, in: world)
        #expect(unknown.refused == [2] && unknown.explanation == "it names a role that this server does not know")
        let stranger = operation(
            RecordID(high: 9, low: 9), .member, .write(Field.Member.role, .text("owner"), isContested: true))
        #expect(try await push([stranger], &ana, by: world.ana, in: world).refused == [2, 3])
    }

    @Test(arguments: Backend.all) func twoOwnersOfflineMergeByTheSameRules(backend: Backend) async throws {
        // Whatever arrives first, the write of the higher (lamport, replica) shows, as on every replica.
        for anaFirst in [true, false] {
            let world = try await World(backend)
            for name in ["ana", "ben"] {
                try await world.store.addMember(workspace: World.title, user: name, role: .owner)
            }
            let cem = try await world.store.addUser(name: "cem")
            try await world.store.addMember(workspace: World.title, user: "cem", role: .analyst)
            let id = RecordID(high: cem.high, low: cem.low)
            func write(_ name: String) -> ChangeLog.Operation {
                operation(id, .member, .write(Field.Member.role, .text(name), isContested: true))
            }
            var ana = Maker(world.ana, in: world.shared, replica: ReplicaID(high: 1, low: 1))
            var ben = Maker(world.ben, in: world.shared, replica: ReplicaID(high: 2, low: 1))
            ana.make(lamport: 5, payload: Payload(operations: [write("curator")]).encoded(by: ana.replica))
            ben.make(lamport: 4, payload: Payload(operations: [write(Role.formerName)]).encoded(by: ben.replica))
            for isAna in [anaFirst, !anaFirst] {
                let result = try await world.push(
                    isAna ? ana.segment() : ben.segment(), by: isAna ? world.ana : world.ben)
                #expect(result[0].refused == [])
            }
            #expect(try await roles(world)["cem"] == .curator)
        }
    }

    @Test(arguments: Backend.all) func whoLeavesIsOutAndTheLastOwnerStays(backend: Backend) async throws {
        let world = try await World(backend)
        try await world.store.addMember(workspace: World.title, user: "ana", role: .owner)
        try await world.store.addMember(workspace: World.title, user: "ben", role: .reader)
        var (ana, ben) = (Maker(world.ana, in: world.shared), Maker(world.ben, in: world.shared))
        let last = try await push([setRole(Role.formerName, of: world.ana)], &ana, by: world.ana, in: world)
        #expect(last.refused == [1])
        let leave = [operation(record(of: world.ben), .member, .create([])), setRole(Role.formerName, of: world.ben)]
        #expect(try await push(leave, &ben, by: world.ben, in: world).refused == [])
        #expect(try await world.store.heads(workspace: world.workspace, for: world.ben.account) == nil)
        #expect(try await world.store.hasLeft(world.workspace, world.ben.account))
        #expect(try await !world.store.hasLeft(WorkspaceID(high: 1, low: 1), world.ben.account))
        // An owner takes him back.
        #expect(try await push([setRole("analyst", of: world.ben)], &ana, by: world.ana, in: world).refused == [1])
        #expect(try await roles(world)["ben"] == .analyst)
    }

    @Test(arguments: Backend.all) func anArchivedWorkspaceTakesNothingInAndBlocksNobody(backend: Backend) async throws {
        let world = try await World(backend)
        try await world.store.archive(workspace: World.title, true)
        var ana = Maker(world.ana, in: world.ana.personal)
        ana.make()
        let result = try await world.push(ana.segment(), by: world.ana)[0]
        #expect(result.status == .invalid && result.heldSeq == 0)
        #expect(try await world.heads(world.ana).layers.allSatisfy { !$0.isWritable })
        try await world.store.archive(workspace: World.title, false)
        #expect(try await world.push(ana.segment(), by: world.ana)[0].status == .accepted)
    }

    @Test(arguments: Backend.all) func nothingNewOfARevokedDeviceComesThroughOthers(backend: Backend) async throws {
        let world = try await World(backend)
        var ben = Maker(world.ben, in: world.shared)
        ben.make()
        let key = try required(world.ben.account.device)
        #expect(try await world.store.revoke(device: key, of: world.ben.account))
        #expect(try await world.store.account(tokenHash: world.cryptography.sha256([UInt8]("ben".utf8))) == nil)
        let carried = ben.segment(certificate: world.ben.certificate)
        #expect(try await world.push(carried, by: world.ana)[0].status == .invalid)
        #expect(try await !world.store.revoke(device: key, of: world.ana.account))
        #expect(try await world.store.devices(of: world.ben.account).map(\.isRevoked) == [true])
    }

    /// What a server without roles let in is known by its makers all the same.
    @Test func makersAreCaughtUpFromAnOlderFeed() async throws {
        let world = try await World(try #require(Backend.all.first))
        let comment = RecordID(high: 1, low: 1)
        var ben = Maker(world.ben, in: world.shared)
        _ = try await push([operation(comment, .comment, .create([]))], &ben, by: world.ben, in: world)
        try world.forgetMakers()
        try await world.store.addMember(workspace: World.title, user: "ana", role: .owner)
        var ana = Maker(world.ana, in: world.shared)
        let write = OperationAction.write(Field.Comment.body, .text("not hers"), isContested: true)
        let result = try await push([operation(comment, .comment, write)], &ana, by: world.ana, in: world)
        #expect(result.explanation == "nobody may change another member's comment")
    }
}
