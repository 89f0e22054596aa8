import Cryptography
import ServerStore

extension Doctor {
    /// Schema, structure, clock, people and quotas.
    func database(_ configuration: Configuration?) -> [Finding] {
        let name = "database"
        let condition: ServerCondition
        do {
            condition = try ServerDatabase(folder: folder, cryptography: OpenSSLCryptography())
                .condition(quietSince: now - 90 * Self.dayMilliseconds)
        } catch {
            return [
                .problem(
                    name, "\(error)", "variorumd init makes a new one, variorumd restore puts one back from a backup")
            ]
        }
        guard condition.damages.isEmpty else {
            return [
                .problem(
                    name, oneLine(condition.damages.joined(separator: "; ")),
                    "stop the server, restore the newest backup that verifies: devices push what it lacks")
            ]
        }
        return [.ok(name, "its structure is whole"), schema(condition), clock(condition)] + people(condition)
            + [quotas(condition, configuration)]
    }

    private func schema(_ condition: ServerCondition) -> Finding {
        let name = "schema"
        if condition.isNewerSchema {
            return .problem(
                name, "\(condition.schema) is not of this version of the program", "install the newer version again")
        }
        if condition.isOlderSchema {
            return .warning(
                name, "\(condition.schema) is an older version's", "make a backup; the next start upgrades it")
        }
        return .ok(name, condition.schema)
    }

    /// The server writes down when a change came: its clock was there once.
    private func clock(_ condition: ServerCondition) -> Finding {
        let name = "clock"
        // Within this it may have been set right.
        guard let newest = condition.newestChangeAt, newest - now > 60_000 else {
            return .ok(name, "not before the newest change")
        }
        return .problem(
            name, "it is \(localTime(now)), and the newest change came at \(localTime(newest))",
            "set the clock, such as with timedatectl set-ntp true")
    }

    private func people(_ condition: ServerCondition) -> [Finding] {
        let (quiet, orphans) = (condition.quietMembers, condition.workspacesWithoutOwner)
        return [
            quiet.isEmpty
                ? .ok("members", "each was here within 90 days")
                : .warning(
                    "members", "\(some(quiet)): no device was here within 90 days",
                    "ask them, or end what is not used: variorumd user revoke, member remove"),
            orphans.isEmpty
                ? .ok("owners", "every workspace has one")
                : .warning(
                    "owners", "\(some(orphans)): without an owner nobody can invite or remove people",
                    "variorumd member add TITLE NAME --role owner"),
        ]
    }

    private func quotas(_ condition: ServerCondition, _ configuration: Configuration?) -> Finding {
        let name = "quotas"
        let standard = configuration?.number(.workspaceBytes) ?? 0
        let shares = condition.holdings.compactMap { holding -> (title: String, percent: Int)? in
            let quota = holding.quota ?? standard
            return quota > 0 ? (holding.title, Int(Double(holding.bytes) / Double(quota) * 100)) : nil
        }
        let (full, nearly) = (shares.filter { $0.percent >= 99 }, shares.filter { (90..<99).contains($0.percent) })
        if !full.isEmpty {
            return .problem(
                name, "\(some(full.map(\.title))): used up, and what people make waits on their devices",
                "variorumd workspace quota TITLE BYTES")
        }
        if !nearly.isEmpty {
            return .warning(
                name, "\(some(nearly.map(\.title))): more than nine tenths are used",
                "variorumd workspace quota TITLE BYTES, before pushes are refused")
        }
        return .ok(name, shares.isEmpty ? "none are set" : "there is room in every workspace")
    }
}
