import Foundation
import FuzzTargets
import Testing

/// The corpus of scripts/fuzz, past crashes included, through every target.
@Suite struct CorpusTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("FuzzCorpus")

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `nothing is found in the corpus`(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        let folder = Self.root.appendingPathComponent(name)
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
            .compactMap { $0 as? URL }.filter { !$0.hasDirectoryPath && $0.pathExtension != "dict" }
        #expect(files.count >= 5, "\(name) needs a corpus: scripts/fuzz --merge")
        for file in files.sorted(by: { $0.path < $1.path }) {
            let input = [UInt8](try Data(contentsOf: file))
            #expect(throws: Never.self, "variorum-fuzz \(name) \(file.path)") { try target.run(input) }
        }
        // None is needed to pass through: the empty input and a long one of zeros are always tried.
        #expect(throws: Never.self) { try target.run([]) }
        #expect(throws: Never.self) { try target.run([UInt8](repeating: 0, count: target.lengthMax)) }
    }

    @Test func `every corpus has a target`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root.path).filter { !$0.hasPrefix(".") }
        #expect(folders.sorted() == FuzzTarget.all.map(\.name).sorted())
    }
}
