import AnnotationModel
import ChangeLog
import Cryptography
import HTTPClient
import LocalStore
import ServerStore
import TestSupport
import Testing
import WireFormat

/// What is not what it says it is, over HTTP: refused, without a trace in any feed, and beside each the right one,
/// which is taken.
@Suite struct ForgeryTests {
    /// A team, its devices, and somebody of another workspace.
    private struct Scene {
        let live: LiveServer
        let ana: BareDevice
        /// Another device of the same member.
        let tablet: BareDevice
        let ben: BareDevice
        /// A reader.
        let cem: BareDevice
        let zed: BareDevice
        let other: WorkspaceID
        let shared: LayerID
        let stranger: SigningKey

        init() async throws {
            live = try await LiveServer(members: ["ana", "ben", "cem"])
            try await live.store.addMember(workspace: LiveServer.title, user: "cem", role: .reader)
            other = try await live.store.addWorkspace(title: "Other")
            _ = try await live.store.addUser(name: "zed")
            for name in ["zed", "ana"] {
                try await live.store.addMember(workspace: "Other", user: name, role: .curator)
            }
            ana = try await BareDevice(live, of: "ana")
            tablet = try await BareDevice(live, of: "ana")
            ben = try await BareDevice(live, of: "ben")
            cem = try await BareDevice(live, of: "cem")
            zed = try await BareDevice(live, of: "zed")
            shared = try await ana.layer(.shared)
            stranger = live.cryptography.makeSigningKey()
        }

        /// Where every feed stands.
        func feeds() async throws -> [LayerID: LayerHead] {
            var heads: [LayerHead] = []
            for device in [ana, ben, cem] { heads += try await device.heads().layers }
            for device in [ana, zed] { heads += try await device.heads(other).layers }
            // Whether one may write is the asker's, not the feed's.
            return Dictionary(
                heads.map { head in
                    let feed = LayerHead(
                        layer: head.layer, kind: head.kind, owner: head.owner, isWritable: true, epoch: head.epoch,
                        position: head.position, feedHash: head.feedHash)
                    return (head.layer, feed)
                }, uniquingKeysWith: { first, _ in first })
        }

        /// A forged segment gets its answer and leaves no trace.
        func refuse(
            _ what: String, _ segment: Segment, by device: BareDevice, workspace: WorkspaceID? = nil,
            _ status: SegmentResult.Status = .invalid, conflict: UInt64 = 0, says: String,
            at location: SourceLocation = #_sourceLocation
        ) async throws {
            let before = try await feeds()
            let result = try await device.push([segment], workspace: workspace)[0]
            #expect(result.status == status && result.conflictSeq == conflict, "\(what)", sourceLocation: location)
            #expect(
                result.explanation.contains(says), "\(what): \(result.explanation)", sourceLocation: location)
            #expect(result.firstPosition == 0 && result.refused == [], "\(what)", sourceLocation: location)
            #expect(try await feeds() == before, "\(what)", sourceLocation: location)
        }

        /// A true segment is taken, and moves its own feed alone.
        func accept(
            _ what: String, _ segment: Segment, by device: BareDevice, workspace: WorkspaceID? = nil, new: Int? = nil,
            refused: [UInt64] = [], at location: SourceLocation = #_sourceLocation
        ) async throws {
            var before = try await feeds()
            let result = try await device.push([segment], workspace: workspace)[0]
            #expect(
                result.status == .accepted && result.heldSeq == segment.lastSeq && result.refused == refused,
                "\(what): \(result.explanation)", sourceLocation: location)
            var after = try await feeds()
            let (old, now) = (before.removeValue(forKey: segment.layer), after.removeValue(forKey: segment.layer))
            let moved = UInt64(new ?? segment.entries.count)
            #expect(try required(now).position - required(old).position == moved, "\(what)", sourceLocation: location)
            #expect(before == after, "\(what)", sourceLocation: location)
        }

        /// What a request gets that is no message at all.
        func refuseMalformed(
            _ what: String, _ segment: Segment, by device: BareDevice, at location: SourceLocation = #_sourceLocation
        ) async throws {
            let before = try await feeds()
            let reply = try await device.post(.push, PushRequest(workspace: live.workspace, segments: [segment]))
            #expect(reply.status == 400, "\(what)", sourceLocation: location)
            #expect(try await feeds() == before, "\(what)", sourceLocation: location)
        }

        /// The server is whole, and honest devices work on.
        func isSound() async throws {
            #expect(try ServerAudit.problems(in: live.database, using: live.cryptography) == [])
            let (first, second) = (
                try await live.device("first-\(live.cryptography.randomWord())", of: "ben"),
                try await live.device("second-\(live.cryptography.randomWord())", of: "ben")
            )
            let name = "honest \(live.cryptography.randomWord())"
            try first.addCode(name)
            #expect(try await first.sync().refusedCount == 0)
            try await second.sync()
            #expect(try second.codes().contains(name))
            #expect(try ServerAudit.problems(in: live.database, using: live.cryptography) == [])
        }
    }

    @Test func whoWrote() async throws {
        let scene = try await Scene()
        let (ana, tablet, ben, zed) = (scene.ana, scene.tablet, scene.ben, scene.zed)
        let true1 = ana.maker(in: scene.shared, count: 3).segment()
        for (who, member) in [("a colleague", ben.member), ("somebody elsewhere", zed.member)] {
            try await scene.refuse("\(who) as author", true1.with(author: member), by: ana, says: "the author is not")
            // Signed as such, too.
            var chain = Maker(of: member, key: ana.key, in: scene.shared)
            chain.make()
            try await scene.refuse("\(who) as signed author", chain.segment(), by: ana, says: "the author is not")
        }
        let chain = ana.maker(in: scene.shared, count: 3)
        for (whose, key) in [
            ("a stranger's", scene.stranger), ("a colleague's", ben.key), ("another device's", tablet.key),
        ] {
            try await scene.refuse(
                "signed with \(whose) key", chain.segment(signedBy: key), by: ana, says: "signature at change 3")
        }
        try await scene.refuse("by the token of another device", chain.segment(), by: tablet, says: "signature at")
        try await scene.refuse("by the token of a colleague", chain.segment(), by: ben, says: "the author is not")
        try await scene.accept("the author's own", true1, by: ana)
        try await scene.accept("the device's own", chain.segment(), by: ana)

        // Somebody of another workspace: with their own token, and carried.
        let zeds = zed.maker(in: scene.shared, count: 1)
        let before = try await scene.feeds()
        let request = PushRequest(workspace: scene.live.workspace, segments: [zeds.segment()])
        #expect(try await zed.post(.push, request).status == 404)
        #expect(try await scene.feeds() == before)
        try await scene.refuse(
            "through the own workspace", zeds.segment(), by: zed, workspace: scene.other, .unknownLayer, says: "")
        try await scene.accept(
            "the header of somebody who does not belong, without content", zeds.segment(certificate: zed.certificate),
            by: ana, refused: [1])
        try await scene.accept(
            "where they belong", zed.maker(in: try await zed.layer(.shared, scene.other), count: 1).segment(),
            by: zed, workspace: scene.other)
        // A replica id that is another's.
        try await scene.refuse(
            "a taken replica id", ben.maker(in: scene.shared, replica: chain.replica, count: 3).segment(), by: ben,
            .fork, conflict: 1, says: "belongs to another device")
        try await scene.refuse(
            "a taken replica id in another layer",
            ben.maker(in: try await ben.layer(.private), replica: chain.replica, count: 1).segment(), by: ben,
            .fork, conflict: 1, says: "belongs to another device")
        try await scene.accept("an own replica id", ben.maker(in: scene.shared, count: 3).segment(), by: ben)
        try await scene.isSound()
    }

    @Test func whoVouches() async throws {
        let scene = try await Scene()
        let (ana, ben) = (scene.ana, scene.ben)
        let cryptography = scene.live.cryptography
        let server = try await scene.live.store.identity().server
        let chain = ben.maker(in: scene.shared, count: 2)
        func certificate(_ member: MemberID, _ key: SigningKey, by signer: SigningKey?, server: ServerID)
            -> DeviceCertificate
        {
            let statement = SignedStatement.device(server: server, member: member, publicKey: key.publicKey)
            return DeviceCertificate(
                member: member, publicKey: key.publicKey,
                signature: signer.map { cryptography.sign(statement, with: $0) })
        }
        for (what, forged) in [
            ("signed by a stranger", certificate(ben.member, ben.key, by: scene.stranger, server: server)),
            ("signed by its bearer", certificate(ben.member, ben.key, by: ana.key, server: server)),
            ("signed by nobody", certificate(ben.member, ben.key, by: nil, server: server)),
            (
                "of another server",
                certificate(ben.member, ben.key, by: scene.stranger, server: ServerID(high: 1, low: 1))
            ),
            (
                "with a signature of another certificate",
                DeviceCertificate(
                    member: ben.member, publicKey: ben.key.publicKey, signature: ana.certificate.signature)
            ),
            (
                "of another member with the key",
                DeviceCertificate(
                    member: ana.member, publicKey: ben.key.publicKey, signature: ana.certificate.signature)
            ),
        ] {
            try await scene.refuse(what, chain.segment(certificate: forged), by: ana, says: "does not vouch")
        }
        // A stranger's key in a colleague's name.
        var false1 = Maker(of: ben.member, key: scene.stranger, in: scene.shared)
        false1.make()
        for signer in [scene.stranger, ana.key] {
            try await scene.refuse(
                "a key that nobody enrolled",
                false1.segment(certificate: certificate(ben.member, scene.stranger, by: signer, server: server)),
                by: ana, says: "does not vouch")
        }
        try await scene.refuse(
            "a colleague's key, another's certificate", chain.segment(certificate: ana.certificate), by: ana,
            says: "the author is not")
        try await scene.accept("the true certificate", chain.segment(certificate: ben.certificate), by: ana)

        // A header alone would keep a colleague's words out.
        var bare = ben.maker(in: scene.shared)
        bare.make(withheld: .unavailable)
        for reason in [Withholding.unavailable, .refused] {
            var segment = bare.segment(certificate: ben.certificate)
            guard case .withheld(_, let hash) = segment.entries[0].body else { continue }
            segment.entries[0] = Segment.Entry(
                lamport: 1, wallTime: segment.entries[0].wallTime, body: .withheld(reason, payloadHash: hash))
            try await scene.refuse("another's header", segment, by: ana, says: "only the maker")
        }
        try await scene.accept("one's own header", bare.segment(), by: ben, refused: [1])
        // Of somebody whose words would be refused anyway it may come: a restored server must not stop at it.
        var reader = scene.cem.maker(in: scene.shared)
        reader.make(withheld: .refused)
        try await scene.accept(
            "a reader's header", reader.segment(certificate: scene.cem.certificate), by: ana, refused: [1])

        // A revoked device: what it had sent stays, nothing new comes, by its token or through others.
        var gone = chain
        gone.make()
        #expect(try await ben.post(.devices, DevicesRequest(revoked: ben.key.publicKey)).status == 200)
        let tail = gone.segment(3, certificate: ben.certificate)
        let request = PushRequest(workspace: scene.live.workspace, segments: [gone.segment(3)])
        #expect(try await ben.post(.push, request).status == 401)
        let before = try await ana.heads()
        let result = try await ana.push([tail])[0]
        #expect(result.status == .invalid && result.explanation.contains("revoked"))
        #expect(try await ana.heads() == before)
        #expect(try await ana.push([chain.segment(certificate: ben.certificate)])[0].status == .accepted)
        #expect(try await ana.heads() == before)
        try await scene.isSound()
    }

    @Test func whatWasSigned() async throws {
        let scene = try await Scene()
        let ana = scene.ana
        let personal = try await ana.layer(.personal)
        let elsewhere = try await ana.layer(.shared, scene.other)
        let chain = ana.maker(in: scene.shared, count: 3)
        let segment = chain.segment()
        let entries = segment.entries
        let last = segment.signatures[0].signature
        func signed(at seq: UInt64) -> [Segment.SignedHead] { [Segment.SignedHead(seq: seq, signature: last)] }
        func entry(_ place: Int, lamport: UInt64? = nil, wallTime: Int64? = nil, body: Segment.Body? = nil)
            -> Segment.Entry
        {
            Segment.Entry(
                lamport: lamport ?? entries[place].lamport, wallTime: wallTime ?? entries[place].wallTime,
                body: body ?? entries[place].body)
        }
        let otherBody = Segment.Body.payload(Maker.payload(bytes: 11, by: chain.replica))
        // Bodies that differ, so that their order tells.
        var varied = ana.maker(in: scene.shared)
        for bytes in 10..<13 { varied.make(payloadBytes: bytes) }
        let bodies = varied.segment().entries.map(\.body)
        let swapped = [
            entry(0, body: bodies[1]), entry(1, body: bodies[0]), entry(2, body: bodies[2]),
        ]
        let forged: [(String, Segment)] = [
            ("payload", segment.with(entries: [entries[0], entry(1, body: otherBody), entries[2]])),
            ("last payload", segment.with(entries: [entries[0], entries[1], entry(2, body: otherBody)])),
            ("lamport", segment.with(entries: [entries[0], entries[1], entry(2, lamport: 4)])),
            ("first lamport", segment.with(entries: [entry(0, lamport: 0), entries[1], entries[2]])),
            ("wall time", segment.with(entries: [entries[0], entry(1, wallTime: 1), entries[2]])),
            ("seq", segment.with(firstSeq: 2, signatures: signed(at: 4))),
            ("previous hash", segment.with(previous: scene.live.cryptography.sha256([1]))),
            ("replica", segment.with(replica: ReplicaID(high: 5, low: 5))),
            ("another layer", segment.with(layer: personal)),
            ("changes in another order", varied.segment().with(entries: swapped)),
            ("a tail cut", segment.with(entries: Array(entries.prefix(2)), signatures: signed(at: 2))),
            ("a middle cut", segment.with(entries: [entries[0], entries[2]], signatures: signed(at: 2))),
            (
                "a head cut",
                segment.with(
                    firstSeq: 1, previous: .zero, entries: Array(entries.dropFirst()), signatures: signed(at: 2))
            ),
            ("a change more", segment.with(entries: entries + [entry(2, lamport: 4)], signatures: signed(at: 4))),
        ]
        for (what, segment) in forged { try await scene.refuse(what, segment, by: ana, says: "does not hold") }
        for (what, segment) in [
            ("no signature", segment.with(signatures: [])),
            ("an unsigned tail", segment.with(signatures: signed(at: 2))),
            ("a tail without signature", segment.with(entries: Array(entries.prefix(2)), signatures: [])),
        ] {
            try await scene.refuse(what, segment, by: ana, says: "must be signed")
        }
        // A true signature in the middle does not carry what comes after it.
        let half = chain.segment(1, through: 2)
        try await scene.refuse(
            "a signed middle and an unsigned end", segment.with(signatures: half.signatures), by: ana,
            says: "must be signed")
        try await scene.refuseMalformed(
            "counters that go back", segment.with(entries: [entries[1], entries[0], entries[2]]), by: ana)
        try await scene.refuseMalformed("a signature beyond the end", segment.with(signatures: signed(at: 4)), by: ana)
        try await scene.refuseMalformed("no changes", segment.with(entries: [], signatures: []), by: ana)
        // Another workspace, of which one is a member too.
        try await scene.refuse(
            "another workspace", segment, by: ana, workspace: scene.other, .unknownLayer, says: "")
        try await scene.refuse(
            "another workspace's layer", segment.with(layer: elsewhere), by: ana, workspace: scene.other,
            says: "does not hold")

        try await scene.accept("what was signed", segment, by: ana)
        try await scene.accept("in the order of its making", varied.segment(), by: ana)
        try await scene.accept("in its layer", ana.maker(in: personal, count: 2).segment(), by: ana)
        try await scene.accept(
            "in its workspace", ana.maker(in: elsewhere, count: 2).segment(), by: ana, workspace: scene.other)
        try await scene.isSound()
    }

    @Test func howChainsGoOn() async throws {
        let scene = try await Scene()
        let (ana, tablet, ben) = (scene.ana, scene.tablet, scene.ben)
        var chain = ana.maker(in: scene.shared, count: 6)
        try await scene.refuse("a gap at the start", chain.segment(2), by: ana, .gap, says: "from 1 on")
        try await scene.accept("a beginning", chain.segment(1, through: 2), by: ana)
        try await scene.refuse("a gap in the middle", chain.segment(4), by: ana, .gap, says: "from 3 on")
        // Segments in the wrong order: each stands for itself.
        let results = try await ana.push([chain.segment(5), chain.segment(3, through: 4)])
        #expect(results.map(\.status) == [.gap, .accepted] && results.map(\.heldSeq) == [2, 4])
        try await scene.accept("the rest", chain.segment(5), by: ana)

        // Spliced from two replicas.
        let other = ana.maker(in: scene.shared, count: 8)
        let end = try required(chain.changes.last)
        try await scene.refuse(
            "another replica's end",
            other.segment(7).with(replica: chain.replica, previous: end.hash), by: ana, says: "does not hold")
        let tablets = tablet.maker(in: scene.shared, count: 8)
        try await scene.refuse(
            "another device's end",
            tablets.segment(7).with(replica: chain.replica, previous: end.hash), by: tablet, says: "does not hold")
        try await scene.refuse(
            "another device's true end", tablet.maker(in: scene.shared, replica: chain.replica, count: 8).segment(7),
            by: tablet, .fork, conflict: 1, says: "belongs to another device")
        let (head, tail) = (chain.segment(), other.segment())
        try await scene.refuse(
            "two halves",
            head.with(entries: head.entries.prefix(3) + tail.entries.suffix(3), signatures: head.signatures),
            by: ana, says: "does not hold")
        try await scene.accept("the other replica by itself", other.segment(), by: ana)
        try await scene.accept("the other device by itself", tablets.segment(), by: tablet)

        // Two lives of one replica.
        var twin = Maker(of: ana.member, key: ana.key, in: scene.shared, replica: chain.replica)
        twin.make(count: 3)
        for _ in 0..<5 { twin.make(payloadBytes: 11) }
        try await scene.refuse("a fork", twin.segment(), by: ana, .fork, conflict: 4, says: "")
        try await scene.refuse("a fork's middle", twin.segment(3, through: 5), by: ana, .fork, conflict: 4, says: "")
        try await scene.refuse("a fork's end", twin.segment(7), by: ana, .fork, conflict: 6, says: "")
        chain.make(lamport: 6)
        try await scene.refuse("a counter that goes back", chain.segment(7), by: ana, says: "goes back")

        // Replayed: by the same token, another device's, another member's, and carried.
        let request = PushRequest(workspace: scene.live.workspace, segments: [chain.segment(1, through: 6)])
        let before = try await scene.feeds()
        let answers = [try await ana.post(.push, request), try await ana.post(.push, request)]
        #expect(answers.allSatisfy { $0.status == 200 } && answers[0].body == answers[1].body)
        let replay = chain.segment(1, through: 6)
        try await scene.refuse("replayed by another device", replay, by: tablet, says: "does not hold")
        try await scene.refuse("replayed by a colleague", replay, by: ben, says: "the author is not")
        try await scene.accept(
            "carried by a colleague", chain.segment(1, through: 6, certificate: ana.certificate), by: ben, new: 0)
        #expect(try await scene.feeds() == before)
        try await scene.isSound()
    }
}

extension Segment {
    /// The same but for something.
    fileprivate func with(
        layer: LayerID? = nil, replica: ReplicaID? = nil, author: MemberID? = nil, firstSeq: UInt64? = nil,
        previous: Digest? = nil, entries: [Entry]? = nil, signatures: [SignedHead]? = nil
    ) -> Segment {
        Segment(
            layer: layer ?? self.layer, replica: replica ?? self.replica, author: author ?? self.author,
            firstSeq: firstSeq ?? self.firstSeq, previous: previous ?? self.previous, entries: entries ?? self.entries,
            signatures: signatures ?? self.signatures, certificate: certificate)
    }
}
