import LocalStore
import Testing

/// How a store notes its syncs. The clock of these stores stands still.
@Suite struct SyncRecordTests {
    @Test func aFailureAmongSuccessesIsSeen() throws {
        let temporary = try TemporaryStore()
        try temporary.store.recordSync(failure: nil, isFull: false)
        try temporary.store.recordSync(failure: nil, isFull: false)
        #expect(try temporary.store.lastSyncs().failure == nil)
        try temporary.store.recordSync(failure: "it rains")
        #expect(try temporary.store.lastSyncs().failure?.message == "it rains")
        try temporary.store.recordSync(failure: nil, isFull: false)
        #expect(try temporary.store.lastSyncs().failure == nil)
    }

    @Test func aFullWorkspaceIsNotedAndForgottenAtOnce() throws {
        let temporary = try TemporaryStore()
        try temporary.store.recordSync(failure: nil, isFull: false)
        try temporary.store.recordSync(failure: nil, isFull: true)
        #expect(try temporary.store.lastSyncs().full != nil)
        try temporary.store.recordSync(failure: nil)
        #expect(try temporary.store.lastSyncs().full != nil)
        try temporary.store.recordSync(failure: nil, isFull: false)
        #expect(try temporary.store.lastSyncs().full == nil)
    }
}
