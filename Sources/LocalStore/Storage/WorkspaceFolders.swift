/// The workspaces of one store.
///
/// The first has its files in the store's folder itself, further ones have folders of their own inside it, each with its
/// database, mark, key and token: a workspace is one replica, and nothing of one is ever in the files of another.
public struct WorkspaceFolders: Sendable {
    public let root: StoreFolder
    private let files: SmallFiles

    public init(root: StoreFolder, files: any FileSystem = POSIXFileSystem()) {
        self.root = root
        self.files = SmallFiles(system: files)
    }

    /// By number, from 1; there is no gap.
    public func all() throws -> [StoreFolder] {
        var folders: [StoreFolder] = []
        while case let folder = folder(folders.count + 1), try files.system.exists(folder.database) {
            folders.append(folder)
        }
        return folders
    }

    /// The one that was chosen last; the first where none was, or where it is not there.
    public func current() throws -> StoreFolder {
        guard let bytes = try files.read(choice),
            let number = Int(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)), number > 1,
            try files.system.exists(folder(number).database)
        else { return root }
        return folder(number)
    }

    /// From now on `current` is this one.
    public func choose(number: Int) throws {
        try files.replace(choice, with: [UInt8]("\(number)\n".utf8))
    }

    /// Where a further workspace gets its files; its folder exists afterwards.
    public func vacant() throws -> (number: Int, folder: StoreFolder) {
        let number = try all().count + 1
        if number > 1 { try files.system.makeFolder(root.path + "/workspaces") }
        return (number, folder(number))
    }

    /// Takes back a workspace that was being made.
    public func discard(number: Int) {
        precondition(number > 1, "the first workspace is the store's own")
        for ending in ["", "-wal", "-shm"] { files.system.remove(folder(number).database + ending) }
    }

    private var choice: String { root.path + "/workspace" }

    private func folder(_ number: Int) -> StoreFolder {
        number == 1 ? root : StoreFolder(path: root.path + "/workspaces/\(number)")
    }
}
