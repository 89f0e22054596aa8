import Foundation
import HTTPClient
import TestSupport
import Testing

@testable import CommandLine

/// The program as an operator meets it: a process, real sockets, signals.
@Suite("Operating the server", .serialized)
struct OperatingTests {
    @Test("a server with a certificate of its own, and devices that know it by its pin")
    func pinned() async throws {
        let server = try await ServerProcess(["--tls-self-signed", "sync.example.org,127.0.0.1"])
        var status = stat()
        #expect(stat(server.data + "/tls-key.pem", &status) == 0 && status.st_mode & 0o777 == 0o600)
        let token = try await server.makeTeam("nino", workspace: "Treaty")
        try server.start()
        #expect(server.url.hasPrefix("https://127.0.0.1:"))
        #expect(server.logs(" pin="))
        let pin = try #require(server.log.firstMatch(of: /\ pin=([A-Za-z0-9_-]{43})\n/)?.1).description

        let desk = try await Desk.withStore()
        let wrong = String(pin.reversed())
        #expect(try await desk.fail(64, "connect", server.url, "-t", token, "--pin", "short").contains("43 letters"))
        #expect(try await desk.fail(64, "connect", "http://127.0.0.1:1", "-t", token, "--pin", pin).contains("https"))
        #expect(
            try await desk.fail(64, "connect", server.url, "-t", token, "--pin", pin, "--ca", "x").contains("exclude"))
        // No authority has signed it.
        try await desk.fail(69, "connect", server.url, "-t", token)
        let refusal = try await desk.fail(69, "connect", server.url, "-t", token, "--pin", wrong)
        #expect(refusal.contains("nothing was sent") && refusal.contains("operator") && refusal.contains("--pin"))
        try await desk.succeed("connect", server.url, "-t", token, "--pin", pin)
        try await desk.succeed("code", "add", "framing")
        #expect(try await desk.json("sync")["pushed"] as? Int != 0)
        // A try with another pin does not change what is remembered.
        try await desk.fail(69, "connect", server.url, "-t", token, "--pin", wrong)
        try await desk.succeed("sync")

        // A new key: nothing is sent to it until the device is told.
        for name in ["tls-key.pem", "tls-certificate.pem"] { unlink(server.data + "/" + name) }
        let said = try await server.administer(["init", "--tls-self-signed", "127.0.0.1"])
        let newPin = try #require(said.firstMatch(of: /--pin ([A-Za-z0-9_-]{43})\n/)?.1).description
        server.signal(SIGHUP)
        #expect(server.logs("reload certificate=new pin=\(newPin)"))
        #expect(try await desk.fail(69, "sync", "--attempts", "1").contains("either the server has a new key"))
        try await desk.succeed("connect", server.url, "-t", token, "--pin", newPin)
        try await desk.succeed("sync")

        // A certificate that is none: the old one stays, and the log says so.
        try Data("x".utf8).write(to: URL(fileURLWithPath: server.data + "/tls-certificate.pem"))
        server.signal(SIGHUP)
        #expect(server.logs("error reload certificate=\"kept the old one\""))
        try await desk.succeed("sync")
        #expect(server.stop() == 0)
        #expect(server.log.contains(" info stopped"))
        for secret in [token, "nino", "Nino", "framing", "Treaty"] { #expect(!server.log.contains(secret)) }
    }

    /// What README and docs/operate.md tell everybody to type first.
    @Test("a first workspace, its owner's link, and the first syncs", arguments: [true, false])
    func firstSteps(isEncrypted: Bool) async throws {
        let server = try await ServerProcess()
        let certificate = isEncrypted ? ["--tls-self-signed", "127.0.0.1"] : []
        let url = isEncrypted ? "https://127.0.0.1:" : "http://127.0.0.1:"
        let said = try await server.administer(["init", "--workspace", "Treaty", "--url", url + "1"] + certificate)
        let link = try #require(said.split(separator: "\n").first { $0.contains("/join#vri_") }).description
        #expect(said.contains("good once until"))
        try server.start()
        let nino = try await Desk.withStore()
        let joined = try await nino.json(
            "connect", link.replacing(url + "1", with: server.url), "--name", "Nino")
        #expect(joined["title"] as? String == "Treaty")
        try await nino.succeed("code", "add", "framing")
        #expect(try await nino.json("sync")["pushed"] as? Int != 0)
        let invitation = try #require(try await nino.json("member", "invite", "--role", "analyst")["link"] as? String)
        let luka = try await Desk.withStore()
        try await luka.succeed("connect", invitation, "--name", "Luka")
        try await luka.succeed("sync")
        #expect(try await luka.succeed("code", "list").contains("framing"))
        // For scripts the link alone.
        let again = try await ServerProcess()
        let json = try await again.administer(["init", "-w", "T", "-u", url + "1", "--json"])
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        #expect((object?["link"] as? String)?.hasPrefix(url + "1/join#vri_") == true)
    }

    /// What is wrong with a certificate is said at once: trying again would not change it.
    @Test("devices say what is wrong with a server's certificate, and what to do")
    func untrusted() async throws {
        let server = try await ServerProcess()
        let token = try await server.makeTeam("nino", workspace: "Treaty")
        let (certificate, key) = (server.data + "/site.pem", server.data + "/site-key.pem")
        /// Puts a certificate for a name in the server's place, for the same key from the second time on.
        func present(_ name: String, days: Int) throws {
            let openssl = Process()
            openssl.executableURL = URL(fileURLWithPath: "/bin/sh")
            openssl.arguments = [
                "-c",
                """
                test -e "$2" || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$2"
                chmod 600 "$2" && printf 'subjectAltName=%s\n' "$3" >"$1.names"
                openssl req -new -key "$2" -subj /CN=test -out "$1.request"
                openssl x509 -req -in "$1.request" -signkey "$2" -days "$4" -extfile "$1.names" -out "$1"
                """, "sh", certificate, key, name, "\(days)",
            ]
            openssl.standardError = FileHandle.nullDevice
            try openssl.run()
            openssl.waitUntilExit()
            #expect(openssl.terminationStatus == 0)
        }
        func reload() {
            server.signal(SIGHUP)
            #expect(server.logs("reload certificate=new"))
        }
        try present("IP:127.0.0.1", days: 2)
        try server.start(["--tls-certificate", certificate, "--tls-key", key])
        let desk = try await Desk.withStore()
        func refusal(_ arguments: String...) async throws -> String {
            let start = ContinuousClock.now
            let result = try await desk.run(arguments)
            #expect(result.code == 69, "\(arguments): \(result.output)")
            // Three further tries would have taken 3.5 s.
            #expect(start.duration(to: .now) < .seconds(3))
            #expect(result.errors.contains("nothing was sent") && result.errors.contains("--pin"))
            return result.errors
        }
        #expect(try await refusal("connect", server.url, "-t", token).contains("no authority"))
        try await desk.succeed("connect", server.url, "-t", token, "--ca", certificate)
        try await desk.succeed("sync")
        let elsewhere = server.url.replacing("127.0.0.1", with: "localhost")
        #expect(try await refusal("connect", elsewhere, "-t", token, "--ca", certificate).contains("another name"))
        try present("IP:127.0.0.1", days: -1)
        reload()
        #expect(try await refusal("connect", server.url, "-t", token, "--ca", certificate).contains("expired"))
        #expect(try await refusal("sync", "--attempts", "4").contains("expired"))
        #expect(try await refusal("sync", "--watch").contains("expired"))
        #expect(server.stop() == 0)
    }

    @Test("plain HTTP beyond loopback is not served by accident")
    func plain() async throws {
        let server = try await ServerProcess()
        let error = #expect(throws: ServerProcess.Failure.self) { try server.start(listen: "0.0.0.0:0") }
        #expect(error?.log.contains("plain HTTP on 0.0.0.0") == true)
        let other = try await ServerProcess(folder: server.folder)
        try other.start(["--allow-plain-http"], listen: "0.0.0.0:0")
        #expect(other.stop() == 0)
    }

    /// Whatever is under way when a server ends has nothing taken away.
    @Test("starting and stopping at once, again and again")
    func startsAndStops() async throws {
        let server = try await ServerProcess()
        for _ in 0..<15 {
            let again = try await ServerProcess(folder: server.folder)
            try again.start()
            #expect(again.stop() == 0)
        }
    }

    @Test("snapshots are made beside the serving, from as many changes as the configuration says")
    func snapshots() async throws {
        let first = try await ServerProcess()
        let token = try await first.makeTeam("nino", workspace: "Treaty")
        try first.start(["--set", "snapshot-changes=0"])
        let desk = try await Desk.withStore()
        try await desk.succeed("connect", first.url, "-t", token)
        try await desk.succeed("code", "add", "framing")
        try await desk.succeed("sync")
        #expect(first.stop() == 0)
        #expect(!first.log.contains(" snapshots "))
        #expect(try await first.administer(["verify", "--json"]).contains(#""snapshots":0}"#))
        let again = try await ServerProcess(folder: first.folder)
        try again.start(["--metrics", "127.0.0.1:0", "--set", "snapshot-changes=1"])
        #expect(again.logs(" info snapshots made="))
        let made = try #require(again.log.firstMatch(of: /info snapshots made=([1-9])\n/)?.1).description
        let port = try #require(again.log.firstMatch(of: /info metrics .*port=([0-9]+)\n/)?.1).description
        let metrics = HTTPClientRequest(url: "http://127.0.0.1:\(port)/metrics")
        let page = String(decoding: try await again.client().send(metrics).body, as: UTF8.self)
        #expect(page.contains("\nvariorum_snapshots_total \(made)\n"))
        #expect(page.contains("\nvariorum_snapshots_failed_total 0\n"))
        #expect(again.stop() == 0)
        #expect(try await again.administer(["verify", "--json"]).contains(#""problem_count":0"#))
        #expect(try await again.administer(["verify", "--json"]).contains("\"snapshots\":\(made)}"))
    }

    @Test("health, readiness, the log of requests, and what the monitoring system is told")
    func monitored() async throws {
        let server = try await ServerProcess()
        let token = try await server.makeTeam("nino", workspace: "Treaty")
        try server.start(["--metrics", "127.0.0.1:0", "--log-format", "json", "--set", "limits.head-bytes=1024"])
        for (path, body) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
            let reply = try await server.get(path)
            #expect(reply.status == 200 && reply.body == Array(body.utf8))
            #expect(try await server.get(path, method: "HEAD").status == 200)
            #expect(try await server.get(path, method: "POST").status == 405)
        }
        let desk = try await Desk.withStore()
        try await desk.succeed("connect", server.url, "-t", token)
        try await desk.succeed("code", "add", "framing")
        try await desk.succeed("sync")
        #expect(try await server.get("/secret/path?token=x").status == 404)
        let long = HTTPClientRequest(url: server.url + "/" + String(repeating: "a", count: 2000))
        #expect(try await server.client().send(long).status == 431)

        #expect(server.logs("\"event\":\"refusal\",\"status\":431"))
        let lines = try server.log.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        let requests = lines.filter { $0["event"] as? String == "request" }
        #expect(requests.compactMap { $0["route"] as? String }.contains("/v1/push"))
        #expect(requests.contains { $0["route"] as? String == "other" && $0["status"] as? Int == 404 })
        // Health checks are for debug.
        #expect(!requests.contains { $0["route"] as? String == "/healthz" })
        for request in requests where request["route"] as? String != "other" {
            #expect((request["member"] as? String)?.count == 32)
        }
        for secret in [token, "nino", "framing", "Treaty", "secret"] { #expect(!server.log.contains(secret)) }

        let port = try #require(lines.first { $0["event"] as? String == "metrics" }?["port"] as? Int)
        let metrics = HTTPClientRequest(url: "http://127.0.0.1:\(port)/metrics")
        let page = String(decoding: try await server.client().send(metrics).body, as: UTF8.self)
        #expect(page.contains("variorum_http_requests_total{route=\"/v1/push\",status=\"2xx\"} 1\n"))
        #expect(page.contains("variorum_http_request_duration_seconds_bucket{route=\"/v1/push\",le=\"+Inf\"} 1\n"))
        #expect(page.contains("variorum_http_requests_total{route=\"other\",status=\"4xx\"} 1\n"))
        #expect(page.contains("variorum_http_refused_total{status=\"431\"} 1\n"))
        #expect(page.contains("variorum_build_info{version=\"\(VariorumCommand.version)\"} 1\n"))
        let accepted = try #require(page.firstMatch(of: /\nvariorum_changes_accepted_total (\d+)\n/)?.1)
        #expect((Int(accepted) ?? 0) > 0)
        for name in ["process_resident_memory_bytes", "process_open_fds", "variorum_store_commits_total"] {
            #expect(page.firstMatch(of: try Regex("\n\(name) [1-9][0-9]*\n")) != nil, "\(name)")
        }
        for secret in ["nino", "framing", "Treaty", "secret"] { #expect(!page.contains(secret)) }
        // Every line is a comment or a sample.
        for line in page.split(separator: "\n") where !line.hasPrefix("#") {
            #expect(line.wholeMatch(of: /[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+/) != nil, "\(line)")
        }
        #expect(try await server.client().send(HTTPClientRequest(url: "http://127.0.0.1:\(port)/")).status == 404)
        #expect(server.stop() == 0)
    }

    @Test("a server that cannot write its store is not ready, and healthy all the same")
    func notReady() async throws {
        let server = try await ServerProcess()
        try server.start()
        try FileManager.default.removeItem(atPath: server.data + "/server.sqlite")
        let reply = try await server.get("/readyz")
        #expect(reply.status == 503 && reply.body == Array("not ready\n".utf8))
        #expect(reply.header("X-Request-Id")?.isEmpty == false)
        #expect(try await server.get("/healthz").status == 200)
        #expect(server.logs("error not-ready"))
        #expect(server.stop() == 0)
    }

    @Test("config shows where every setting comes from, and check says what would keep a server from starting")
    func configuration() async throws {
        let server = try await ServerProcess(["--tls-self-signed", "localhost"])
        try Data("[limits]\nconnections = 7\n".utf8).write(to: URL(fileURLWithPath: server.data + "/variorumd.conf"))
        let lines = try await server.administer(["config", "--json", "--grace", "3"])
        #expect(lines.contains(#"{"key":"grace-seconds","value":"3","source":"--grace"}"#))
        #expect(lines.contains(#""key":"limits.connections","value":"7","source":""#))
        #expect(lines.contains(#"variorumd.conf:2"}"#))
        #expect(try await server.administer(["config", "--check"]).contains("in order"))
        try Data("x".utf8).write(to: URL(fileURLWithPath: server.data + "/tls-key.pem"))
        await #expect(throws: ServerProcess.Failure.self) { try await server.administer(["config", "--check"]) }
        await #expect(throws: ServerProcess.Failure.self) {
            try await server.administer(["config", "--config", server.data + "/missing.conf"])
        }
    }

    @Test("a service manager is told when the server is ready, lives, reloads and stops")
    func notifications() async throws {
        let server = try await ServerProcess()
        let manager = try NotifySocket(server.folder.path + "/notify")
        try server.start(environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "100000"])
        #expect(manager.next() == "READY=1")
        #expect(manager.next() == "WATCHDOG=1")
        #expect(manager.next() == "WATCHDOG=1")
        server.signal(SIGHUP)
        #expect(manager.next(besides: "WATCHDOG=1")?.wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=\d+/) != nil)
        #expect(manager.next(besides: "WATCHDOG=1") == "READY=1")
        #expect(server.stop() == 0)
        #expect(manager.next(besides: "WATCHDOG=1") == "STOPPING=1")
    }

    @Test("a socket that was handed over is served", arguments: [false, true])
    func activation(isUnix: Bool) async throws {
        let server = try await ServerProcess()
        let path = server.folder.path + "/http"
        let listener = isUnix ? try listenUnix(path) : try listenLoopback()
        let input = FileHandle(fileDescriptor: listener.descriptor, closeOnDealloc: true)
        let shell = "exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1;"
        try server.start(input: input, shell: shell, listen: nil, hasURL: !isUnix)
        if !isUnix { #expect(server.url == "http://127.0.0.1:\(listener.port)") }
        let reply = try connectAndAsk(isUnix ? .unix(path) : .loopback(listener.port))
        #expect(reply.hasPrefix("HTTP/1.1 200 ") && reply.hasSuffix("ok\n"))
        #expect(server.stop() == 0)
    }

    @Test("sockets that are not for this process, or too many, or none")
    func foreignSockets() throws {
        let own = "\(getpid())"
        func manager(_ environment: [String: String]) -> ServiceManager { ServiceManager { environment[$0] } }
        #expect(try manager([:]).handedOverSocket() == nil)
        #expect(try manager(["LISTEN_PID": "1", "LISTEN_FDS": "1"]).handedOverSocket() == nil)
        #expect(try manager(["LISTEN_PID": own, "LISTEN_FDS": "0"]).handedOverSocket() == nil)
        #expect(try manager(["LISTEN_PID": own, "LISTEN_FDS": "1"]).handedOverSocket() == 3)
        #expect(throws: ConfigurationError.self) {
            try manager(["LISTEN_PID": own, "LISTEN_FDS": "2"]).handedOverSocket()
        }
        #expect(manager(["WATCHDOG_USEC": "30000000"]).watchdogMilliseconds == 15_000)
        #expect(manager(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"]).watchdogMilliseconds == nil)
        #expect(manager(["WATCHDOG_USEC": "x"]).watchdogMilliseconds == nil)
    }
}
