import AnnotationModel
import ChangeLog
import SQLiteBinding

extension World {
    /// What must not be found with anybody but its owner: the words of private layers, and their names.
    private func secrets(keptFrom member: Int) throws -> [(what: String, bytes: [UInt8])] {
        var secrets: [(String, [UInt8])] = []
        for other in 0..<enrolments.memberCount where other != member {
            secrets.append(("words of member \(other)", [UInt8](Author.secret(of: other).utf8)))
        }
        for (layer, owner) in privateLayers where owner != member {
            secrets.append(("the name of member \(owner)'s private layer", layer))
        }
        guard plan.hasRounds else { return secrets }
        for (layer, owner) in try noteRevealed() where owner != member && !revealedLayers.contains(layer) {
            secrets.append(("what member \(owner) has in a round", [UInt8](Author.secret(of: layer).utf8)))
            secrets.append(("the name of member \(owner)'s layer in a round", layer.bytes))
        }
        return secrets
    }

    /// Takes down which layers of rounds are open now: what was revealed once is no secret any more, also where the
    /// server, or its clock, was put back to before.
    ///
    /// - Returns: The hidden ones.
    @discardableResult
    func noteRevealed() throws -> [(layer: LayerID, owner: Int)] {
        let hidden = try auditServer { try Audit.hiddenLayers($0, at: server.now) }
        let all = try auditServer { try Audit.layers($0) }.filter { $0.kind >= LayerKind.coding.rawValue }
        revealedLayers.formUnion(Set(all.map(\.id)).subtracting(hidden.map(\.layer)))
        return hidden
    }

    /// - Parameter sender: Who sends it, for people.
    func inspect(_ body: [UInt8], goingTo member: Int, from sender: String = "the server") {
        guard let secrets = try? secrets(keptFrom: member) else { return }
        for secret in secrets where body.containsBytes(secret.bytes) {
            violate(.secrecy, "\(sender) sent \(secret.what) to member \(member)")
        }
    }

    func searchDisks() throws {
        for device in devices {
            let pieces = try piecesHeld(by: device)
            for secret in try secrets(keptFrom: device.member)
            where device.machine.contains(secret.bytes) || pieces.contains(where: { $0.containsBytes(secret.bytes) }) {
                violate(.secrecy, "\(device.name) of member \(device.member) holds \(secret.what)")
            }
        }
    }

    /// Ids of private layers and whose they are, from the server's own tables.
    func learnPrivateLayers() throws {
        let members = try auditServer { connection in
            let select = try connection.prepare("SELECT id, name FROM user")
            var members: [MemberID: Int] = [:]
            while try select.step() {
                if let id = MemberID(bytes: select.blob(0)) { members[id] = Int(select.text(1).dropFirst(7)) }
            }
            return members
        }
        privateLayers.removeAll()
        for layer in try auditServer({ try Audit.layers($0) }) where layer.kind == LayerKind.private.rawValue {
            if let owner = layer.owner.flatMap({ members[$0] }) { privateLayers.append((layer.id.bytes, owner)) }
        }
    }
}
