import Cryptography
import Foundation
import WireFormat

/// One example of the wire format, as it stands in schema/wire/vectors; schema/wire/README.md says what the keys are.
struct Vector {
    let name: String
    /// Keys and values of the file's head, in order.
    let facts: [(key: String, value: String)]
    let bytes: [UInt8]

    init(_ name: String, _ about: String, rule: String, _ bytes: [UInt8], _ facts: [(String, String)] = []) {
        self.name = name
        let hash = ExampleWorld.cryptography.sha256(bytes)
        self.facts = [("about", about), ("rule", rule), ("sha256", "\(hash)")] + facts.map { (key: $0.0, value: $0.1) }
        self.bytes = bytes
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../schema/wire/vectors").standardizedFileURL.path

    var path: String { Self.folder + "/" + name + ".hex" }

    var text: String {
        var lines = facts.map { "# \($0.key): \($0.value)" }
        for start in stride(from: 0, to: bytes.count, by: 32) {
            lines.append(hexadecimal(bytes[start..<min(start + 32, bytes.count)]))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte in
        let digits = String(byte, radix: 16)
        return digits.utf8.count == 1 ? "0" + digits : digits
    }.joined()
}

func bytes(hexadecimal text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
