import AnnotationModel
import ChangeLog
import CommandLine
import Cryptography
import DocumentText
import Foundation
import HTTPClient
import HTTPServing
import LocalStore
import ServerStore
import SyncClient
import SyncServer
import TestSupport
import Testing

/// The ten steps of docs/one-annotation.md, over a real socket and real files.
@Suite struct OneAnnotationTests {
    @Test func fromOneAnalystsKeyboardToAnothersScreen() async throws {
        let team = try await Team(members: ["nino", "giorgi"])
        let server = HTTPServer(configuration: HTTPServerConfiguration(), handler: team.service)
        let url = "http://127.0.0.1:\(try server.start())"
        let session = HTTPSession()
        func connected(_ name: String) async throws -> (LocalStore, SyncClient) {
            let store = try team.store(name)
            let transport = HTTPSyncTransport(url: url, token: try await team.token(for: name), session: session)
            try await SyncClient.connect(store, over: transport, url: url, workspace: nil, deviceName: name)
            return (store, SyncClient(store: store, transport: transport, retry: .none))
        }
        let (nino, ninoSync) = try await connected("nino")
        let (giorgi, giorgiSync) = try await connected("giorgi")
        let text = try CanonicalText(importing: [UInt8]("They issued a statement of firm support for Georgia.\n".utf8))
        let imported = try nino.importDocument(
            text, title: "treaty", source: "treaty.txt", rawBytes: text.utf8, importer: "test")

        // 1. The words become selectors.
        let index = TextIndex(text)
        let place = try #require(index.occurrences(ofWords: "firm support").occurrences.first)
        let selectors = try index.selectors(forCodePoints: place.range)
        #expect(selectors.quote.exact == "firm support")

        // 2 and 3. One transaction: operations, state, change, rows.
        let layer = try nino.read { try $0.ownLayer(.personal) }
        let id = try nino.write { transaction in
            try transaction.create(
                .annotation, in: layer,
                [
                    (Field.Annotation.document, .identifier(imported.document)),
                    (Field.Annotation.version, .identifier(imported.version)),
                    (
                        Field.Annotation.position,
                        .list([.integer(Int64(selectors.position.start)), .integer(Int64(selectors.position.end))])
                    ),
                    (
                        Field.Annotation.quote,
                        .list([
                            .text(selectors.quote.exact), .text(selectors.quote.prefix), .text(selectors.quote.suffix),
                        ])
                    ),
                    (Field.Annotation.note, .text("The core")),
                ])
        }
        let log = try nino.read { try $0.log(of: (id, layer)) }
        #expect(log.count == 1 && log[0].operations.count == 2 && log[0].state == .pending)

        // 4 and 5. Collected, signed, pushed.
        let outgoing = try nino.outgoing()
        #expect(outgoing.allSatisfy { $0.signatures.last?.seq == $0.lastSeq })
        let pushed = try await ninoSync.sync()
        #expect(pushed.pushedCount == 2)

        // 6. On the server, in the layer's feed.
        let account = Account(user: 1, member: try nino.read { try $0.ownMember() }, name: "nino", device: nil)
        let workspace = try #require(try nino.syncLink()).workspace
        let vector = try await team.server.vector(layer: layer, workspace: workspace, for: account)
        #expect(vector.position == 1 && vector.heads.map(\.seq) == [1])

        // 7. Acknowledged here, fetched there.
        #expect(try nino.read { try $0.log(of: (id, layer)) }.first?.state == .acknowledged)
        var changes = giorgi.observe().makeAsyncIterator()
        let pulled = try await giorgiSync.sync()
        #expect(pulled.pulledCount == 2)

        // 8 and 9. Verified, merged, observed, read.
        let seen = await changes.next()
        #expect(seen?.origin == .remote)
        let annotation = try #require(try giorgi.read { try $0.annotations() }.first)
        #expect(annotation.info.id == id && annotation.note == "The core")
        let report = try giorgi.check()
        #expect(report.isClean && report.signatureCount == 2)

        // 10. On Giorgi's screen.
        let bytes = try #require(try giorgi.read { try $0.text(of: annotation.version) })
        let shown = TextIndex(try CanonicalText(canonical: bytes))
        let resolved = shown.resolve(position: annotation.position, quote: annotation.quote)
        let range = try #require(resolved.range)
        let view = ReadingView(
            title: "treaty", text: shown,
            highlights: [
                ReadingView.Highlight(range: range, author: "nino", colour: 0, status: nil, notes: ["The core"])
            ], orphans: [])
        let page = view.lines(width: 60, isStyled: false).joined(separator: "\n")
        #expect(page.contains("⟦") && page.contains("firm support") && page.contains("The core"))

        // And a sync with nothing new says so.
        let idle = try await giorgiSync.sync()
        #expect(idle.pulledCount == 0 && idle.pushedCount == 0)
        await server.shutdown(graceSeconds: 1)
    }
}
