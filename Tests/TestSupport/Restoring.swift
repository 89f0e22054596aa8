public import Foundation
public import LocalStore

/// The bytes of every file of a store or server, to be put back later over the same files.
public typealias SavedFiles = [String: Data]

private func savedFiles(in folder: String) throws -> SavedFiles {
    var saved: SavedFiles = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
        saved[name] = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
    }
    return saved
}

/// Overwrites in place, so that inodes stay; files that were not there then go.
private func put(_ saved: SavedFiles, into folder: String) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where saved[name] == nil {
        try FileManager.default.removeItem(atPath: folder + "/" + name)
    }
    for (name, data) in saved {
        let path = folder + "/" + name
        if let handle = FileHandle(forWritingAtPath: path) {
            try handle.truncate(atOffset: 0)
            try handle.write(contentsOf: data)
            try handle.close()
        } else {
            try data.write(to: URL(fileURLWithPath: path))
        }
    }
}

extension LocalStore {
    public func snapshotFiles() throws -> SavedFiles { try savedFiles(in: folder.path) }

    public static func restoreFiles(_ saved: SavedFiles, into folder: StoreFolder, options: Options) throws
        -> LocalStore
    {
        try put(saved, into: folder.path)
        return try LocalStore.open(folder, options: options)
    }
}

extension Team {
    public func copyServer(to path: String) throws {
        try FileManager.default.copyItem(atPath: serverFolder, toPath: path)
    }

    /// Puts an older copy of the data folder in the place of the present one.
    public func restoreServer(from path: String) throws {
        try FileManager.default.removeItem(atPath: serverFolder)
        try FileManager.default.copyItem(atPath: path, toPath: serverFolder)
        try reopenServer()
    }
}
