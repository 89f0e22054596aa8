import Foundation
import Testing

/// The fault loops leave out no public operation: the lists of what they go through are compared with the sources.
@Suite struct PublicOperationsTests {
    private static let sources = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources")

    /// `Type.function` for every public function of the types, as they are declared below `Sources/module`.
    private func publicFunctions(of types: Set<String>, in module: String) throws -> Set<String> {
        let folder = Self.sources.appendingPathComponent(module)
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        var found: Set<String> = []
        for case let file as URL in files where file.pathExtension == "swift" {
            var type = ""
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                if let match = line.firstMatch(
                    of: /^(?:public )?(?:final )?(?:class|struct|extension|protocol|enum) (\w+)/)
                {
                    type = String(match.1)
                }
                let isProtocol = type == "ServerStore" || type == "ServerAdministration"
                guard types.contains(type),
                    let match = line.firstMatch(of: /^ +(public |)(?:static )?func (\w+)/),
                    isProtocol || !match.1.isEmpty
                else { continue }
                found.insert("\(type).\(match.2)")
            }
        }
        return found
    }

    @Test func everyOperationOfTheOfflineStoreHasItsLoop() throws {
        let functions = try publicFunctions(
            of: ["LocalStore", "StoreReader", "WriteTransaction"], in: "LocalStore")
        #expect(functions.count > 50)
        #expect(functions.symmetricDifference(StoreDeed.allCases.flatMap(\.covers)) == [])
    }

    @Test func everyOperationOfTheServersStoreHasItsLoop() throws {
        let functions = try publicFunctions(of: ["ServerStore", "ServerAdministration"], in: "ServerStore")
        #expect(functions.count > 15)
        #expect(functions.symmetricDifference(ServerDeed.allCases.flatMap(\.covers)) == [])
    }
}
