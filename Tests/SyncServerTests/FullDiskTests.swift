import AnnotationModel
import ChangeLog
import Foundation
import HTTPClient
import LocalStore
import SyncClient
import TestSupport
import Testing
import WireFormat

/// A server whose disk is full says so, keeps what it acknowledged, serves readers, and goes on when there is room.
@Suite struct FullDiskTests {
    @Test func pushesWaitAndReadersAreServed() async throws {
        let live = try await LiveServer()
        let ana = try await live.device("ana", of: "ana")
        let ben = try await live.device("ben", of: "ben")
        try ana.addCode("before")
        try await ana.sync()
        live.disk.isFull = true
        try ana.addCode("while it is full")
        for _ in 0..<3 {
            let response = try await ana.post("/v1/push", ana.pushRequest().encoded)
            #expect(response.status == 503 && response.header("Retry-After") == "60")
            #expect(
                String(decoding: response.body, as: UTF8.self)
                    == "{\"error\":\"disk_full\",\"message\":\"the server's disk is full; its operator has to make room\"}\n"
            )
        }
        let error = await #expect(throws: SyncError.self) { try await ana.sync() }
        #expect(error?.code == .busy && error?.retryAfterSeconds == 60)
        #expect(error?.description.contains("disk is full") == true)
        // Who only reads notices nothing.
        let pulled = try await ben.sync()
        #expect(pulled.pulledCount == 1)
        #expect(try ben.codes() == ["before"])
        #expect(try ana.store.read { try $0.layers() }.contains { $0.pendingCount == 1 })

        live.disk.isFull = false
        let summary = try await ana.sync()
        #expect(summary.pushedCount == 1)
        try await ben.sync()
        #expect(try ben.codes() == ["before", "while it is full"])
        #expect(try ana.store.check().problems == [] && ben.store.check().problems == [])
        #expect(try await live.isServing())
    }
}
