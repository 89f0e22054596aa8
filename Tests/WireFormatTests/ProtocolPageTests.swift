import Foundation
import Testing

/// The worked example in docs/sync-protocol.md has the bytes of the vectors.
@Suite struct ProtocolPageTests {
    /// Blocks that begin with "```hex NAME": name, and what stands at the beginning of their lines in hexadecimal.
    private static func blocks() throws -> [(name: String, bytes: [UInt8])] {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/sync-protocol.md").standardizedFileURL
        var blocks: [(name: String, bytes: [UInt8])] = []
        var name: String?
        var digits = ""
        for line in try String(contentsOf: page, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            if let open = name {
                if line == "```" {
                    blocks.append((open, bytes(hexadecimal: digits)))
                    name = nil
                    continue
                }
                for word in line.split(separator: " ") {
                    guard word.utf8.count % 2 == 0, word.allSatisfy(\.isHexDigit) else { break }
                    digits += word
                }
            } else if line.hasPrefix("```hex ") {
                (name, digits) = (String(line.dropFirst("```hex ".count)), "")
            }
        }
        return blocks
    }

    @Test func theWorkedExampleIsTrue() throws {
        let blocks = try Self.blocks()
        #expect(blocks.count == 5)
        for block in blocks {
            let signed = "signature of "
            if block.name.hasPrefix(signed) {
                let name = String(block.name.dropFirst(signed.count))
                let vector = try #require(Vector.all.first { $0.name == name })
                #expect(vector.facts.contains { $0.key == "signature" && $0.value == hexadecimal(block.bytes) })
            } else {
                let vector = try #require(Vector.all.first { $0.name == block.name })
                #expect(hexadecimal(block.bytes) == hexadecimal(vector.bytes), "\(block.name)")
            }
        }
    }
}
