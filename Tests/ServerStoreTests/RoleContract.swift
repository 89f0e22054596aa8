import AnnotationModel
import ChangeLog
import ServerStore
import TestSupport
import Testing
import WireFormat

/// Every change is held to the rules of access, whatever the device that sends it thinks of them: role x kind x field x
/// deed x maker x layer, from the rules' own table.
@Suite struct RoleContract {
    /// One case of the matrix, for the failure's text.
    private struct Case: CustomStringConvertible {
        let role: Role
        let kind: Kind
        let action: OperationAction
        let maker: String
        let layer: LayerKind
        let owner: String
        var description: String {
            "\(role.name) does \(action) to a \(Model.definition(of: kind)?.name ?? "\(kind.rawValue)") of \(maker) "
                + "in \(owner)'s \(layer.name) layer"
        }
    }

    private static let unknownKind = Kind(rawValue: 999)

    /// Every operation that a kind's fields allow, and one of a newer version.
    private static func actions(on kind: Kind, by member: MemberID) -> [OperationAction] {
        var actions: [OperationAction] = [.create([]), .delete(covers: []), .restore, .unknown([0x81, 0x18, 0x63])]
        for field in Model.definition(of: kind)?.fields ?? [] {
            switch field.rule {
            case .writeOnce: break
            case .register, .contested:
                actions.append(.write(field.field, .text("x"), isContested: field.rule == .contested))
            case .addWinsSet:
                actions += [.add(field.field, .text("x")), .remove(field.field, .text("x"))]
            }
        }
        // What roles there are is held to elsewhere.
        return actions.filter { if case .write(Field.Member.role, _, _) = $0 { kind != .member } else { true } }
    }

    @Test(arguments: Backend.all, Role.allCases)
    func everyDeedIsAllowedOrRefusedAsTheTableSays(backend: Backend, role: Role) async throws {
        let world = try await World(backend)
        // The records of the matrix: one of each kind and maker, made by somebody who may.
        var next: UInt64 = 1
        func record() -> RecordID {
            next += 1
            return RecordID(high: 0x70, low: next)
        }
        try await world.store.addMember(workspace: World.title, user: "ana", role: .owner)
        try await world.store.addMember(workspace: World.title, user: "ben", role: .owner)
        var cases: [(Case, Maker, ChangeLog.Operation, expected: Bool)] = []
        var (anas, bens) = (Maker(world.ana, in: world.shared), Maker(world.ben, in: world.shared))
        let kinds = Model.kinds.map(\.kind) + [Self.unknownKind]
        var shared: [(record: RecordID, kind: Kind, maker: String, action: OperationAction)] = []
        for kind in kinds {
            for (maker, person) in [("ana", world.ana), ("ben", world.ben), ("nobody", world.ana)] {
                for action in Self.actions(on: kind, by: world.ana.account.member) {
                    // A member's record is that member's; all deeds are tried on one.
                    let id =
                        kind == .member && maker != "nobody"
                        ? RecordID(high: person.account.member.high, low: person.account.member.low) : record()
                    shared.append((id, kind, maker, action))
                    guard maker != "nobody" else { continue }
                    let create = ChangeLog.Operation(record: id, kind: kind, action: .create([]))
                    if maker == "ana" {
                        anas.make(payload: Payload(operations: [create]).encoded(by: anas.replica))
                    } else {
                        bens.make(payload: Payload(operations: [create]).encoded(by: bens.replica))
                    }
                }
            }
        }
        #expect(try await world.push(anas.segment(), by: world.ana)[0].refused == [])
        #expect(try await world.push(bens.segment(), by: world.ben)[0].refused == [])
        try await world.store.addMember(workspace: World.title, user: "ana", role: role)

        for (id, kind, maker, action) in shared {
            let operation = ChangeLog.Operation(record: id, kind: kind, action: action)
            let person = maker == "ana" ? world.ana.account.member : maker == "ben" ? world.ben.account.member : nil
            let isAllowed = AccessRules.allows(
                operation.deed(by: world.ana.account.member), to: kind, record: id, maker: person,
                by: world.ana.account.member, as: role, in: .shared, owner: nil)
            cases.append(
                (
                    Case(role: role, kind: kind, action: action, maker: maker, layer: .shared, owner: "nobody"),
                    Maker(world.ana, in: world.shared), operation, isAllowed
                ))
        }
        for kind in kinds {
            for (layer, layerKind, owner, isOwn) in [
                (world.ana.personal, LayerKind.personal, "ana", true), (world.ana.privateLayer, .private, "ana", true),
                (world.ben.personal, .personal, "ben", false),
            ] {
                for action in Self.actions(on: kind, by: world.ana.account.member) {
                    let expected = isOwn && (role >= .analyst || layerKind == .private)
                    cases.append(
                        (
                            Case(
                                role: role, kind: kind, action: action, maker: "nobody", layer: layerKind, owner: owner),
                            Maker(world.ana, in: layer), .init(record: record(), kind: kind, action: action), expected
                        ))
                }
            }
        }
        // One chain per layer: what is refused does not block what follows.
        var chains: [LayerID: (maker: Maker, cases: [(Case, Bool)])] = [:]
        for (about, maker, operation, expected) in cases {
            var chain = chains[maker.layer] ?? (maker, [])
            chain.maker.make(payload: Payload(operations: [operation]).encoded(by: chain.maker.replica))
            chain.cases.append((about, expected))
            chains[maker.layer] = chain
        }
        for chain in chains.values {
            let result = try await world.push(chain.maker.segment(), by: world.ana)[0]
            #expect(result.status == .accepted && result.heldSeq == UInt64(chain.cases.count))
            let refused = Set(result.refused)
            for (place, (about, expected)) in chain.cases.enumerated() {
                #expect(refused.contains(UInt64(place + 1)) != expected, "\(about)")
            }
            // The feed has the header of each and the content of what was allowed alone.
            let feed = try await world.feed(of: chain.maker.layer, world.ana)
                .filter { $0.header.replica == chain.maker.replica }
            for change in feed {
                #expect((change.payload == nil) == refused.contains(change.header.seq))
            }
            // Sent again, the answer is the same.
            #expect(try await world.push(chain.maker.segment(), by: world.ana)[0].refused == result.refused)
        }
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
