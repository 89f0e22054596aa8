import AnnotationModel
import ChangeLog
import Cryptography
import Interchange
import LocalStore
import SyncClient
import WireFormat

extension Command {
    static let verify = Command(
        CommandSpecification(
            "verify", summary: "prove who made which change, in which order, and by when",
            discussion: """
                Goes through the chains of this store, or of a bundle file alone. Every change names the hash of the one before \
                it, devices sign the ends of their chains, the server vouches for devices and gives receipts for what it has \
                received. So nothing up to a device's last signature can have been altered, left out, put in or moved, and \
                what has a receipt existed by then. Times of changes are their authors' own; one that does not fit its place or its \
                receipt is named as a doubt.

                A bundle names the server that its certificates and receipts come from: hold its key against the one that \
                'variorum verify' shows in a store of that server, or give it with --server-key.
                """,
            options: [
                .flag("changes", "c", "List every change"),
                .flag("fetch", "f", "First fetch the server's receipts for what has none here, others' work included"),
                .value("server-key", nil, "key", "The server's key must be this one (64 hexadecimal digits)"),
            ],
            positionals: [
                PositionalSpecification("bundle", "A bundle file; this store when left out", isOptional: true)
            ],
            examples: [
                CommandExample("variorum verify", "Prove the history that is here"),
                CommandExample("variorum verify --fetch --changes", "With receipts, change by change"),
                CommandExample("variorum verify final.bundle --server-key 5f0c…", "Prove what somebody handed over"),
            ]),
        json: """
            `{is_proved, server: {id, key}, fetched, chains: [{layer, replica, member, member_name, device_key, is_vouched, \
            changes, from_snapshot, withheld, signatures, signed_seq, first_at, last_at, receipts: [{seq, received_at}], problems: [text], \
            doubts: [{seq, claimed_at, other_at}]}], changes: [{layer, replica, seq, author, author_name, at, received_by, \
            is_signed, hash}]}`; `receipts` leaves out those that a later change has as early; `received_by` is by when the server \
            had the change at the latest
            """
    ) { context in
        let wanted = try context.arguments.value("server-key").map { text -> PublicKey in
            guard let key = PublicKey(hexadecimal: text) else {
                throw context.usage("a server's key is 64 hexadecimal digits")
            }
            return key
        }
        var listed: [(header: ChangeHeader, hash: Digest)] = []
        let isListed = context.arguments.flag("changes")
        func list(_ header: ChangeHeader, _ hash: Digest) { if isListed { listed.append((header, hash)) } }
        let history: VerifiedHistory
        if let file = context.arguments.positional("bundle") {
            guard !context.arguments.flag("fetch") else {
                throw context.usage("receipts are fetched into a store; leave --fetch or the file out")
            }
            history = VerifiedHistory(try readBundle(file, context), list)
        } else {
            let store = try context.openStore()
            var fetched = 0
            if context.arguments.flag("fetch") {
                fetched = try await SyncClient.fetchReceipts(store, over: Server(of: store).transport)
            }
            history = try VerifiedHistory(store, fetched: fetched, list)
        }
        if let wanted, history.server?.key != wanted {
            throw CommandFailure(
                .dataError,
                history.server.map { "another server vouches for this: its key is \($0.key)" }
                    ?? "no server vouches for anything here")
        }
        let entries = history.entries(listed)
        if context.isJSON {
            try context.write(history.json(entries))
        } else {
            try history.show(entries, context)
        }
        return history.isProved ? .success : .failure
    }
}

/// What `verify` has found, with the names to say it by.
private struct VerifiedHistory {
    /// One change, and by when it existed.
    struct Entry {
        let header: ChangeHeader
        let hash: Digest
        let receivedBy: Int64?
        let isSigned: Bool
    }

    let server: KnownServer?
    let proofs: [ChainProof]
    private let memberNames: [MemberID: String]
    private let layerNames: [LayerID: String]
    private let fetched: Int

    var isProved: Bool { proofs.allSatisfy(\.problems.isEmpty) }

    init(_ store: LocalStore, fetched: Int, _ each: (ChangeHeader, Digest) -> Void) throws {
        proofs = try store.proofs(each)
        server = try store.syncLink()?.knownServer
        let names = try store.read { try RecordNames(reading: $0) }
        memberNames = Dictionary(proofs.compactMap { $0.device.map { ($0.member, names.name(of: $0.member)) } }) {
            first, _ in first
        }
        layerNames = Dictionary(proofs.map { ($0.layer, names.layerTitle($0.layer)) }) { first, _ in first }
        self.fetched = fetched
    }

    init(_ bundle: Bundle, _ each: (ChangeHeader, Digest) -> Void) {
        proofs = bundle.proofs(using: OpenSSLCryptography(), each)
        server = bundle.server
        let members = Dictionary(bundle.members.map { ($0.member, $0.name) }) { first, _ in first }
        memberNames = members
        layerNames = Dictionary(
            bundle.layers.map { layer in
                let kind = LayerKind(rawValue: layer.kind)?.name ?? "kind \(layer.kind)"
                let owner = layer.owner.map { members[$0] ?? "member \("\($0)".prefix(8))" }
                return (layer.layer, owner.map { "\(kind), \($0)" } ?? kind)
            }
        ) { first, _ in first }
        fetched = 0
    }

    func entries(_ listed: [(header: ChangeHeader, hash: Digest)]) -> [Entry] {
        let proofs = Dictionary(proofs.map { (ChainName(layer: $0.layer, replica: $0.replica), $0) }) { first, _ in
            first
        }
        return listed.map { header, hash in
            let proof = proofs[ChainName(layer: header.layer, replica: header.replica)]
            return Entry(
                header: header, hash: hash, receivedBy: proof?.receivedAt(header.seq),
                isSigned: header.seq <= proof?.signedSeq ?? 0)
        }
    }

    private func name(of member: MemberID) -> String { memberNames[member] ?? "member \("\(member)".prefix(8))" }
    private func title(of layer: LayerID) -> String { layerNames[layer] ?? "\("\(layer)".prefix(8))" }

    func show(_ entries: [Entry], _ context: CommandContext) throws {
        var table = TextTable([
            .init("layer"), .init("device"), .init("member"), .init("changes", alignment: .right),
            .init("signed", alignment: .right), .init("received by"), .init("state"),
        ])
        for proof in proofs {
            let state =
                !proof.problems.isEmpty
                ? "NOT PROVED" : proof.isVouched ? "proved" : "proved, but no server vouches for the device"
            table.rows.append([
                title(of: proof.layer), "\("\(proof.replica)".prefix(8))",
                proof.device.map { name(of: $0.member) } ?? "?",
                "\(proof.changeCount)", "\(proof.signedSeq)",
                proof.receipts.last.map {
                    timestamp(ofMilliseconds: $0.receivedAt) + ($0.seq < proof.changeCount ? " (to \($0.seq))" : "")
                } ?? "-", state,
            ])
        }
        try context.write(table)
        for entry in entries {
            let header = entry.header
            let received = entry.receivedBy.map { "received by " + timestamp(ofMilliseconds: $0) } ?? "no receipt"
            try context.writeLine(
                printable(
                    "\(title(of: header.layer))  \("\(header.replica)".prefix(8)) \(header.seq)  \(name(of: header.author))  "
                        + "\(timestamp(ofMilliseconds: header.wallTime))  \(received)\(entry.isSigned ? "" : ", not signed yet")"
                ))
        }
        for proof in proofs {
            let chain = "\(title(of: proof.layer)), device \("\(proof.replica)".prefix(8))"
            if proof.baseSeq > 0 {
                try context.writeLine(
                    printable(
                        "\(chain): up to change \(proof.baseSeq) by the server's snapshot alone; 'variorum sync' fetches "
                            + "the history"))
            }
            if proof.withheldCount > 0 {
                let changes = counted(proof.withheldCount, "change")
                try context.writeLine(printable("\(chain): \(changes) by the header alone, without the content"))
            }
            for problem in proof.problems { try context.writeLine(printable("problem: \(chain): \(problem)")) }
            for doubt in proof.doubts {
                let (claimed, other) = (
                    timestamp(ofMilliseconds: doubt.claimedAt), timestamp(ofMilliseconds: doubt.otherAt)
                )
                try context.writeLine(
                    printable(
                        doubt.claim == .afterItsReceipt
                            ? "doubt: \(chain): change \(doubt.seq) says \(claimed), and the server had it by \(other)"
                            : "doubt: \(chain): change \(doubt.seq) says \(claimed), and comes after one of \(other)"
                    ))
            }
        }
        if let server { try context.writeLine("server \(server.server), key \(server.key)") }
        if fetched > 0 { try context.writeLine("\(counted(fetched, "receipt")) fetched") }
        let unsigned = proofs.reduce(0) { $0 + Int($1.changeCount - $1.signedSeq) }
        if unsigned > 0 {
            try context.writeLine(
                "\(counted(unsigned, "change")) not signed yet: whoever holds this store could still exchange them")
        }
        try context.writeLine(
            isProved
                ? "Proved: nothing that is signed was altered, left out, put in or moved."
                : "Not proved: \(counted(proofs.reduce(0) { $0 + $1.problems.count }, "problem"))")
    }

    func json(_ entries: [Entry]) -> JSON {
        func time(_ milliseconds: Int64?) -> JSON {
            milliseconds.map { .text(timestamp(ofMilliseconds: $0)) } ?? .null
        }
        return [
            "is_proved": .boolean(isProved),
            "server": server.map { ["id": .text("\($0.server)"), "key": .text("\($0.key)")] } ?? .null,
            "fetched": .number(fetched),
            "chains": .array(
                proofs.map { proof in
                    [
                        "layer": .text("\(proof.layer)"), "replica": .text("\(proof.replica)"),
                        "member": proof.device.map { .text("\($0.member)") } ?? .null,
                        "member_name": proof.device.map { .text(name(of: $0.member)) } ?? .null,
                        "device_key": proof.device.map { .text("\($0.publicKey)") } ?? .null,
                        "is_vouched": .boolean(proof.isVouched), "changes": .number(proof.changeCount),
                        "from_snapshot": .number(proof.baseSeq),
                        "withheld": .number(proof.withheldCount), "signatures": .number(proof.signatureCount),
                        "signed_seq": .number(proof.signedSeq), "first_at": time(proof.firstAt),
                        "last_at": time(proof.lastAt),
                        "receipts": .array(
                            proof.receipts.map { ["seq": .number($0.seq), "received_at": time($0.receivedAt)] }),
                        "problems": .texts(proof.problems),
                        "doubts": .array(
                            proof.doubts.map {
                                [
                                    "seq": .number($0.seq), "claimed_at": time($0.claimedAt),
                                    "other_at": time($0.otherAt),
                                ]
                            }),
                    ]
                }),
            "changes": .array(
                entries.map { entry in
                    [
                        "layer": .text("\(entry.header.layer)"), "replica": .text("\(entry.header.replica)"),
                        "seq": .number(entry.header.seq), "author": .text("\(entry.header.author)"),
                        "author_name": .text(name(of: entry.header.author)), "at": time(entry.header.wallTime),
                        "received_by": time(entry.receivedBy), "is_signed": .boolean(entry.isSigned),
                        "hash": .text("\(entry.hash)"),
                    ]
                }),
        ]
    }
}
