import AnnotationModel
import ChangeLog
import HTTPClient
import ServerStore
import TestSupport
import Testing
import WireFormat

/// The matrix of `RoleContract` against a whole server: over HTTP, with tokens, and in layers that one may not name.
@Suite struct RoleMatrixTests {
    @Test(arguments: Role.allCases) func everyDeedIsAllowedOrRefusedAsTheTableSays(role: Role) async throws {
        let live = try await LiveServer()
        let (ana, ben) = (try await BareDevice(live, of: "ana"), try await BareDevice(live, of: "ben"))
        let matrix = AccessMatrix(role: role, asker: ana.member, other: ben.member)
        let shared = try await ana.layer(.shared)
        for (name, device, person) in [("ana", ana, AccessMatrix.Person.asker), ("ben", ben, .other)] {
            try await live.store.addMember(workspace: LiveServer.title, user: name, role: .owner)
            var chain = device.maker(in: shared)
            for creation in matrix.creations(by: person) { chain.make(creation) }
            let result = try await device.push([chain.segment()])[0]
            #expect(result.status == .accepted && result.refused == [])
        }
        try await live.store.addMember(workspace: LiveServer.title, user: "ana", role: role)
        let layers: [(place: AccessMatrix.Place, layer: LayerID)] = [
            (.shared, shared), (.ownPersonal, try await ana.layer(.personal)),
            (.ownPrivate, try await ana.layer(.private)), (.othersPersonal, try await ben.layer(.personal)),
            (.othersPrivate, try await ben.layer(.private)),
        ]
        let chains = layers.map { place, layer in
            var chain = ana.maker(in: layer)
            for each in matrix.cases(in: place) { chain.make(each.operation) }
            return chain
        }
        // All layers in one request.
        let results = try await ana.push(chains.map { $0.segment() })
        for ((place, layer), (chain, result)) in zip(layers, zip(chains, results)) {
            let cases = matrix.cases(in: place)
            guard place != .othersPrivate else {
                #expect(result.status == .unknownLayer && result.heldSeq == 0 && result.explanation == "")
                #expect(try await ben.feed(of: layer) == [])
                continue
            }
            #expect(result.status == .accepted && result.heldSeq == UInt64(cases.count), "\(place)")
            let refused = Set(result.refused)
            for (number, each) in cases.enumerated() {
                #expect(refused.contains(UInt64(number + 1)) != each.isAllowed, "\(each)")
            }
            for change in try await ana.feed(of: layer) where change.header.replica == chain.replica {
                #expect((change.payload == nil) == refused.contains(change.header.seq))
            }
        }
        let again = try await ana.push(chains.map { $0.segment() })
        #expect(again.map(\.refused) == results.map(\.refused))

        // Whoever's membership has ended writes nowhere, in layers of their own neither, and by no other workspace.
        try await live.store.removeMember(workspace: LiveServer.title, user: "ana")
        let other = try await live.store.addWorkspace(title: "Other")
        try await live.store.addMember(workspace: "Other", user: "ana", role: .owner)
        let late = layers.map { ana.maker(in: $0.layer, count: 1).segment() }
        for segment in late {
            let reply = try await ana.post(.push, PushRequest(workspace: live.workspace, segments: [segment]))
            #expect(reply.status == 403 && String(decoding: reply.body, as: UTF8.self).contains("access_ended"))
        }
        #expect(try await ana.push(late, workspace: other).allSatisfy { $0.status == .unknownLayer })
        #expect(
            try await ben.feed(of: shared).count == (matrix.creations(by: .asker) + matrix.creations(by: .other)).count
                + matrix.cases(in: .shared).count)
        #expect(try ServerAudit.problems(in: live.database, using: live.cryptography) == [])
    }
}
