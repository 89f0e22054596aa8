import ChangeLog
import Glibc
import Interchange
import ServerStore

/// What a backup holds, so that damage shows: every file with its SHA-256, and the database's figures and heads.
///
/// A text of lines, the last of which is the SHA-256 of those before it.
struct BackupManifest {
    static let fileName = "MANIFEST"
    private static let firstLine = "variorum-backup 1"
    private static let bytesMax = 64 << 20

    /// The files of a data folder that a backup takes, the database first. No others are ever put back.
    static let fileNames = [
        ServerDatabase.fileName, "variorumd.conf", "tls-certificate.pem", "tls-key.pem",
    ]

    struct File {
        let name: String
        let digest: Digest
        let size: Int
        let mode: mode_t
    }

    let createdAt: String
    let files: [File]
    /// The database's figures, a line each; equal figures give equal lines.
    let facts: [String]

    init(createdAt: String, files: [File], facts: ServerFacts) {
        self.createdAt = createdAt
        self.files = files
        self.facts = Self.lines(of: facts)
    }

    static func lines(of facts: ServerFacts) -> [String] {
        [
            "server \(facts.server)", "schema \(facts.schema)", "users \(facts.userCount)",
            "devices \(facts.deviceCount)", "workspaces \(facts.workspaceCount)", "changes \(facts.changeCount)",
        ] + facts.heads.map { "head \($0.layer) \($0.epoch) \($0.position) \($0.feedHash)" }
    }

    func fact(_ name: String) -> String? {
        facts.first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
    }

    // MARK: Text

    func text(digest: ([UInt8]) -> Digest) -> String {
        let lines =
            [Self.firstLine, "created-at \(createdAt)"]
            + files.map { "file \($0.digest) \($0.size) \(String($0.mode, radix: 8)) \($0.name)" } + facts
        let text = lines.joined(separator: "\n") + "\n"
        return text + "end \(digest(Array(text.utf8)))\n"
    }

    /// Reads the manifest of the backup in `folder`.
    ///
    /// - Throws: `FileError` where there is none, or it is damaged or of a newer version.
    init(readingFrom folder: String, digest: ([UInt8]) -> Digest) throws(FileError) {
        let path = folder + "/" + Self.fileName
        let bytes = try Files.read(path, atMost: Self.bytesMax)
        guard let text = String(validating: bytes, as: UTF8.self), text.hasPrefix("variorum-backup ") else {
            throw FileError(path, "this is not the manifest of a backup", .dataError)
        }
        guard text.hasPrefix(Self.firstLine + "\n") else {
            throw FileError(
                path, "the backup was made by a newer version of variorumd; update the program", .configuration)
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let damage = FileError(path, "the manifest is damaged or cut off; take another backup", .dataError)
        // The last line has its end, too: what follows it is empty.
        guard lines.count > 3, lines.last == "", lines[1].hasPrefix("created-at ") else { throw damage }
        let end = lines[lines.count - 2]
        guard end == "end \(digest(Array(bytes.dropLast(end.utf8.count + 1))))" else { throw damage }
        createdAt = String(lines[1].dropFirst("created-at ".count))
        var files: [File] = []
        var facts: [String] = []
        for line in lines[2..<(lines.count - 2)] {
            guard line.hasPrefix("file ") else {
                facts.append(line)
                continue
            }
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 5, let digest = Digest(hexadecimal: words[1]), let size = Int(words[2]),
                let mode = mode_t(words[3], radix: 8), Self.fileNames.contains(words[4]),
                !files.contains(where: { $0.name == words[4] })
            else { throw damage }
            files.append(File(name: words[4], digest: digest, size: size, mode: mode & 0o777))
        }
        guard files.contains(where: { $0.name == ServerDatabase.fileName }) else { throw damage }
        self.files = files
        self.facts = facts
    }

    /// What differs between the files of a backup and what the manifest says of them.
    ///
    /// - Parameter progress: Called with each file's name.
    func problems(in folder: String, progress: (String) -> Void) throws(FileError) -> [String] {
        var problems: [String] = []
        for file in files {
            progress(file.name)
            let path = folder + "/" + file.name
            guard access(path, F_OK) == 0 else {
                problems.append("\(file.name) is missing")
                continue
            }
            let found = try Files.digest(of: path)
            if found.digest != file.digest {
                problems.append("\(file.name) is not what was backed up: its SHA-256 is another")
            }
        }
        return problems
    }

    var json: JSON {
        let heads = facts.filter { $0.hasPrefix("head ") }.map { line -> JSON in
            let words = line.split(separator: " ").map(String.init)
            return [
                "layer": .text(words[1]), "epoch": .text(words[2]), "position": .number(Int(words[3]) ?? 0),
                "feed_hash": .text(words[4]),
            ]
        }
        func number(_ name: String) -> JSON { .number(fact(name).flatMap { Int($0) } ?? 0) }
        return [
            "created_at": .text(createdAt), "server": .optional(fact("server")), "schema": .optional(fact("schema")),
            "users": number("users"), "devices": number("devices"), "workspaces": number("workspaces"),
            "changes": number("changes"),
            "files": .array(
                files.map { file in
                    [
                        "name": .text(file.name), "sha256": .text("\(file.digest)"), "bytes": .number(file.size),
                        "mode": .text(String(file.mode, radix: 8)),
                    ]
                }),
            "heads": .array(heads),
        ]
    }
}

extension Digest {
    /// Reads 64 hexadecimal digits.
    fileprivate init?(hexadecimal text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: 64, by: 2) {
            guard let byte = UInt8(String(decoding: digits[place..<(place + 2)], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        self.init(bytes: bytes)
    }
}
