import Foundation

/// What a server has answered, from its bytes.
struct RawReply {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    init(_ bytes: [UInt8]) throws {
        let end = try required(Data(bytes).range(of: Data("\r\n\r\n".utf8)))
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        status = try required(Int(lines[0].split(separator: " ")[1]))
        headers = Dictionary(
            lines.dropFirst().map { line in
                let parts = line.components(separatedBy: ": ")
                return (parts[0], parts.dropFirst().joined(separator: ": "))
            }, uniquingKeysWith: { $0 + ", " + $1 })
        body = Array(bytes[end.upperBound...])
    }

    /// Of an error, what is for programs.
    var word: String? {
        struct Body: Decodable { let error, message: String }
        return (try? JSONDecoder().decode(Body.self, from: Data(body)))?.error
    }
}
