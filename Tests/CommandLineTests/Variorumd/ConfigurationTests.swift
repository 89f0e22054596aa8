import Foundation
import HTTPServing
import TestSupport
import Testing

@testable import CommandLine

@Suite("The server's configuration")
struct ConfigurationTests {
    private func file(_ text: String, path: String = "/etc/v.conf") throws -> ConfigurationFile {
        try ConfigurationFile(path: path, bytes: Array(text.utf8))
    }

    private func faults(_ text: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try ConfigurationFile(path: "f", bytes: Array(text.utf8))
            return []
        } catch {
            return error.description.split(separator: "\n").map(String.init)
        }
    }

    @Test("keys, sections, quotes and comments")
    func reading() throws {
        let file = try file(
            """
            # a comment
            listen=127.0.0.1:1\r
              metrics  =\t[::1]:2   # where
            address-file = "a # \\"b\\" \\\\ c"  # quoted
            tls.key = /k#1

            [limits]
            connections = 5
            [ log ]
            format = json
            """)
        #expect(
            file.entries.map(\.key) == [
                "listen", "metrics", "address-file", "tls.key", "limits.connections", "log.format",
            ])
        #expect(file.entries.map(\.value) == ["127.0.0.1:1", "[::1]:2", "a # \"b\" \\ c", "/k#1", "5", "json"])
        #expect(file.entries.map(\.line) == [2, 3, 4, 5, 8, 10])
        let again = try self.file(file.text)
        #expect(again.entries.map(\.key) == file.entries.map(\.key))
        #expect(again.entries.map(\.value) == file.entries.map(\.value))
    }

    @Test(
        "what is wrong is named with its line and what may have been meant",
        arguments: [
            ("listn = 127.0.0.1:1", "f:1: there is no setting 'listn'; did you mean listen?"),
            ("\nbody-bytes = 1048576", "f:2: there is no setting 'body-bytes'; did you mean limits.body-bytes?"),
            (
                "[limit]\nconnections = 5",
                "f:1: there is no section [limit]; there are tls, log, limits, timeouts, http; did you mean [limits]?"
            ),
            ("[limits", "f:1: there is no section [limits; there are tls, log, limits, timeouts, http"),
            ("[limits]\nlisten = 127.0.0.1:1", "f:2: there is no setting 'limits.listen'; did you mean listen?"),
            ("metrics = 127.0.0.1:1\n\nmetrics = 127.0.0.1:2", "f:3: metrics is set already, in line 1"),
            (
                "limits.connections = 0",
                "f:1: limits.connections takes a whole number of connections from 1 to 1000000, not '0'"
            ),
            (
                "limits.connections = 5s",
                "f:1: limits.connections takes a whole number of connections from 1 to 1000000, not '5s'"
            ),
            ("log.level = loud", "f:1: log.level takes debug or info or warning or error, not 'loud'"),
            (
                "listen = localhost:80",
                "f:1: listen takes HOST:PORT with a numeric address, such as 127.0.0.1:8642 or [::1]:8642, not 'localhost:80'"
            ),
            ("listen", "f:1: a line is 'key = value', '[section]' or '# comment', not 'listen'"),
            ("listen =", "f:1: there is no value; leave the line out for the default"),
            ("listen = # later", "f:1: there is no value; leave the line out for the default"),
            ("address-file = \"a", "f:1: the closing quote is missing"),
            ("address-file = \"a\" b", "f:1: something follows the closing quote"),
            ("address-file = \"\\n\"", "f:1: in quotes, a backslash stands before another or before a quote"),
            ("address-file = a\u{7}", "f:1: control characters cannot stand in a configuration"),
        ])
    func mistakes(text: String, message: String) { #expect(faults(text) == [message]) }

    @Test("every mistake of a file is listed, and files that are none are refused")
    func several() throws {
        #expect(faults("a = 1\nb = 2\nlog.format = xml").count == 3)
        #expect(throws: ConfigurationError.self) { try ConfigurationFile(path: "f", bytes: [0xFF, 0x0A]) }
        let long = [UInt8](repeating: UInt8(ascii: "#"), count: ConfigurationFile.bytesMax + 1)
        #expect(throws: ConfigurationError.self) { try ConfigurationFile(path: "f", bytes: long) }
        #expect(throws: Never.self) { try ConfigurationFile(path: "f", bytes: Array(long.dropLast())) }
    }

    @Test("options go before the environment, that before the file, that before defaults")
    func precedence() throws {
        let file = try file("grace-seconds = 1\ntimeouts.idle-seconds = 2\nhttp.send-date = no\ntls.key = k.pem")
        let environment = [
            "VARIORUM_GRACE_SECONDS": "3", "VARIORUM_TIMEOUTS_IDLE_SECONDS": "4", "VARIORUM_METRICS": "",
        ]
        let configuration = try Configuration(
            options: ["grace-seconds": ("--grace", "5")], environment: { environment[$0] }, file: file)
        func shown(_ setting: Setting) -> String {
            configuration.value(setting).map { "\($0.text) \($0.source.description)" } ?? "-"
        }
        #expect(shown(.grace) == "5 --grace")
        #expect(shown(.idleTime) == "4 VARIORUM_TIMEOUTS_IDLE_SECONDS")
        #expect(shown(.sendDate) == "no /etc/v.conf:3")
        #expect(shown(.headTime) == "10 default")
        #expect(shown(.metrics) == "-")
        // A file's path is relative to the file that names it.
        #expect(shown(.tlsKey) == "/etc/k.pem /etc/v.conf:4")
        do {
            _ = try Configuration(environment: { ["VARIORUM_LOG_LEVEL": "x"][$0] })
            Issue.record("a bad value passed")
        } catch {
            #expect(
                error.description == "VARIORUM_LOG_LEVEL: log.level takes debug or info or warning or error, not 'x'")
        }
    }

    @Test(
        "what is not safe or does not go together is refused and says how to have it",
        arguments: [
            (["listen": "0.0.0.0:1"], "plain HTTP on 0.0.0.0"), (["listen": "[::]:1"], "plain HTTP on ::"),
            (["listen": "192.0.2.1:1"], "allow-plain-http = yes"),
            (["metrics": "0.0.0.0:1"], "allow-remote-metrics = yes"),
            (["tls.key": "k"], "tls.certificate and tls.key go together"),
            (
                ["limits.body-bytes": "2000000", "limits.body-bytes-in-flight": "1048576"],
                "limits.body-bytes-in-flight"
            ),
        ])
    func refused(values: [String: String], part: String) throws {
        do throws(ConfigurationError) {
            let configuration = try Configuration(options: values.mapValues { ("option", $0) })
            _ = try ServingPlan(configuration, folder: "/nowhere", activated: nil)
            Issue.record("\(values) passed")
        } catch {
            #expect(error.description.contains(part))
        }
    }

    @Test(
        "and is allowed where it is asked for by name, or encrypted, or local",
        arguments: [
            ["listen": "0.0.0.0:1", "allow-plain-http": "yes"], ["listen": "127.8.0.1:1"], ["listen": "[::1]:1"],
            ["listen": "0.0.0.0:1", "tls.key": "k", "tls.certificate": "c"],
            ["metrics": "0.0.0.0:1", "allow-remote-metrics": "yes"], ["metrics": "[::1]:1"],
        ])
    func allowed(values: [String: String]) throws {
        let configuration = try Configuration(options: values.mapValues { ("option", $0) })
        _ = try ServingPlan(configuration, folder: "/nowhere", activated: nil)
    }

    @Test("every limit reaches the HTTP server")
    func limits() throws {
        let text = """
            [limits]
            body-bytes = 1048577
            body-bytes-in-flight = 1048578
            head-bytes = 2000
            head-fields = 17
            connections = 18
            connections-per-address = 19
            transfer-bytes-per-second = 20
            [timeouts]
            head-seconds = 21
            transfer-grace-seconds = 22
            idle-seconds = 23
            linger-seconds = 24
            [http]
            send-date = no
            """
        let configuration = try Configuration(file: try file(text))
        let http = try ServingPlan(configuration, folder: "/nowhere", activated: nil).http
        #expect(http.bodyBytesMax == 1_048_577 && http.bodyBytesInFlightMax == 1_048_578)
        #expect(http.headBytesMax == 2000 && http.headerCountMax == 17)
        #expect(
            http.connectionsMax == 18 && http.connectionsPerAddressMax == 19 && http.transferBytesPerSecondMin == 20)
        #expect(http.headMilliseconds == 21_000 && http.transferGraceMilliseconds == 22_000)
        #expect(http.idleMilliseconds == 23_000 && http.lingerMilliseconds == 24_000 && !http.sendsDate)
    }

    @Test("every default is good, and the example file with its comments taken away is those defaults")
    func example() throws {
        let lines = ConfigurationPage.example.split(separator: "\n").map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") && !line.hasSuffix("= ")
                ? String(line.dropFirst()) : String(line)
        }
        let file = try file(lines.joined(separator: "\n"))
        #expect(file.entries.map(\.key) == Setting.all.filter { $0.standard != nil }.map(\.key))
        #expect(file.entries.map(\.value) == Setting.all.compactMap(\.standard))
        #expect(try self.file(ConfigurationPage.example).entries.isEmpty)
    }

    @Test("keys, variables and options are one setting's alone")
    func names() {
        #expect(Set(Setting.all.map(\.key)).count == Setting.all.count)
        #expect(Set(Setting.all.map(\.environmentVariable)).count == Setting.all.count)
        #expect(Set(Setting.all.compactMap(\.option)).count == Setting.all.compactMap(\.option).count)
    }

    @Test("the pages say what the table of settings says")
    func pages() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/operate.md"), encoding: .utf8)
        #expect(page.contains(ConfigurationPage.markdown), "put in what 'variorumd config --markdown' prints")
        let manual = try String(contentsOf: root.appendingPathComponent("packaging/variorumd.conf.5"), encoding: .utf8)
        #expect(
            manual == ConfigurationPage.manual, "run: variorumd config --manual > packaging/variorumd.conf.5")
    }
}
