import Foundation
import Testing

/// The planted bugs of Tests/Mutations still fit the sources; `scripts/mutate` plants each and finds it.
@Suite struct MutationListTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct Mutation: CustomTestStringConvertible {
        let name: String
        let file: String
        let seed: Int?
        let original: String
        let planted: String
        var testDescription: String { name }
    }

    static let all: [Mutation] = {
        let folder = root.appendingPathComponent("Tests/Mutations")
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        return names.filter { $0.hasSuffix(".mutation") }.compactMap { name in
            guard let text = try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) else {
                return nil
            }
            let parts = text.components(separatedBy: "--- ")
            func field(_ key: String) -> String? {
                parts[0].split(separator: "\n").first { $0.hasPrefix(key + ": ") }.map {
                    String($0.dropFirst(key.count + 2))
                }
            }
            guard parts.count == 3, parts[1].hasPrefix("original\n"), parts[2].hasPrefix("planted\n"),
                let file = field("file")
            else { return nil }
            return Mutation(
                name: name, file: file, seed: field("seed").flatMap { Int($0) },
                original: String(parts[1].dropFirst(9)), planted: String(parts[2].dropFirst(8)))
        }
    }()

    @Test func thereAreTen() {
        #expect(Self.all.count >= 10)
    }

    @Test(arguments: all) func aPlantedBugFitsItsSourceOnce(mutation: Mutation) throws {
        let source = try String(contentsOf: Self.root.appendingPathComponent(mutation.file), encoding: .utf8)
        #expect(source.components(separatedBy: mutation.original).count == 2)
        #expect(mutation.original != mutation.planted)
        #expect(mutation.seed != nil, "run scripts/mutate --record")
    }
}
