import AnnotationModel
import ChangeLog
import Foundation
import LocalStore
import ServerStore
import SyncClient
import Synchronization
import TestSupport
import Testing
import WireFormat

@testable import CommandLine
@testable import SyncServer

/// Nobody learns of what they may not see: two worlds that differ in nothing else answer with the same bytes.
@Suite struct LeakTests {
    /// What every observer is answered at every path, by the question.
    private func answers(_ world: LeakWorld, about hidden: LeakWorld.Hidden) async throws -> [(String, [UInt8])] {
        var answers: [(String, [UInt8])] = []
        for observer in LeakWorld.Observer.allCases {
            let token = world.device(of: observer)?.token
            for path in SyncPath.allCases {
                for question in try await world.questions(at: path, by: observer, about: hidden) {
                    let answer = try await world.ask(
                        path.method, path.rawValue + question.query, token: token, body: question.body)
                    answers.append(("\(observer.rawValue) \(path.rawValue): \(question.label)", answer))
                }
                // Too many failures in a row are answered otherwise.
                world.live.advance(hours: 2)
            }
            for path in Front.checks + ["/", "/v1", "/v1/push/", "/metrics/"] {
                for method in ["GET", "POST", "HEAD"] {
                    answers.append(
                        ("\(observer.rawValue) \(method) \(path)", try await world.ask(method, path, token: token)))
                }
            }
        }
        return answers
    }

    @Test func noAnswerTellsOfWhatIsHidden() async throws {
        let busy = try await LeakWorld(isBusy: true)
        let hidden = try required(busy.hidden)
        let quiet = try await LeakWorld(isBusy: false)
        #expect(quiet.hidden == nil && quiet.shared == busy.shared && quiet.ana.token == busy.ana.token)
        let (with, without) = (try await answers(busy, about: hidden), try await answers(quiet, about: hidden))
        #expect(with.count == without.count && with.count > 500)
        var statuses: Set<String> = []
        for ((question, answer), (_, other)) in zip(with, without) {
            #expect(answer == other, "\(question): \(Self.text(answer)) but \(Self.text(other))")
            statuses.insert(String(Self.text(answer).dropFirst(9).prefix(3)))
        }
        #expect(statuses.isSuperset(of: ["200", "204", "400", "401", "403", "404", "409"]), "\(statuses)")
        // What was hidden was there, all the same.
        #expect(try await busy.ben.feed(of: busy.bensPrivate).count == 6)
        #expect(try await quiet.ben.feed(of: quiet.bensPrivate).count == 0)
        #expect(try await busy.ben.feed(of: busy.bensCoding).count == 4)
        #expect(try await quiet.ben.feed(of: quiet.bensCoding).count == 0)
        for (world, isThere) in [(busy, true), (quiet, false)] {
            for layer in [world.bensPrivate, world.bensCoding] {
                #expect(try await world.ben.hasSnapshot(of: layer) == isThere)
            }
            #expect(try await world.ana.hasSnapshot(of: world.shared))
        }
        #expect(try await busy.live.store.workspaceList().count == 2)
        for world in [busy, quiet] {
            #expect(try ServerAudit.problems(in: world.live.database, using: world.cryptography) == [])
        }

        // Metrics are the operator's: which there are tells nothing, and none has a name in it.
        let pages = [try await busy.metricsPage(), try await quiet.metricsPage()]
        #expect(Self.series(pages[0]) == Self.series(pages[1]))
        for (world, page) in zip([busy, quiet], pages) {
            let log = try world.logged()
            // The log was written, down to the health checks.
            #expect(log.contains("\"route\":\"/v1/push\"") && log.contains("\"route\":\"/healthz\""))
            for secret in world.secrets(hidden) {
                #expect(!log.contains(secret), "the log says \(secret)")
                #expect(!page.contains(secret), "the metrics say \(secret)")
            }
        }
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(600), as: UTF8.self) }

    private static func series(_ page: String) -> [String] {
        page.split(separator: "\n").map { line in
            line.hasPrefix("#") ? String(line) : String(line.split(separator: " ").dropLast().joined(separator: " "))
        }
    }

    /// Where somebody listens while others work.
    @Test func noEventTellsOfWhatIsHidden() async throws {
        func heard(isBusy: Bool) async throws -> [String] {
            let world = try await LeakWorld(isBusy: isBusy)
            let descriptors = try [world.ana, world.eve, world.dan].map { device in
                let descriptor = try Sockets.connect(port: world.ports.front)
                let request =
                    "GET /v1/live?workspace=\(world.live.workspace) HTTP/1.1\r\nHost: a\r\n"
                    + "Authorization: Bearer \(device.token)\r\n\r\n"
                _ = Sockets.send([UInt8](request.utf8)[...], to: descriptor)
                return descriptor
            }
            let texts = Mutex(["", "", ""])
            func read(_ number: Int) async {
                let bytes = await Sockets.onThread { Sockets.receive(from: descriptors[number]) ?? [] }
                texts.withLock { $0[number] += String(decoding: bytes, as: UTF8.self) }
            }
            for number in 0..<3 {
                while !texts.withLock({ $0[number].contains(number == 0 ? "event: listening\n" : "}\n") }) {
                    await read(number)
                }
            }
            if isBusy {
                try await world.cryptography.hide {
                    for number in UInt64(0)..<5 {
                        let replica = ReplicaID(high: 0x1EAF, low: number)
                        let maker = world.ben.maker(in: world.bensPrivate, replica: replica, count: 2)
                        let coder = world.ben.maker(
                            in: world.bensCoding, replica: ReplicaID(high: 0x1EB0, low: number), count: 2)
                        _ = try await world.ben.push([maker.segment(), coder.segment()])
                    }
                }
            }
            let seen = world.ben.maker(in: world.shared, replica: ReplicaID(high: 0x1EAE, low: 1), count: 1)
            _ = try await world.ben.push([seen.segment()])
            while !texts.withLock({ $0[0].contains("moved") }) { await read(0) }
            for descriptor in descriptors { close(descriptor) }
            return texts.withLock { $0 }
        }
        let (busy, quiet) = (try await heard(isBusy: true), try await heard(isBusy: false))
        #expect(busy == quiet)
        #expect(busy[1].hasPrefix("HTTP/1.1 404 "))
    }

    /// What is hidden takes as much work to refuse as what is not there: statements and password hashes, not seconds.
    @Test func whatIsHiddenTakesAsMuchWorkAsWhatIsNowhere() async throws {
        SQLiteFaults.watch(true)
        defer { SQLiteFaults.watch(false) }
        let world = try await LeakWorld(isBusy: true)
        let hidden = try required(world.hidden)
        try await world.live.store.set(password: nil, user: "zoe")
        let identity = world.live.service.identity
        func work(_ path: SyncPath, _ question: LeakQuestion, _ token: String?) async throws -> [Int] {
            let (statements, hashes) = (
                SQLiteFaults.statementCount, identity.passwords.hashCount.load(ordering: .relaxed)
            )
            _ = try await world.ask(path.method, path.rawValue + question.query, token: token, body: question.body)
            return [
                SQLiteFaults.statementCount - statements,
                identity.passwords.hashCount.load(ordering: .relaxed) - hashes,
            ]
        }
        for observer in LeakWorld.Observer.allCases {
            let token = world.device(of: observer)?.token
            for path in SyncPath.allCases {
                var byQuestion: [String: [Int]] = [:]
                for question in try await world.questions(at: path, by: observer, about: hidden) {
                    // That the device was seen is written down once an hour.
                    _ = try await world.ask("POST", "/v1/heads", token: token)
                    byQuestion[question.label] = try await work(path, question, token)
                }
                world.live.advance(hours: 2)
                for (label, count) in byQuestion {
                    for (secret, none) in [
                        ("hidden workspace", "none workspace"), ("private layer", "nowhere layer"),
                        ("coding layer", "nowhere layer"), ("elsewhere layer", "nowhere layer"), ("hidden", "none"),
                        ("as 'mallory'", "as 'nobody'"),
                        ("as 'zoe'", "as 'nobody'"),
                    ] where label.contains(secret) {
                        guard let other = byQuestion[label.replacing(secret, with: none)] else { continue }
                        #expect(count == other, "\(observer.rawValue) \(path.rawValue) \(label)")
                    }
                }
                if path == .login {
                    #expect(byQuestion["as 'mallory'"]?[1] == 1 && byQuestion["as 'nobody'"]?[1] == 1)
                }
            }
        }
    }

    /// A whole working day at the most talkative level.
    @Test func theLogHoldsNoSecretAndNoText() async throws {
        let world = try await LeakWorld(isBusy: false)
        let ben = try await world.live.device("ben's laptop", of: "ben", via: world.ports.front)
        var secrets = [ben.token, "ben's laptop", "Team", "Local", "\(world.live.workspace)"]
        let transport = HTTPSyncTransport(url: ben.url, token: ben.token, session: ben.session)
        for kind in LayerKind.basic where kind != .personal {
            try ben.addCode("a word in the \(kind.name) layer", in: kind)
            secrets += ["a word in the \(kind.name) layer", "\(try ben.layer(kind))"]
        }
        _ = try await ben.sync()
        let invitation = try await transport.invite(
            InviteRequest(
                purpose: .member(world.live.workspace, role: Role.analyst.rawValue), seconds: 600))
        secrets += [invitation.code, "fay", "fay's first password"]
        func store(_ name: String) throws -> LocalStore {
            let cryptography = world.cryptography
            return try LocalStore.create(
                in: StoreFolder(path: world.live.folder.subfolder(name) + "/" + StoreFolder.name), memberName: "fay",
                title: "Local", options: LocalStore.Options(cryptography: cryptography, clock: { 1_700_000_000_000 }))
        }
        func enrol(_ name: String, _ credential: Credential) async throws -> String {
            let open = HTTPSyncTransport(url: ben.url, token: nil, session: ben.session)
            return try await SyncClient.enrol(try store(name), with: credential, over: open, deviceName: name)
        }
        secrets.append(
            try await enrol(
                "fay's phone", .invitation(code: invitation.code, name: "fay", password: "fay's first password")))
        secrets += ["fay's phone", "fay's tablet", "no password of hers", "vri_no such code"]
        secrets.append(
            try await enrol("fay's tablet", .password(name: "fay", password: "fay's first password")))
        await #expect(throws: SyncError.self) {
            _ = try await enrol("wrong", .password(name: "fay", password: "no password of hers"))
        }
        await #expect(throws: SyncError.self) {
            _ = try await enrol("void", .invitation(code: "vri_no such code", name: "gil", password: ""))
        }
        _ = try await transport.setPassword(PasswordRequest(old: "", new: "ben's new password"))
        secrets.append("ben's new password")
        // Paths, methods, queries and heads of a client's own making.
        for (method, target) in [
            ("GET", "/v1/live?workspace=\(world.live.workspace)&token=\(ben.token)"), ("ODDMETHOD", "/secret-path"),
            ("GET", "/v1/heads/\(ben.token)"),
        ] {
            _ = try await world.ask(method, target, token: ben.token, headers: ["X-Odd: secret-header"])
        }
        secrets += ["ODDMETHOD", "secret-path", "secret-header"]
        let log = try world.logged()
        for path in SyncPath.allCases
        where ![.pull, .vector, .snapshot, .checkpoint, .receipts, .devices].contains(path) {
            #expect(log.contains("\"route\":\"\(path.rawValue)\""), "\(path)")
        }
        for secret in secrets { #expect(!log.contains(secret), "\(secret)") }
        let page = try await world.metricsPage()
        for secret in secrets { #expect(!page.contains(secret), "\(secret)") }
    }

    /// The ids of a store's shared records count shared records alone.
    @Test func recordIdsDoNotCountHiddenWork() async throws {
        let live = try await LiveServer()
        func counters(hidden: Int) async throws -> [UInt64] {
            let device = try await live.device("device-\(hidden)", of: "ana")
            return try (0..<4).map { number in
                for _ in 0..<hidden { try device.addCode("hidden", in: .private) }
                return try device.addCode("\(number)").low
            }
        }
        #expect(try await counters(hidden: 0) == [0, 1, 2, 3])
        #expect(try await counters(hidden: 7) == [0, 1, 2, 3])
    }
}

extension LeakWorld {
    func metricsPage() async throws -> String {
        String(decoding: try RawReply(try await ask("GET", "/metrics", token: nil)).body, as: UTF8.self)
    }

    /// What no log line and no metric may hold: secrets, names, titles, texts, and the ids of layers and workspaces.
    func secrets(_ hidden: Hidden) -> [String] {
        [ana, ben, dan, eve].map(\.token) + Self.hiddenCodes
            + [
                Self.password, Self.words, "all may read this", "this too", "wrong password", "long enough", "vri_",
                "vrm_", "mallory", "Hidden workspace", "\"ana\"", "\"ben\"", "\"dan\"", "\"eve\"", LiveServer.title,
                "\(live.workspace)", "\(shared)", "\(bensPrivate)", "\(bensCoding)", "\(hidden.workspace)",
                "\(hidden.layer)",
            ]
    }
}
