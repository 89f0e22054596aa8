import AnnotationModel
import ChangeLog
import ServerStore
import TestSupport
import Testing
import WireFormat

/// Who sees what. A layer that one may not read and one that does not exist are the same, down to the bytes.
@Suite struct AccessContract {
    private static let nowhere = LayerID(high: 0xDEAD, low: 0xBEEF)

    @Test(arguments: Backend.all) func aLayerOfOthersIsAsOneThatDoesNotExist(backend: Backend) async throws {
        let world = try await World(backend)
        let hidden = world.ben.privateLayer
        var own = Maker(world.ben, in: hidden)
        own.make(count: 3)
        #expect(try await world.push(own.segment(), by: world.ben)[0].status == .accepted)
        let epoch = try await world.head(of: hidden, world.ben).epoch
        let reached = try await world.head(of: hidden, world.ben)

        // The same bytes but for the id that the asker named.
        func answers(_ layer: LayerID) async throws -> [[UInt8]] {
            var maker = Maker(world.ana, in: layer, replica: ReplicaID(high: 3, low: 3))
            maker.make()
            let results = try await world.push(
                maker.segment(), maker.segment(signedBy: world.ben.key), maker.segment(isSigned: false), by: world.ana)
            let cursors = [
                FeedCursor(layer: layer, epoch: epoch, position: 0, feedHash: .zero),
                FeedCursor(layer: layer, epoch: epoch, position: 3, feedHash: reached.feedHash),
            ]
            var pages: [FeedPage] = []
            for cursor in cursors { pages.append(try await world.page(from: cursor, world.ana)) }
            let vector = try await world.store.vector(layer: layer, workspace: world.workspace, for: world.ana.account)
            let (weighed, isNew) = try await world.store.weigh(
                checkpoint: cursors[1], workspace: world.workspace, for: world.ana.account)
            #expect(weighed == nil && !isNew)
            return [
                PushReply(results: results, headsDigest: HeadsDigest(high: 0, low: 0)).encoded,
                PullReply(pages: pages, devices: []).encoded, vector.encoded,
            ].map { bytes in bytes.replacing(layer.bytes, with: Self.nowhere.bytes) }
        }
        #expect(try await answers(hidden) == answers(Self.nowhere))
        #expect(try await world.heads(world.ana).layers.allSatisfy { $0.layer != hidden })
        #expect(try await world.heads(world.ben).layers.contains { $0.layer == hidden })
    }

    @Test(arguments: Backend.all) func onlyTokensThatMayReadALayerAreItsAudience(backend: Backend) async throws {
        let world = try await World(backend)
        func token(_ name: String) -> Digest { world.cryptography.sha256([UInt8](name.utf8)) }
        func audience(_ layer: LayerID, _ workspace: WorkspaceID) async throws -> LayerAudience? {
            try await world.store.audience(of: layer, workspace: workspace)
        }
        try await world.store.addToken(tokenHash: token("second"), user: "ben")
        _ = try await world.store.addUser(name: "stranger")
        try await world.store.addToken(tokenHash: token("stranger"), user: "stranger")
        var maker = Maker(world.ben, in: world.ben.privateLayer)
        maker.make(count: 2)
        _ = try await world.push(maker.segment(), by: world.ben)

        let hidden = try required(try await audience(world.ben.privateLayer, world.workspace))
        #expect(hidden.tokens == [token("ben"), token("second")] && hidden.position == 2)
        #expect(hidden.epoch == (try await world.head(of: world.ben.privateLayer, world.ben).epoch))
        let shared = try required(try await audience(world.shared, world.workspace))
        #expect(shared.tokens == [token("ana"), token("ben"), token("second")] && shared.position == 0)
        let personal = try required(try await audience(world.ben.personal, world.workspace))
        #expect(personal.tokens == shared.tokens)
        let other = try await world.store.addWorkspace(title: "Other")
        #expect(try await audience(world.shared, other) == nil)
        #expect(try await audience(Self.nowhere, world.workspace) == nil)

        let accounts = try await world.store.accounts(in: world.workspace)
        #expect(Set(accounts.keys) == shared.tokens)
        #expect(accounts[token("ana")] == world.ana.account)
        #expect(try await world.store.accounts(in: other) == [:])
        _ = try await world.store.revokeTokens(user: "ben")
        try await world.store.removeMember(workspace: World.title, user: "ana")
        #expect(try await world.store.accounts(in: world.workspace) == [:])
        #expect(try await audience(world.shared, world.workspace)?.tokens == [])
    }

    @Test(arguments: Backend.all) func aWorkspaceOfOthersIsAsOneThatDoesNotExist(backend: Backend) async throws {
        let world = try await World(backend)
        let other = try await world.store.addWorkspace(title: "Other")
        for workspace in [other, WorkspaceID(high: 1, low: 2)] {
            #expect(try await world.store.heads(workspace: workspace, for: world.ana.account) == nil)
            // A layer is found in its own workspace alone.
            let vector = try await world.store.vector(layer: world.shared, workspace: workspace, for: world.ana.account)
            #expect(vector.epoch == nil)
        }
        #expect(try await world.store.workspaces(of: world.ana.account).map(\.title) == [World.title])
    }

    @Test(arguments: Backend.all) func whoLeavesSeesNothingMoreAndComesBackToTheOldLayers(backend: Backend) async throws
    {
        let world = try await World(backend)
        let before = try await world.heads(world.ben)
        try await world.store.removeMember(workspace: World.title, user: "ben")
        #expect(try await world.store.heads(workspace: world.workspace, for: world.ben.account) == nil)
        let page = try await world.page(
            from: FeedCursor(layer: world.shared, epoch: before.layers[0].epoch, position: 0, feedHash: .zero),
            world.ben)
        #expect(page.status == .unknownLayer)
        #expect(try await world.heads(world.ana).members.map(\.name) == ["ana"])
        try await world.store.addMember(workspace: World.title, user: "ben", role: .curator)
        #expect(try await world.heads(world.ben) == before)
    }

    @Test(arguments: Backend.all) func headsAreInOrderAndSayWhatMayBeDone(backend: Backend) async throws {
        let world = try await World(backend)
        let heads = try await world.heads(world.ana)
        #expect(heads.layers.map(\.layer) == heads.layers.map(\.layer).sorted())
        #expect(heads.members.map(\.member) == heads.members.map(\.member).sorted())
        #expect(
            Set(heads.layers.map(\.layer)) == [
                world.shared, world.ana.personal, world.ana.privateLayer, world.ben.personal,
            ])
        #expect(heads.layers.filter { !$0.isWritable }.map(\.layer) == [world.ben.personal])
    }

    @Test(arguments: Backend.all) func ofManyDevicesOneGetsTheToken(backend: Backend) async throws {
        let world = try await World(backend)
        let hash = world.cryptography.sha256([1])
        try await world.store.addToken(tokenHash: hash, user: "ana")
        let keys = (0..<8).map { _ in world.cryptography.makeSigningKey().publicKey }
        let enrolled = try await withThrowingTaskGroup(of: PublicKey?.self) { group in
            for key in keys {
                group.addTask {
                    try await world.store.enrol(publicKey: key, deviceName: "x", tokenHash: hash) ? key : nil
                }
            }
            return try await group.reduce(into: [PublicKey]()) { if let key = $1 { $0.append(key) } }
        }
        #expect(enrolled.count == 1)
        #expect(try await world.store.account(tokenHash: hash)?.device == enrolled.first)
        #expect(try await world.store.userList().first { $0.name == "ana" }?.deviceCount == 2)
        for key in keys {
            let isAgain = try await world.store.enrol(publicKey: key, deviceName: "y", tokenHash: hash)
            #expect(isAgain == (key == enrolled.first))
        }
    }

    @Test(arguments: Backend.all) func tokensAndDevices(backend: Backend) async throws {
        let world = try await World(backend)
        let store = world.store
        let hash = world.cryptography.sha256([1])
        #expect(try await store.account(tokenHash: hash) == nil)
        try await store.addToken(tokenHash: hash, user: "ana")
        let account = try required(try await store.account(tokenHash: hash))
        #expect(account.member == world.ana.account.member && account.device == nil)
        let key = world.cryptography.makeSigningKey().publicKey
        for name in ["tablet", "the old tablet"] {
            #expect(try await store.enrol(publicKey: key, deviceName: name, tokenHash: hash))
        }
        #expect(try await store.account(tokenHash: hash)?.device == key)
        #expect(try await store.userList().first { $0.name == "ana" }?.deviceCount == 2)
        #expect(try await store.revokeTokens(user: "ana") == 2)
        #expect(try await store.account(tokenHash: hash) == nil)
        await #expect(throws: ServerStoreError.self) { try await store.addUser(name: "ana") }
        await #expect(throws: ServerStoreError.self) {
            try await store.addMember(workspace: "Nowhere", user: "ana", role: .curator)
        }
        await #expect(throws: ServerStoreError.self) { try await store.addToken(tokenHash: hash, user: "nobody") }
    }
}
