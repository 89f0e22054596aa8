import AnnotationModel
import Foundation
import HTTPServing
import LocalStore
import ServerStore
import TestSupport
import Testing

/// Several workspaces in one store, of one server and of several, as somebody types it.
@Suite struct WorkspaceCommandTests {
    private let team: Team
    private let elsewhere: Team
    private let servers: [HTTPServer]
    private let urls: [String]
    private let folder: TemporaryFolder

    init() async throws {
        team = try await Team(members: ["nino"])
        elsewhere = try await Team(members: ["nino", "luka"])
        servers = [team, elsewhere].map {
            HTTPServer(configuration: HTTPServerConfiguration(), handler: $0.service)
        }
        urls = try servers.map { "http://127.0.0.1:\(try $0.start())" }
        folder = TemporaryFolder()
    }

    private func run(_ code: Int32 = 0, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation)
        async throws -> String
    {
        let command = try RunningCommand(folder.path, words)
        let ended = await command.code
        #expect(ended == code, "\(words): \(command.text)", sourceLocation: sourceLocation)
        return command.text
    }

    private func workspaces() async throws -> [[String: Any]] {
        let text = try await run(0, "workspace", "--json")
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    }

    @Test func eachHasItsOwnServerAndFiles() async throws {
        _ = try await run(0, "init", "--name", "Nino", "--title", "Mine")
        _ = try await run(0, "connect", urls[0], "--token", team.token(for: "nino"))
        _ = try await run(0, "code", "add", "first")
        // Another server's token does not get in the first one's way.
        let token = try await elsewhere.token(for: "nino")
        #expect(try await run(78, "connect", urls[1], "--token", token).contains("variorum workspace add TITLE"))
        _ = try await run(0, "workspace", "add", "Elections")
        _ = try await run(0, "connect", urls[1], "--token", token)
        _ = try await run(0, "code", "add", "second")
        var list = try await workspaces()
        #expect(list.map { $0["title"] as? String } == [Team.workspace, Team.workspace])
        #expect(list.map { $0["url"] as? String } == urls && list.map { $0["is_current"] as? Bool } == [false, true])
        #expect(list.map { $0["pending_count"] as? Int } == [1, 1])
        #expect(try await run(0, "sync", "--all").split(separator: "\n").count { $0.contains("Sent 1 change") } == 2)
        list = try await workspaces()
        #expect(list.map { $0["pending_count"] as? Int } == [0, 0])
        #expect(try await run(0, "--in", "1", "code", "list").contains("first"))
        #expect(try await !run(0, "code", "list").contains("first"))
        #expect(try await run(65, "workspace", "use", Team.workspace).contains("by its number"))
        _ = try await run(0, "workspace", "use", "1")
        #expect(try await run(0, "code", "list").contains("first"))
        #expect(try await run(66, "--in", "Nowhere", "status").contains("no workspace 'Nowhere'"))
        #expect(try await run(64, "sync", "--all", "--watch").contains("--all"))
        // One that is down keeps no other from being synced.
        await servers[0].shutdown(graceSeconds: 0)
        let text = try await run(69, "sync", "--all", "--attempts", "1")
        #expect(text.contains("Sent 0 changes"))
    }

    @Test func anotherOfTheSameServerNeedsNoFurtherLink() async throws {
        _ = try await run(0, "init", "--name", "Nino")
        _ = try await run(0, "connect", urls[0], "--token", team.token(for: "nino"))
        #expect(try await run(64, "workspace", "join").contains("no further workspace"))
        _ = try await team.server.addWorkspace(title: "Elections")
        #expect(try await run(66, "workspace", "join", "Elections").contains("you belong to no workspace 'Elections'"))
        try await team.server.addMember(workspace: "Elections", user: "nino", role: .analyst)
        #expect(try await run(64, "workspace", "join").contains("'Elections'"))
        _ = try await run(0, "workspace", "join", "Elections")
        #expect(try await run(66, "workspace", "join", "Elections").contains("in this store already"))
        _ = try await run(0, "memo", "add", "here")
        _ = try await run(0, "sync")
        let list = try await workspaces()
        #expect(list.map { $0["title"] as? String } == [Team.workspace, "Elections"])
        #expect(list[1]["is_current"] as? Bool == true && list[1]["pending_count"] as? Int == 0)
        // One device, whichever the workspace.
        let devices = try await run(0, "device", "--json")
        #expect(devices.components(separatedBy: "\"key\"").count == 2)
    }
}
