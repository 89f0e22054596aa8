import AnnotationModel
import ChangeLog
import Foundation
import ServerStore
import Synchronization
import TestSupport
import WireFormat

/// One deed on a server's store of its own.
final class ServerAttempt {
    let scene: ServerScene
    let deed: ServerDeed
    let path: String
    private let injector: Injector
    private let cryptography = SeededCryptography(seed: 12)
    private(set) var store: SQLiteServerStore?
    /// Chains that the store said it has taken, and how far.
    private(set) var confirmed: [ReplicaID: UInt64] = [:]

    init(_ scene: ServerScene, _ deed: ServerDeed, _ injector: Injector, number: Int) throws {
        (self.scene, self.deed, self.injector) = (scene, deed, injector)
        path = try scene.put(number, isEmpty: deed == .create)
        if deed != .create && deed != .open {
            store = try ServerScene.open(
                path, cryptography, injector,
                workspaceBytesMax: deed == .appendWithoutRoom ? scene.bytesForOne : 0)
        }
        cryptography.restart(seed: 13)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func arm(_ fault: Fault, _ number: Int) { injector.arm(fault, number) }
    func disarm(_ fault: Fault) -> (calls: Int, failures: Int) { injector.disarm(fault) }

    /// Ends the store, as the end of its process does, and opens it again without faults.
    func reopen() throws {
        store = nil
        store = try ServerScene.open(path, cryptography, creates: deed == .create)
    }

    func perform() async throws -> String {
        let scene = scene
        switch deed {
        case .create, .open:
            store = try ServerScene.open(path, cryptography, injector, creates: deed == .create)
            return "\(try await required(store).identity().key.publicKey.bytes.count)"
        default: break
        }
        let store = try required(store)
        func append(_ segments: [VerifiedSegment], by account: Account) async throws -> [SegmentResult] {
            let results = try await store.append(segments, workspace: scene.workspace, by: account)
            guard results.allSatisfy({ $0.status == .accepted }) else { throw Missing() }
            return results
        }
        switch deed {
        case .create, .open: break
        case .readEverything: return try await readEverything()
        case .enrol:
            return
                "\(try await store.enrol(publicKey: scene.identity.key.publicKey, deviceName: "d", tokenHash: scene.freeTokenHash))"
        case .append, .appendKnown, .appendRefused:
            let segment = deed == .append ? scene.next : deed == .appendKnown ? scene.known : scene.refused
            let result = try await append([segment], by: deed == .appendRefused ? scene.ben : scene.ana)[0]
            confirmed[segment.segment.replica] = result.heldSeq
            return "\(result.heldSeq) \(result.refused)"
        case .openRound, .submitAndReveal:
            let segment = deed == .openRound ? scene.opening : scene.submission
            let result = try await append([segment], by: scene.ana)[0]
            confirmed[segment.segment.replica] = result.heldSeq
            let heads = try await required(store.heads(workspace: scene.workspace, for: scene.ana))
            return "\(result.heldSeq) \(result.refused) \(heads.layers.map { "\($0.kind) \($0.stage)" }.sorted())"
        case .appendWithoutRoom:
            do throws(ServerStoreError) {
                _ = try await store.append(scene.several, workspace: scene.workspace, by: scene.ana)
            } catch {
                guard error.code == .quotaExceeded else { throw error }
                return "no room"
            }
            throw Missing()
        case .appendSeveral:
            // They share a transaction; each stands or falls by itself.
            let results = await withTaskGroup(of: (ReplicaID, Result<UInt64, any Error>).self) { group in
                for segment in scene.several {
                    group.addTask {
                        do {
                            let results = try await store.append([segment], workspace: scene.workspace, by: scene.ana)
                            return (segment.segment.replica, .success(results[0].heldSeq))
                        } catch {
                            return (segment.segment.replica, .failure(error))
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for case (let replica, .success(let seq)) in results { confirmed[replica] = seq }
            for case (_, .failure(let error)) in results { throw error }
        case .weigh:
            let (epoch, isNew) = try await store.weigh(
                checkpoint: FeedCursor(
                    layer: scene.shared, epoch: scene.head.epoch, position: scene.head.position, feedHash: .zero),
                workspace: scene.workspace, for: scene.ana)
            return "\(epoch != nil) \(isNew)"
        case .refreshSnapshots: return "\(try await store.refreshSnapshots(from: 1))"
        case .compact:
            _ = try await store.refreshSnapshots(from: 1)
            return "\(try await store.compact(receivedBefore: .max))"
        case .redeem:
            let outcome = try await store.redeem(
                Redemption(
                    codeHash: scene.invitation, name: "eva", password: "scrypt", device: scene.introduction,
                    tokenHash: .zero))
            guard case .enrolled(let account) = outcome else { throw Missing() }
            return account.name
        case .admit:
            return try await store.admit(scene.introduction, tokenHash: .zero, user: scene.ben.member).name
        case .setPassword: try await store.set(password: "scrypt", of: scene.ana)
        case .invite:
            return
                "\(try await store.invite(Invitation(codeHash: .zero, membership: (scene.workspace, .analyst), user: nil, maker: scene.ana.member, lifetime: 1000)))"
        case .revokeDevice:
            return "\(try await store.revoke(device: try required(scene.ben.device), of: scene.ben))"
        case .noteSeen: try await store.noteSeen(tokenHash: scene.tokenHash)
        case .setPasswordOfUser: try await store.set(password: nil, user: "ben")
        case .inviteByOperator:
            return
                "\(try await store.invite(codeHash: .zero, workspace: "Team", role: .owner, user: nil, lifetime: 1000))"
        case .revokeDeviceByOperator:
            return "\(try await store.revoke(device: try required(scene.ben.device), ofUserNamed: "ben"))"
        case .setQuota: try await store.set(quota: 5000, workspace: "Team")
        case .deleteWorkspace: try await store.delete(workspace: "Team")
        case .archive: try await store.archive(workspace: "Team", true)
        case .addUser: _ = try await store.addUser(name: "dora")
        case .addToken: try await store.addToken(tokenHash: .zero, user: "ben")
        case .revokeTokens: return "\(try await store.revokeTokens(user: "ben"))"
        case .addWorkspace: _ = try await store.addWorkspace(title: "Second")
        case .addMember: try await store.addMember(workspace: "Team", user: "cem", role: .curator)
        case .removeMember: try await store.removeMember(workspace: "Team", user: "ben")
        }
        return ""
    }

    /// Every question that can be asked, several times, so that each reading connection answers.
    func readEverything() async throws -> String {
        let store = try required(store)
        let scene = scene
        var answers: [String] = []
        for _ in 0..<2 {
            for _ in 0..<2 {
                answers.append("\(try await store.heads(workspace: scene.workspace, for: scene.ana) as Any)")
            }
            answers.append("\(try await store.account(tokenHash: scene.tokenHash) as Any)")
            answers.append("\(try await store.workspaces(of: scene.ana))")
            let start = FeedCursor(
                layer: scene.shared, epoch: scene.head.epoch, position: 0, feedHash: .zero)
            let page = try await store.page(
                from: start, workspace: scene.workspace, byteBudget: 1 << 20, for: scene.ana)
            answers.append("\(page)")
            answers.append("\(try await store.devices(of: [scene.replica]))")
            answers.append("\(try await store.vector(layer: scene.shared, workspace: scene.workspace, for: scene.ana))")
            let snapshot = SnapshotRequest(
                workspace: scene.workspace, layer: scene.shared, position: 0, firstPiece: 0, byteBudget: 1 << 20)
            answers.append("\(try await store.snapshot(snapshot, for: scene.ana))")
            let names = [ChangeName(replica: scene.replica, seq: 1), ChangeName(replica: scene.replica, seq: 1 << 40)]
            answers.append(
                "\(try await store.arrivals(of: names, layer: scene.shared, workspace: scene.workspace, for: scene.ana))"
            )
            answers.append("\(try await store.password(ofUserNamed: "ben") as Any)")
            answers.append("\(try await store.role(of: scene.ana, in: scene.workspace) as Any)")
            answers.append("\(try await store.hasLeft(scene.workspace, scene.ana))")
            answers.append("\(try await store.devices(of: scene.ana))")
            answers.append("\(try await store.auditLog(limit: 10))")
            let audience = try await store.audience(of: scene.shared, workspace: scene.workspace)
            answers.append("\(audience?.position as Any) \(audience?.tokens.sorted() as Any)")
            answers.append("\(try await store.accounts(in: scene.workspace).values.map(\.name).sorted())")
            answers.append("\(try await store.userList())")
            answers.append("\(try await store.workspaceList())")
            if deed != .create { answers.append("\(try await store.devices(ofUserNamed: "ben"))") }
            answers.append("\(try await store.statistics())")
        }
        return answers.joined(separator: "\n")
    }
}
