import ChangeLog
import WireFormat

extension Vector {
    /// Every vector of schema/wire/vectors.
    static let all: [Vector] = changes + statements + runs + states + messages

    private typealias World = ExampleWorld

    private static let changes: [Vector] = {
        let about = [
            "An annotation and a code are made.", "Write, remove, delete and restore, with what they supersede.",
            "Every type of value, and an operation of a newer version.", "A change whose payload the server refused.",
        ]
        var vectors: [Vector] = []
        for (place, change) in World.anaChanges.enumerated() {
            let payload = "payload-\(place + 1)"
            vectors.append(
                Vector(payload, about[place], rule: "payload", World.anaPayloads[place].encoded(by: World.anaReplica)))
            vectors.append(
                Vector(
                    "header-\(place + 1)", about[place], rule: "header", change.header.encoded,
                    [("payload", payload), ("segment", "segment"), ("place", "\(place)")]))
        }
        vectors.append(
            Vector(
                "payload-other", "Another device edits the same annotation.", rule: "payload",
                World.benPayload.encoded(by: World.benReplica)))
        vectors.append(
            Vector(
                "header-other", "Another device edits the same annotation.", rule: "header",
                World.benChanges[0].header.encoded,
                [("payload", "payload-other"), ("segment", "segment-carried"), ("place", "0")]))
        return vectors
    }()

    private static func statement(
        _ name: String, _ about: String, rule: String, _ bytes: [UInt8], _ key: SigningKey, _ signature: Signature?
    ) -> Vector {
        guard let signature else { preconditionFailure("a statement is signed") }
        return Vector(
            name, about, rule: rule, bytes,
            [("signer", hexadecimal(key.publicKey.bytes)), ("signature", hexadecimal(signature.bytes))])
    }

    private static let statements: [Vector] = {
        func chain(_ change: Change) -> [UInt8] {
            SignedStatement.chainHead(
                layer: change.header.layer, replica: change.header.replica, seq: change.header.seq, hash: change.hash)
        }
        let changes = World.anaChanges
        return [
            statement(
                "statement-chain-2", "What a device signs at its second change.", rule: "chain-statement",
                chain(changes[1]), World.anaKey, changes[1].signature),
            statement(
                "statement-chain-4", "What a device signs at its fourth change.", rule: "chain-statement",
                chain(changes[3]), World.anaKey, changes[3].signature),
            statement(
                "statement-chain-other", "What another device signs at its first change.", rule: "chain-statement",
                chain(World.benChanges[0]), World.benKey, World.benChanges[0].signature),
            statement(
                "statement-device", "What a server signs to vouch for a device.", rule: "device-statement",
                SignedStatement.device(server: World.server, member: World.ana, publicKey: World.anaKey.publicKey),
                World.serverKey, World.anaCertificate.signature),
            statement(
                "statement-enrolment", "What a device signs to enrol.", rule: "enrolment-statement", World.enrolment,
                World.anaKey, World.introduction.signature),
            statement(
                "statement-checkpoint", "What a server signs for a position of a feed.", rule: "checkpoint-statement",
                World.checkpoint(World.reached), World.serverKey, World.signature(World.reached)),
            statement(
                "statement-receipt", "What a server signs for a change that it has.", rule: "receipt-statement",
                World.receiptStatement, World.serverKey, World.receipt.receipt.signature),
            statement(
                "statement-snapshot", "What a server signs for a snapshot.", rule: "snapshot-statement",
                World.snapshotStatement, World.serverKey, World.snapshotSignature),
        ]
    }()

    private static let runs: [Vector] = [
        message(
            "segment", "Four changes, the last without its payload, signed at the second and the fourth.",
            World.anaSegment),
        message(
            "segment-carried", "A change of somebody else, with the certificate of their device.", rule: "segment",
            World.benSegmentCarried),
    ]

    private static let states: [Vector] = [
        ("state-annotation", "Two concurrent notes, a tag that stayed and one that was removed.", World.annotation),
        ("state-code", "A code that was deleted by somebody who had seen all of it.", World.code),
        ("state-later", "A record of two unknown kinds, never created.", World.later),
    ].map { name, about, record in
        Vector(name, about, rule: "record-state", (World.state.records[record] ?? RecordState()).encoded)
    }

    private static func message(_ name: String, _ about: String, rule: String? = nil, _ message: some WireMessage)
        -> Vector
    {
        Vector(name, about, rule: rule ?? name, message.encoded)
    }

    private static let messages: [Vector] = [
        message("connect-request", "A device introduces itself.", World.connectRequest),
        message("connect-reply", "The server vouches for it.", World.connectReply),
        message("heads-request", "Asks whether anything is new.", World.headsRequest),
        message(
            "heads-request-first", "Asks for the heads whatever they are.", rule: "heads-request",
            World.firstHeadsRequest),
        message("heads", "A shared layer, and a colleague's personal one that began a new life.", World.heads),
        message("push-request", "Own changes and a colleague's.", World.pushRequest),
        message("push-reply", "Every status that a segment can get.", World.pushReply),
        message("pull-request", "Reads on from three cursors.", World.pullRequest),
        message("pull-reply", "Changes, a cursor that lies off its feed, and an unknown layer.", World.pullReply),
        message("vector-request", "Asks what the server holds of a layer.", World.vectorRequest),
        message("vector-reply", "The heads of two chains.", World.vectorReply),
        message("vector-reply-unknown", "No such layer.", rule: "vector-reply", World.vectorReplyUnknown),
        message("checkpoint-proof", "Shows a server what it signed.", World.checkpointProof),
        message("checkpoint-reply", "The layer begins a new epoch.", World.checkpointReply),
        message("checkpoint-reply-unknown", "No such layer.", rule: "checkpoint-reply", World.checkpointReplyUnknown),
        message("snapshot-request", "Asks for a layer's newest snapshot.", World.snapshotRequest),
        message("snapshot-reply", "All of one, in one piece.", World.snapshotReply),
        message(
            "snapshot-reply-none", "There is none, or no such layer.", rule: "snapshot-reply",
            World.snapshotReplyNone),
        message("snapshot-piece", "The records of the layer, in the frame of `snapshot-reply`.", World.snapshotPiece),
        message("receipts-request", "Asks for the server's receipts.", World.receiptsRequest),
        message("receipts-reply", "For the change that it holds.", World.receiptsReply),
        message("join-request", "Ana uses an invitation.", World.joinRequest),
        message("login-request", "Ana comes with her password.", World.loginRequest),
        message("enrolment-reply", "The device's token.", World.enrolmentReply),
        message("invite-request", "Asks for an invitation of an analyst.", World.inviteRequest),
        message(
            "invite-request-device", "Asks for a code for a further device.", rule: "invite-request",
            World.ownInviteRequest),
        message("invite-reply", "The code.", World.inviteReply),
        message("devices-request", "Ends a device.", World.devicesRequest),
        message("device-list", "Two devices, one of them revoked.", World.deviceList),
        message("password-request", "Sets a first password.", World.passwordRequest),
        message("bundle", "The content of a bundle file.", World.bundle),
    ]
}
