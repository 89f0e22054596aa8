import Glibc
import Interchange
import ServerStore

/// `variorumd stats`: how much there is.
struct StatisticsCommand {
    let folder: String
    let values: ArgumentValues
    let output: FileOutput

    static let specification = CommandSpecification(
        "stats", summary: "show how much there is: people, changes, bytes",
        options: [.flag("json", nil, "print JSON instead of text"), Configuration.fileOption],
        examples: [CommandExample("variorumd stats -d data", "how large the server has become")])

    func run() async throws {
        let statistics = try await ServerCommand.open(folder, creates: false).statistics()
        let configuration = try Configuration.load(named: values.value("config"), folder: folder)
        let database = size(of: ServerDatabase.fileName)
        let log = size(of: ServerDatabase.fileName + "-wal")
        if values.flag("json") {
            let line: JSON = [
                "users": .number(statistics.userCount), "devices": .number(statistics.deviceCount),
                "database_bytes": .number(database), "log_bytes": .number(log),
                "workspaces": .array(
                    statistics.workspaces.map { workspace in
                        let line: JSON = [
                            "workspace": .text("\(workspace.workspace)"), "title": .text(workspace.title),
                            "changes": .number(workspace.changeCount), "bytes": .number(workspace.byteCount),
                        ]
                        return line.adding(WorkspaceQuota(of: workspace, in: configuration).json)
                    }),
            ]
            return try output.write(line.compact + [UInt8(ascii: "\n")])
        }
        try output.writeLine(
            "\(counted(statistics.userCount, "user")), \(counted(statistics.deviceCount, "device")); database "
                + "\(database) bytes, its log \(log) bytes")
        let table = TextTable(
            [
                TextTable.Column("workspace", isFlexible: true), TextTable.Column("changes", alignment: .right),
                TextTable.Column("bytes", alignment: .right), TextTable.Column("quota", alignment: .right),
            ],
            rows: statistics.workspaces.map {
                [
                    $0.title, "\($0.changeCount)", "\($0.byteCount)",
                    WorkspaceQuota(of: $0, in: configuration).text,
                ]
            })
        try output.write(table.text(width: Terminal(fileDescriptor: 1).width, isStyled: false))
    }

    /// 0 for a file that is not there, as the log of a database that nobody has open.
    private func size(of name: String) -> Int {
        var status = stat()
        return stat(folder + "/" + name, &status) == 0 ? Int(status.st_size) : 0
    }
}
