import Foundation
import Interchange
import LocalStore
import Testing

/// Validates the W3C export with the schemas of the working group's own tests, where they and Python's jsonschema are.
///
/// VARIORUM_W3C_SCHEMAS names the folder of w3c/web-annotation-tests that holds `annotations` and `definitions`.
@Suite("W3C schemas")
struct WebAnnotationSchemaTests {
    private static let schemas =
        ProcessInfo.processInfo.environment["VARIORUM_W3C_SCHEMAS"] ?? "../shared/corpus/w3c-annotation-schemas"

    private static let hasSchemas = FileManager.default.fileExists(
        atPath: schemas + "/annotations/annotationMusts.test")

    /// Runs Python on a thread of its own: waiting for it must not hold up other tests.
    private static func python(_ arguments: [String]) async throws -> (status: Int32, output: String) {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let process = Process()
                        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                        process.arguments = ["python3"] + arguments
                        let pipe = Pipe()
                        process.standardOutput = pipe
                        process.standardError = FileHandle.nullDevice
                        try process.run()
                        let output = pipe.fileHandleForReading.readDataToEndOfFile()
                        process.waitUntilExit()
                        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
                    })
            }
        }
    }

    private static func canRun() async -> Bool {
        guard hasSchemas else { return false }
        return (try? await python(["-c", "import jsonschema"]).status) == 0
    }

    @Test("no annotation fails a MUST, and neither does the collection", .enabled { await canRun() })
    func musts() async throws {
        let temporary = try TemporaryStore()
        try temporary.fill()
        let export = try temporary.store.read { try ExportContent(reading: $0, includesPrivate: true) }.webAnnotations()
        let (status, output) = try await Self.judge(export.bytes)
        #expect(status == 0, "\(output)")
        #expect(output.contains("7 annotations, 54 assertions each"), "\(output)")
    }

    @Test("no annotation of a round fails a MUST, and neither do codings and result", .enabled { await canRun() })
    func roundMusts() async throws {
        for sample in [try ResultSample(), try ResultSample { "<\u{0}\"\\\u{202E}" + $0 }] {
            for naming in CoderNaming.allCases {
                let bytes = sample.annotations(naming).webAnnotations().bytes
                let file = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
                var result = try #require(file["variorum:result"] as? [String: Any])
                result["@context"] = file["@context"]
                for bytes in [bytes, Array(try JSONSerialization.data(withJSONObject: result))] {
                    let (status, output) = try await Self.judge(bytes)
                    #expect(status == 0 && output.contains("54 assertions each"), "\(output)")
                }
            }
        }
    }

    private static func judge(_ bytes: [UInt8]) async throws -> (status: Int32, output: String) {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("variorum-\(UUID().uuidString).jsonld")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes).write(to: file)
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "w3c-schemas.py")
        return try await python([script.path, schemas, file.path])
    }
}
