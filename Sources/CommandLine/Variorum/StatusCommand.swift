import AnnotationModel
import Interchange
import LocalStore

extension Command {
    static let status = Command(
        CommandSpecification(
            "status", summary: "tell what is here, what waits to be sent, and what needs a decision",
            examples: [CommandExample("variorum status", "Where do I stand?")]),
        json: """
            `{store, workspace, title, member, member_name, replica, server, last_sync, last_failure, full_since, layers, \
            documents, annotations, conflicts, duplicate_names, refused, set_aside}`; `server` is null or `{url, id}`, `last_sync` \
            and `last_failure` are null or `{at, message}`, `full_since` is since when the workspace's quota on the server is used \
            up, or null, a layer is `{id, kind, owner, owner_name, is_writable, is_on_server, position, \
            head_position, missing_history, pending_count, pending_since}`, the rest are numbers
            """
    ) { context in
        let store = try context.openStore()
        let link = try store.syncLink()
        let (success, failure, full) = try store.lastSyncs()
        let state = try store.read { try StoreStatus($0) }
        if context.isJSON {
            try context.write(state.json(path: store.folder.path, link, success, failure, full))
        } else {
            for line in state.lines(link, success, failure, full, now: context.surroundings.clock()) {
                try context.writeLine(printable(line))
            }
        }
        return .success
    }
}

/// What `status` counts.
private struct StoreStatus {
    let names: RecordNames
    let replica: String
    let annotationCount: Int
    let conflictCount: Int
    let duplicateCount: Int
    let refusedCount: Int
    let setAsideCount: Int

    init(_ reader: StoreReader) throws {
        names = try RecordNames(reading: reader, countsUses: false)
        replica = "\(try reader.ownReplica())"
        annotationCount = try reader.annotationCount()
        conflictCount = try reader.conflicts().count
        duplicateCount = try reader.duplicateNames().count
        refusedCount = try reader.refused().count
        setAsideCount = try reader.setAside().count
    }

    func lines(
        _ link: SyncLink?, _ success: SyncRecord?, _ failure: SyncRecord?, _ full: SyncRecord?, now: Int64
    ) -> [String] {
        var lines = [
            "\(names.title) · \(names.name(of: names.ownMember))",
            "\(counted(names.documents.count, "document")), \(counted(annotationCount, "annotation")), "
                + "\(counted(names.codes.count, "code")), \(counted(names.entities.count, "entity", "entities"))",
        ]
        let pending = names.layers.reduce(0) { $0 + $1.pendingCount }
        if let link {
            lines.append("server: \(link.url)")
            lines.append(
                success.map { "last sync: \(localTime($0.at)) (\(Self.age($0.at, now)))" } ?? "last sync: never")
            if let failure { lines.append("last attempt failed \(Self.age(failure.at, now)): \(failure.message)") }
            if let full {
                lines.append("the workspace is full since \(localTime(full.at)): \(Synchronising.fullReason)")
            }
        } else {
            lines.append("server: none ('variorum connect' joins one; bundles work without)")
        }
        let isConnected = link != nil
        if pending == 0 {
            lines.append(isConnected ? "everything here is on the server" : "nothing waits to be sent")
        } else {
            lines.append("\(counted(pending, "change")) \(pending == 1 ? "waits" : "wait") to be sent:")
            for layer in names.layers where layer.pendingCount > 0 {
                let since = layer.pendingSince.map { ", the oldest from \(localTime($0))" } ?? ""
                lines.append("  \(names.layerTitle(layer.id)): \(layer.pendingCount)\(since)")
            }
            lines += Synchronising.waitingForRounds(names).map { "  " + $0 }
            if isConnected {
                lines.append(
                    "  next try: when 'variorum sync' runs" + (failure == nil ? "" : "; the last one failed, see above")
                )
            }
        }
        for layer in names.layers where layer.headPosition > layer.position {
            lines.append(
                "\(names.layerTitle(layer.id)): \(layer.headPosition - layer.position) more on the server, as far as is known"
            )
        }
        for layer in names.layers where layer.missingHistory > 0 {
            lines.append(
                "\(names.layerTitle(layer.id)): began from a snapshot; \(counted(Int(layer.missingHistory), "change")) of "
                    + "its history not fetched yet")
        }
        if conflictCount > 0 { lines.append("\(counted(conflictCount, "conflict")): see 'variorum conflicts'") }
        if duplicateCount > 0 {
            lines.append("\(counted(duplicateCount, "name")) used twice: see 'variorum conflicts'")
        }
        if refusedCount + setAsideCount > 0 {
            lines.append(
                "\(counted(refusedCount + setAsideCount, "change")) refused or set aside: see 'variorum refused'")
        }
        return lines
    }

    /// "5 minutes ago".
    private static func age(_ moment: Int64, _ now: Int64) -> String {
        let seconds = (now - moment) / 1000
        switch seconds {
        case ..<0: return "by the clock, in the future"
        case ..<90: return "just now"
        case ..<5400: return "\(seconds / 60) minutes ago"
        case ..<172_800: return "\(seconds / 3600) hours ago"
        default: return "\(seconds / 86_400) days ago"
        }
    }

    func json(
        path: String, _ link: SyncLink?, _ success: SyncRecord?, _ failure: SyncRecord?, _ full: SyncRecord?
    ) -> JSON {
        func record(_ record: SyncRecord?) -> JSON {
            record.map { ["at": .text(timestamp(ofMilliseconds: $0.at)), "message": .text($0.message)] } ?? .null
        }
        return [
            "store": .text(path), "workspace": .text("\(names.workspace)"), "title": .text(names.title),
            "member": .text("\(names.ownMember)"), "member_name": .text(names.name(of: names.ownMember)),
            "replica": .text(replica),
            "server": link.map { ["url": .text($0.url), "id": .text("\($0.server)")] } ?? .null,
            "last_sync": record(success), "last_failure": record(failure),
            "full_since": .optional(full.map { timestamp(ofMilliseconds: $0.at) }),
            "layers": .array(
                names.layers.map { layer in
                    [
                        "id": .text("\(layer.id)"), "kind": .text(layer.kindName),
                        "owner": .optional(layer.owner?.description),
                        "owner_name": .optional(layer.owner.map(names.name)), "is_writable": .boolean(layer.isWritable),
                        "is_on_server": .boolean(layer.isOnServer), "position": .number(layer.position),
                        "head_position": .number(layer.headPosition),
                        "missing_history": .number(layer.missingHistory),
                        "pending_count": .number(layer.pendingCount),
                        "pending_since": .optional(layer.pendingSince.map { timestamp(ofMilliseconds: $0) }),
                    ]
                }),
            "documents": .number(names.documents.count), "annotations": .number(annotationCount),
            "conflicts": .number(conflictCount), "duplicate_names": .number(duplicateCount),
            "refused": .number(refusedCount), "set_aside": .number(setAsideCount),
        ]
    }
}
