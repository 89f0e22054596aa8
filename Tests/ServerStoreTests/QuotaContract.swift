import AnnotationModel
import ChangeLog
import ServerStore
import TestSupport
import Testing
import WireFormat

/// What a workspace may hold, whatever the backend.
@Suite struct QuotaContract {
    /// What a change of `Maker` counts for.
    private func size(_ changes: [Change]) -> Int64 { changes.reduce(0) { $0 + 256 + Int64($1.payload?.count ?? 0) } }

    private func stored(_ world: World) async throws -> Int {
        try required(try await world.store.statistics().workspaces.first { $0.title == World.title }).byteCount
    }

    private func isRefused(_ body: () async throws -> Void) async throws -> Bool {
        do {
            try await body()
            return false
        } catch let error as ServerStoreError {
            #expect(error.code == .quotaExceeded)
            return true
        }
    }

    @Test(arguments: Backend.all) func aPushIsTakenUpToTheLastByteAndRefusedWholeBeyond(backend: Backend) async throws {
        let world = try await World(backend)
        var (one, other) = (Maker(world.ana, in: world.shared), Maker(world.ana, in: world.ana.personal))
        one.make(count: 3)
        other.make(payloadBytes: 5000)
        let all = size(one.changes) + size(other.changes)
        try await world.store.set(quota: all - 1, workspace: World.title)
        let before = try await world.heads(world.ana)
        // The first segment alone would fit.
        #expect(try await isRefused { _ = try await world.push(one.segment(), other.segment(), by: world.ana) })
        #expect(try await world.heads(world.ana) == before)
        #expect(try await world.store.devices(of: [one.replica, other.replica]) == [])
        #expect(try await stored(world) == 0)

        try await world.store.set(quota: all, workspace: World.title)
        let results = try await world.push(one.segment(), other.segment(), by: world.ana)
        #expect(results.map(\.status) == [.accepted, .accepted])
        #expect(try await stored(world) == Int(all))

        // What is held already needs no room, and the rest of the answers neither.
        #expect(try await world.push(one.segment(), other.segment(), by: world.ana).map(\.heldSeq) == [3, 1])
        var late = Maker(world.ana, in: world.shared)
        late.make(count: 2)
        #expect(try await world.push(late.segment(2), by: world.ana)[0].status == .gap)
        #expect(try await isRefused { _ = try await world.push(late.segment(), by: world.ana) })
        #expect(try await world.feed(of: world.shared, world.ben).map(\.hash) == one.changes.map(\.hash))
        // Somebody else's workspace is not this one's.
        _ = try await world.store.addWorkspace(title: "Other")
        try await world.store.set(quota: nil, workspace: World.title)
        #expect(try await world.push(late.segment(), by: world.ana)[0].status == .accepted)
        let quotas = try await world.store.statistics().workspaces.map(\.quota)
        #expect(quotas == [nil, nil])
        await #expect(throws: ServerStoreError.self) { try await world.store.set(quota: 1, workspace: "none") }
        #expect(try await world.store.auditLog(limit: 2).map(\.subject).contains("Team: default"))
    }

    @Test(arguments: Backend.all) func whoMayNotReadALayerDoesNotLearnOfTheQuota(backend: Backend) async throws {
        let world = try await World(backend)
        try await world.store.set(quota: 1, workspace: World.title)
        var maker = Maker(world.ben, in: world.ana.privateLayer)
        maker.make()
        #expect(try await world.push(maker.segment(), by: world.ben)[0].status == .unknownLayer)
    }

    @Test(arguments: Backend.all) func aRefusedPayloadIsNotCounted(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ben, in: world.ana.personal)
        maker.make(payloadBytes: 3000)
        #expect(try await world.push(maker.segment(), by: world.ben)[0].refused == [1])
        #expect(try await stored(world) == 256)
    }

    /// Together they would not fit: as many are taken as do, and not one more.
    @Test(arguments: Backend.all) func concurrentPushesAtTheEdge(backend: Backend) async throws {
        let world = try await World(backend)
        let makers = (0..<40).map { place in
            var maker = Maker(place % 2 == 0 ? world.ana : world.ben, in: world.shared)
            maker.make(payloadBytes: 1000)
            return maker
        }
        let each = size(makers[0].changes)
        try await world.store.set(quota: each * 15 + each / 2, workspace: World.title)
        let taken = try await withThrowingTaskGroup(of: Int.self) { group in
            for (place, maker) in makers.enumerated() {
                group.addTask {
                    try await isRefused {
                        _ = try await world.push(maker.segment(), by: place % 2 == 0 ? world.ana : world.ben)
                    } ? 0 : 1
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(taken == 15)
        #expect(try await stored(world) == Int(each) * 15)
        #expect(try await world.head(of: world.shared, world.ana).position == 15)
        #expect(
            try ServerAudit.problems(in: world.folder.path + "/server.sqlite", using: world.cryptography) == [])
    }
}
