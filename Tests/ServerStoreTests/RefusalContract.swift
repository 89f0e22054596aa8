import AnnotationModel
import ChangeLog
import ServerStore
import TestSupport
import Testing
import WireFormat

/// What `append` does not take. Nothing of a segment that is not accepted is written.
@Suite struct RefusalContract {
    private func expect(
        _ status: SegmentResult.Status, held: UInt64 = 0, conflict: UInt64 = 0, says: String = "", of segment: Segment,
        by person: World.Person, _ world: World, at location: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try await world.heads(world.ana)
        let vector = try await world.store.vector(
            layer: segment.layer, workspace: world.workspace, for: world.ana.account)
        let result = try await world.push(segment, by: person)
        #expect(result[0].status == status, sourceLocation: location)
        #expect(result[0].heldSeq == held && result[0].conflictSeq == conflict, sourceLocation: location)
        #expect(result[0].explanation.contains(says), "\(result[0].explanation)", sourceLocation: location)
        #expect(result[0].firstPosition == 0 && result[0].refused == [], sourceLocation: location)
        #expect(try await world.heads(world.ana) == before, sourceLocation: location)
        let after = try await world.store.vector(
            layer: segment.layer, workspace: world.workspace, for: world.ana.account)
        #expect(after == vector, sourceLocation: location)
    }

    /// Else a push that comes to nothing could take somebody's replica id away.
    @Test(arguments: Backend.all) func whatIsNotAcceptedClaimsNoReplicaID(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(lamport: 1)
        maker.make(lamport: UInt64(Int64.max))
        for segment in [maker.segment(2), maker.segment(), maker.segment(previous: world.cryptography.sha256([1]))] {
            #expect(try await world.push(segment, by: world.ana)[0].status != .accepted)
        }
        #expect(try await world.store.devices(of: [maker.replica]) == [])
        var other = Maker(world.ben, in: world.shared, replica: maker.replica)
        other.make()
        #expect(try await world.push(other.segment(), by: world.ben)[0].status == .accepted)
    }

    @Test(arguments: Backend.all) func gaps(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(count: 9)
        try await expect(.gap, says: "from 1 on", of: maker.segment(2), by: world.ana, world)
        _ = try await world.push(maker.segment(1, through: 3), by: world.ana)
        try await expect(.gap, held: 3, says: "from 4 on", of: maker.segment(5), by: world.ana, world)
        #expect(try await world.push(maker.segment(4), by: world.ana)[0].status == .accepted)
    }

    @Test(arguments: Backend.all) func forks(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(count: 4)
        var other = Maker(world.ana, in: world.shared, replica: maker.replica)
        other.make(count: 2)
        for _ in 0..<4 { other.make(payloadBytes: 11) }
        _ = try await world.push(maker.segment(), by: world.ana)
        try await expect(.fork, held: 4, conflict: 3, of: other.segment(), by: world.ana, world)
        try await expect(.fork, held: 4, conflict: 3, of: other.segment(3), by: world.ana, world)
        // The difference lies before the segment: how far back it does not say.
        try await expect(.fork, held: 4, conflict: 4, of: other.segment(5), by: world.ana, world)
        try await expect(.fork, held: 4, conflict: 3, of: other.segment(4, through: 4), by: world.ana, world)
    }

    @Test(arguments: Backend.all) func wrongChains(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(count: 2)
        let nowhere = world.cryptography.sha256([1])
        try await expect(.fork, conflict: 1, of: maker.segment(previous: nowhere), by: world.ana, world)
        _ = try await world.push(maker.segment(1, through: 1), by: world.ana)
        try await expect(.fork, held: 1, conflict: 1, of: maker.segment(2, previous: nowhere), by: world.ana, world)
        // A signature of the real chain over another one.
        let real = maker.segment(2)
        let forged = Segment(
            layer: real.layer, replica: real.replica, author: real.author, firstSeq: 2, previous: real.previous,
            entries: [Segment.Entry(lamport: 2, wallTime: 1, body: real.entries[0].body)], signatures: real.signatures)
        try await expect(.invalid, says: "signature", of: forged, by: world.ana, world)
    }

    @Test(arguments: Backend.all) func wrongSignatures(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ana, in: world.shared)
        maker.make(count: 2)
        try await expect(
            .invalid, says: "signature at change 2", of: maker.segment(signedBy: world.ben.key), by: world.ana, world)
        try await expect(.invalid, says: "must be signed", of: maker.segment(isSigned: false), by: world.ana, world)
        var early = maker.segment(1, through: 1)
        early.entries = maker.segment().entries
        try await expect(.invalid, says: "must be signed", of: early, by: world.ana, world)
        // One of several is enough.
        var two = maker.segment()
        two.signatures.insert(Segment.SignedHead(seq: 1, signature: two.signatures[0].signature), at: 0)
        try await expect(.invalid, says: "signature at change 1", of: two, by: world.ana, world)
        // Signed for another layer.
        var elsewhere = Maker(world.ana, in: world.ana.personal, replica: maker.replica)
        elsewhere.make(count: 2)
        var moved = maker.segment()
        moved.signatures = elsewhere.segment().signatures
        try await expect(.invalid, says: "signature", of: moved, by: world.ana, world)
    }

    @Test(arguments: Backend.all) func wrongAuthorsAndDevices(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ben, in: world.shared)
        maker.make()
        // Ben's change under Ana's token, without a word of whose it is.
        try await expect(.invalid, says: "author", of: maker.segment(), by: world.ana, world)
        // A certificate of nobody, of another server, and of another member.
        let stranger = world.cryptography.makeSigningKey()
        let unvouched = DeviceCertificate(
            member: world.ben.account.member, publicKey: world.ben.key.publicKey, signature: nil)
        try await expect(.invalid, says: "vouch", of: maker.segment(certificate: unvouched), by: world.ana, world)
        let statement = SignedStatement.device(
            server: world.identity.server, member: world.ben.account.member, publicKey: world.ben.key.publicKey)
        let selfMade = DeviceCertificate(
            member: world.ben.account.member, publicKey: world.ben.key.publicKey,
            signature: world.cryptography.sign(statement, with: stranger))
        try await expect(.invalid, says: "vouch", of: maker.segment(certificate: selfMade), by: world.ana, world)
        try await expect(
            .invalid, says: "author", of: maker.segment(certificate: world.ana.certificate), by: world.ana, world)
        // A replica id that another device uses already.
        var taken = Maker(world.ana, in: world.shared, replica: maker.replica)
        taken.make()
        _ = try await world.push(maker.segment(), by: world.ben)
        try await expect(.fork, conflict: 1, says: "another device", of: taken.segment(), by: world.ana, world)
        try await expect(
            .invalid, says: "another device", of: taken.segment(certificate: world.ana.certificate), by: world.ben,
            world)
        // A token that no device has introduced itself with.
        let hash = world.cryptography.sha256([9])
        try await world.store.addToken(tokenHash: hash, user: "ana")
        let account = try required(try await world.store.account(tokenHash: hash))
        let nobody = World.Person(
            account: account, key: world.ana.key, certificate: world.ana.certificate, personal: world.ana.personal,
            privateLayer: world.ana.privateLayer)
        var fresh = Maker(world.ana, in: world.shared)
        fresh.make()
        try await expect(.invalid, says: "connect", of: fresh.segment(), by: nobody, world)
    }

    @Test(arguments: Backend.all) func lamportCountersOutOfBounds(backend: Backend) async throws {
        let world = try await World(backend)
        let lead = WireLimits.lamportLeadMax
        var maker = Maker(world.ana, in: world.shared)
        maker.make(lamport: lead + 1)
        try await expect(.invalid, says: "too far ahead", of: maker.segment(), by: world.ana, world)
        var far = Maker(world.ana, in: world.shared)
        far.make(lamport: 1)
        far.make(lamport: UInt64(Int64.max))
        try await expect(.invalid, says: "too far ahead", of: far.segment(), by: world.ana, world)
        var honest = Maker(world.ana, in: world.shared)
        honest.make(lamport: lead)
        #expect(try await world.push(honest.segment(), by: world.ana)[0].status == .accepted)
        // The bound moves with what is held, and a chain never goes back.
        var next = Maker(world.ben, in: world.shared)
        next.make(lamport: 2 * lead)
        #expect(try await world.push(next.segment(), by: world.ben)[0].status == .accepted)
        next.make(lamport: 2 * lead)
        try await expect(.invalid, held: 1, says: "goes back", of: next.segment(2), by: world.ben, world)
        // Each layer counts for itself.
        var elsewhere = Maker(world.ana, in: world.ana.personal)
        elsewhere.make(lamport: lead + 1)
        try await expect(.invalid, says: "too far ahead", of: elsewhere.segment(), by: world.ana, world)
    }

    @Test(arguments: Backend.all) func payloadsThatCannotBeRead(backend: Backend) async throws {
        let world = try await World(backend)
        let good = Maker.payload(by: ReplicaID(high: 1, low: 1))
        let bad: [[UInt8]] = [
            [], [0x00], Array(good.dropLast()), good + [0], [0x9F, 0xFF],
            [UInt8](repeating: 0x81, count: 100_000), [UInt8](repeating: 0, count: WireLimits.payloadBytesMax + 1),
        ]
        for payload in bad {
            var maker = Maker(world.ana, in: world.shared)
            maker.make()
            maker.make(payload: payload)
            try await expect(.invalid, says: "change 2 cannot be read", of: maker.segment(), by: world.ana, world)
        }
    }

    @Test(arguments: Backend.all) func withheldHeadersOfOthers(backend: Backend) async throws {
        let world = try await World(backend)
        var maker = Maker(world.ben, in: world.shared)
        maker.make()
        maker.make(withheld: .unavailable)
        // Else anybody could make somebody's work vanish before its maker pushes it.
        try await expect(
            .invalid, says: "only the maker", of: maker.segment(certificate: world.ben.certificate), by: world.ana,
            world)
        #expect(try await world.push(maker.segment(), by: world.ben)[0].status == .accepted)
    }

    @Test(arguments: Backend.all) func oneBadSegmentTakesNothingWithIt(backend: Backend) async throws {
        let world = try await World(backend)
        var (good, bad, other) = (
            Maker(world.ana, in: world.shared), Maker(world.ana, in: world.shared),
            Maker(world.ana, in: world.ana.personal)
        )
        good.make()
        bad.make()
        other.make()
        let results = try await world.push(
            good.segment(), bad.segment(signedBy: world.ben.key), other.segment(), by: world.ana)
        #expect(results.map(\.status) == [.accepted, .invalid, .accepted])
        #expect(try await world.feed(of: world.shared, world.ana).count == 1)
        #expect(try await world.feed(of: world.ana.personal, world.ana).count == 1)
    }
}
