import Interchange
import ServerStore

/// `variorumd workspace quota`.
extension Administration {
    static let quotaSpecification = CommandSpecification(
        "quota", summary: "show or set how much a workspace may hold",
        discussion: """
            Counted are the payloads of its changes, and 256 bytes for each change. A push beyond the quota is refused whole; it \
            waits on its device and is sent again by itself once there is room.
            """,
        options: [.flag("json", nil, "print JSON instead of text"), Configuration.fileOption],
        positionals: [
            PositionalSpecification("title", "its title"),
            PositionalSpecification(
                "quota", "bytes, default for limits.workspace-bytes, or none", isOptional: true),
        ],
        examples: [
            CommandExample("variorumd workspace quota Treaty -d data", "how much there is, and may be"),
            CommandExample("variorumd workspace quota Treaty 2000000000 -d data", "2 GB"),
        ])

    private static let quotaMax = 1_000_000_000_000_000

    func handleQuota() async throws {
        let title = try name("title")
        if let text = values.positional("quota") {
            try await store.set(quota: Self.quota(text, in: values), workspace: title)
        }
        guard let workspace = try await store.statistics().workspaces.first(where: { $0.title == title }) else {
            throw ServerStoreError(
                .unknownName, "there is no workspace '\(title)'; `variorumd workspace list` shows what there is")
        }
        let quota = WorkspaceQuota(
            of: workspace, in: try Configuration.load(named: values.value("config"), folder: folder))
        if values.flag("json") {
            let line: JSON = ["title": .text(title), "bytes": .number(workspace.byteCount)]
            try print(line.adding(quota.json))
        } else {
            try output.writeLine(
                "'\(printable(title))' holds \(workspace.byteCount) bytes; its quota: \(quota.text).")
        }
    }

    /// - Returns: `nil` for the default, 0 for none.
    private static func quota(_ text: String, in values: ArgumentValues) throws -> Int64? {
        switch text {
        case "default": return nil
        case "none": return 0
        default:
            guard let bytes = Int64(text), (1...Int64(quotaMax)).contains(bytes) else {
                throw UsageError(
                    .invalidValue, in: values.commandPath,
                    "a quota is a number of bytes from 1 to \(quotaMax), default, or none")
            }
            return bytes
        }
    }
}

/// What a workspace may hold, and who says so.
struct WorkspaceQuota {
    /// 0 for no limit.
    let bytes: Int
    let isDefault: Bool

    init(of workspace: ServerStatistics.Workspace, in configuration: Configuration) {
        isDefault = workspace.quota == nil
        bytes = workspace.quota.map { Int($0) } ?? configuration.number(.workspaceBytes)
    }

    var text: String { (bytes == 0 ? "none" : "\(bytes)") + (isDefault ? " (default)" : "") }

    /// `quota` is null where there is none.
    var json: JSON { ["quota": bytes == 0 ? .null : .number(bytes), "quota_is_default": .boolean(isDefault)] }
}
