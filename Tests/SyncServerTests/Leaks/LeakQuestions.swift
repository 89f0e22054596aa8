import AnnotationModel
import ChangeLog
import ServerStore
import TestSupport
import WireFormat

/// What somebody curious would ask at a path.
struct LeakQuestion {
    let label: String
    let query: String
    let body: [UInt8]

    init(_ label: String, _ message: some WireMessage) { (self.label, query, body) = (label, "", message.encoded) }

    init(_ label: String, query: String) { (self.label, self.query, body) = (label, query, []) }
}

extension LeakWorld {
    /// Everything that is asked at a path: for what one may see, for what is hidden, and for what is nowhere. A path that
    /// is not here does not compile.
    func questions(at path: SyncPath, by observer: Observer, about hidden: Hidden) async throws -> [LeakQuestion] {
        let key = device(of: observer)?.key ?? ben.key
        let member = device(of: observer)?.member ?? ben.member
        let server = try await live.store.identity()
        let nowhere = LayerID(high: 0x0BAD_1DEA, low: 1)
        let workspaces = [
            ("own", live.workspace), ("hidden", hidden.workspace), ("none", WorkspaceID(high: 4, low: 4)),
        ]
        let layers = [
            ("shared", shared), ("private", bensPrivate), ("coding", bensCoding), ("elsewhere", hidden.layer),
            ("nowhere", nowhere),
        ]
        /// A question about each layer in each workspace.
        func each(_ make: (String, WorkspaceID, LayerID) -> [LeakQuestion]) -> [LeakQuestion] {
            workspaces.flatMap { place, workspace in
                layers.flatMap { name, layer in make("\(name) layer, \(place) workspace", workspace, layer) }
            }
        }
        func cursors(_ layer: LayerID) -> [FeedCursor] {
            [
                (bensEpoch, UInt64(0), Digest.zero), (bensEpoch, 6, hidden.privateHash),
                (hidden.epoch, 3, hidden.feedHash),
            ]
            .map { FeedCursor(layer: layer, epoch: $0.0, position: $0.1, feedHash: $0.2) }
        }
        func introduction(_ secret: [UInt8], isSigned: Bool = true) -> DeviceIntroduction {
            let statement = SignedStatement.enrolment(
                secret: cryptography.sha256(secret), publicKey: key.publicKey, deviceName: "d")
            return DeviceIntroduction(
                publicKey: key.publicKey, deviceName: "d",
                signature: cryptography.sign(isSigned ? statement : [0], with: key))
        }
        switch path {
        case .connect:
            return [
                LeakQuestion("own key", ConnectRequest(publicKey: key.publicKey, deviceName: "d")),
                LeakQuestion("another's key", ConnectRequest(publicKey: hidden.device, deviceName: "d")),
            ]
        case .heads:
            return workspaces.map { LeakQuestion($0.0, HeadsRequest(workspace: $0.1, digest: nil)) }
                + workspaces.map {
                    LeakQuestion($0.0 + ", digest", HeadsRequest(workspace: $0.1, digest: HeadsDigest(high: 1, low: 1)))
                }
        case .push:
            return each { name, workspace, layer in
                // Each of an own replica, so that the good one is new where it is taken.
                var maker = Maker(of: member, key: key, in: layer, replica: ReplicaID(high: member.high, low: 1))
                maker.make(count: 3)
                return [
                    ("a gap", maker.segment(3)), ("signed by another", maker.segment(signedBy: ben.key)),
                    ("unsigned", maker.segment(isSigned: false)), ("good", maker.segment()), ("again", maker.segment()),
                ].map { LeakQuestion("\(name), \($0.0)", PushRequest(workspace: workspace, segments: [$0.1])) }
            }
        case .pull:
            return each { name, workspace, layer in
                cursors(layer).enumerated().map { number, cursor in
                    LeakQuestion(
                        "\(name), cursor \(number)",
                        PullRequest(workspace: workspace, cursors: [cursor], byteBudget: 1 << 20))
                }
            }
        case .vector:
            return each { name, workspace, layer in
                [LeakQuestion(name, VectorRequest(workspace: workspace, layer: layer))]
            }
        case .snapshot:
            // The newest, the hidden ones, a later piece.
            return each { name, workspace, layer in
                [(UInt64(0), UInt64(0)), (0, 1), (6, 0), (4, 0), (3, 0), (99, 2)].map { position, piece in
                    LeakQuestion(
                        "\(name), position \(position), piece \(piece)",
                        SnapshotRequest(
                            workspace: workspace, layer: layer, position: position, firstPiece: piece,
                            byteBudget: 1 << 20))
                }
            }
        case .receipts:
            // What the hidden layers hold is among it; so are ends that nobody holds.
            let changes = (1...4).flatMap { seq in
                (1...4).map { ChangeName(replica: ReplicaID(high: 0x1EAC, low: $0), seq: seq) }
            }
            return each { name, workspace, layer in
                [LeakQuestion(name, ReceiptsRequest(workspace: workspace, layer: layer, changes: changes))]
            }
        case .checkpoint:
            return each { name, workspace, layer in
                cursors(layer).enumerated().flatMap { number, cursor in
                    let statement = SignedStatement.checkpoint(
                        server: server.server, layer: layer, epoch: cursor.epoch, position: cursor.position,
                        feedHash: cursor.feedHash)
                    return [("genuine", server.key), ("forged", key)].map { kind, signer in
                        LeakQuestion(
                            "\(name), cursor \(number), \(kind)",
                            CheckpointProof(
                                workspace: workspace, cursor: cursor,
                                signature: cryptography.sign(statement, with: signer)))
                    }
                }
            }
        case .join:
            return ["", "mallory", "ana", "new"].flatMap { name in
                (name == "mallory" ? ["", "a long enough password"] : [""]).map { password in
                    LeakQuestion(
                        "as '\(name)'",
                        JoinRequest(
                            code: "vri_guess", name: name, password: password,
                            device: introduction(Array("vri_guess".utf8))))
                }
            } + [
                LeakQuestion(
                    "not signed",
                    JoinRequest(
                        code: Self.hiddenCodes[0], name: "x", password: "", device: introduction([], isSigned: false)))
            ]
        case .login:
            return ["mallory", "zoe", "nobody", "ben", ""].map { name in
                LeakQuestion(
                    "as '\(name)'",
                    LoginRequest(name: name, password: "wrong password", device: introduction(Array(name.utf8))))
            }
        case .invite:
            return workspaces.flatMap { name, workspace in
                [1, 4, 9].map {
                    LeakQuestion(
                        "\(name), role \($0)", InviteRequest(purpose: .member(workspace, role: $0), seconds: 60))
                }
            } + [LeakQuestion("own device", InviteRequest(purpose: .ownDevice, seconds: 60))]
        case .devices:
            return [
                LeakQuestion("list", DevicesRequest(revoked: nil)),
                LeakQuestion("end another's", DevicesRequest(revoked: hidden.device)),
                LeakQuestion("end a known one", DevicesRequest(revoked: ben.key.publicKey)),
            ]
        case .password:
            return [
                LeakQuestion("weak", PasswordRequest(old: "", new: "short")),
                LeakQuestion("set", PasswordRequest(old: "", new: "long enough, I think")),
                LeakQuestion("wrong", PasswordRequest(old: "wrong", new: "long enough, I think")),
            ]
        case .live:
            return workspaces.map { LeakQuestion($0.0, query: "?workspace=\($0.1)") } + [
                LeakQuestion("nothing", query: ""), LeakQuestion("odd", query: "?workspace=x"),
                LeakQuestion("a layer", query: "?workspace=\(bensPrivate)"),
            ]
        }
    }
}
