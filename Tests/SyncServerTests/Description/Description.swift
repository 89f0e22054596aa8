import Foundation

/// What schema/openapi.yaml says.
struct Description {
    struct Response {
        var mediaTypes: Set<String>
        /// The words of its errors.
        var words: Set<String>
        var headers: Set<String>
        var requiredHeaders: Set<String>
    }

    struct Operation {
        let path: String
        let method: String
        let responses: [Int: Response]
    }

    private let root: YAML
    let operations: [Operation]
    /// What is answered at any other path.
    let otherPath: Response

    static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    init() throws {
        let file = Self.repository.appendingPathComponent("schema/openapi.yaml")
        let root = YAML(try String(contentsOf: file, encoding: .utf8))
        self.root = root
        operations = root["paths"]!.entries.flatMap { path, item in
            item.entries.filter { $0.key != "servers" }.map { method, operation in
                let responses = operation["responses"]!.entries.map {
                    (Int($0.key)!, Self.response($0.value, in: root))
                }
                return Operation(
                    path: path, method: method.uppercased(), responses: Dictionary(uniqueKeysWithValues: responses))
            }
        }
        otherPath = Self.response(root["components"]!["responses"]!["OtherPath"]!, in: root)
    }

    func operations(at path: String) -> [Operation] { operations.filter { $0.path == path } }

    /// The CDDL rules that bodies are said to match.
    var rules: Set<String> {
        func texts(_ node: YAML) -> [String] {
            (node.text.map { [$0] } ?? []) + node.items.flatMap(texts) + node.entries.values.flatMap(texts)
        }
        return Set(
            texts(root).compactMap { text in
                text.hasPrefix("The CDDL rule `") ? String(text.split(separator: "`")[1]) : nil
            })
    }

    private static func response(_ node: YAML, in root: YAML) -> Response {
        let node = resolved(node, in: root)
        let content = node["content"]?.entries ?? [:]
        let words = content["application/json"]?["schema"]?["properties"]?["error"]?["enum"]?.items ?? []
        let headers = node["headers"]?.entries.mapValues { resolved($0, in: root) } ?? [:]
        return Response(
            mediaTypes: Set(content.keys), words: Set(words.compactMap(\.text)), headers: Set(headers.keys),
            requiredHeaders: Set(headers.filter { $0.value["required"]?.text == "true" }.keys))
    }

    private static func resolved(_ node: YAML, in root: YAML) -> YAML {
        guard let reference = node["$ref"]?.text else { return node }
        let target = reference.split(separator: "/").dropFirst().reduce(root) { $0[String($1)]! }
        return resolved(target, in: root)
    }
}
