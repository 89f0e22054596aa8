import Foundation
import PackagePlugin

/// Compiles `schema/<folder>/*.sql` into the target that owns the folder, as raw string literals.
///
/// The binary stays one file, and the SQL stays SQL: readable, diffable, and hashed by the migrations.
@main
struct EmbedSQL: BuildToolPlugin {
    private static let folderOfTarget = ["LocalStore": "store", "ServerStore": "server"]

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let folder = Self.folderOfTarget[target.name] else {
            Diagnostics.error("EmbedSQL knows no schema folder for target \(target.name)")
            return []
        }
        let source = context.package.directoryURL.appending(path: "schema/\(folder)")
        let files = try FileManager.default.contentsOfDirectory(at: source, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "sql" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedSQL.swift")
        return [
            .buildCommand(
                displayName: "Embedding schema/\(folder)",
                executable: try context.tool(named: "EmbedSQLTool").url,
                arguments: [output.path()] + files.map { $0.path() },
                inputFiles: files,
                outputFiles: [output])
        ]
    }
}
