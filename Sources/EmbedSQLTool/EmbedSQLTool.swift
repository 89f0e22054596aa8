import Foundation

/// Writes one Swift file that holds the given SQL files as raw string literals, in the order given.
@main
enum EmbedSQLTool {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let output = arguments.first else {
            FileHandle.standardError.write(Data("usage: EmbedSQLTool OUTPUT FILE.sql...\n".utf8))
            exit(2)
        }
        var text = "/// The files of the schema folder, in the order of their names.\nenum EmbeddedSQL {\n"
        text += "    static let files: [(name: String, text: String)] = [\n"
        for path in arguments.dropFirst() {
            let sql = try String(contentsOfFile: path, encoding: .utf8)
            let name = URL(fileURLWithPath: path).lastPathComponent
            text += "        (\n            \"\(name)\",\n            ####\"\"\"\n\(sql)\n\"\"\"####\n        ),\n"
        }
        text += "    ]\n}\n"
        try text.write(toFile: output, atomically: true, encoding: .utf8)
    }
}
