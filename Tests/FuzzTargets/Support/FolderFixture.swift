import Foundation
import Synchronization

/// A folder in memory that can be put back to how it was, file by file, so that every input meets the same store.
///
/// Files keep their inodes: a store takes a file with another one for a copy of itself.
final class FolderFixture: Sendable {
    let path: String
    private let snapshot = Mutex<[String: [UInt8]]>([:])

    /// - Parameter name: Of the folder; it is made below one that goes with the process.
    init(_ name: String) {
        path = Self.root + "/" + name
        Self.makeFolder(path)
    }

    /// Of this process, removed at its end; so are those of processes that a finding ended.
    private static let root: String = {
        let base = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        let prefix = "variorum-fuzz-"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [] where name.hasPrefix(prefix) {
            guard let process = pid_t(name.dropFirst(prefix.count)), kill(process, 0) != 0, errno == ESRCH else {
                continue
            }
            try? FileManager.default.removeItem(atPath: base + "/" + name)
        }
        let path = "\(base)/\(prefix)\(getpid())"
        makeFolder(path)
        rootForExit.withLock { $0 = path }
        atexit { if let path = rootForExit.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) } }
        return path
    }()

    private static let rootForExit = Mutex<String?>(nil)

    private static func makeFolder(_ path: String) {
        do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) } catch {
            fatalError("\(path) cannot be made: \(error)")
        }
    }

    private func files() -> [String] {
        (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
                && !isFolder.boolValue
        }
    }

    /// Remembers every file as it is.
    func keep() {
        let now = Dictionary(
            uniqueKeysWithValues: files().map {
                ($0, [UInt8](FileManager.default.contents(atPath: path + "/" + $0) ?? Data()))
            })
        snapshot.withLock { $0 = now }
    }

    /// Puts every file back, and removes those that were not there.
    func restore() {
        waitUntilClosed()
        let wanted = snapshot.withLock { $0 }
        for name in files() where wanted[name] == nil { unlink(path + "/" + name) }
        for (name, bytes) in wanted { write(bytes, to: name) }
    }

    /// A store closes when its last task lets go of it, a moment after the work is done; what it does then to files that
    /// have been put back would be damage.
    private func waitUntilClosed() {
        for _ in 0..<100_000 {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
            let isOpen = names.contains { name in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name))?
                    .hasPrefix(path + "/") ?? false
            }
            if !isOpen { return }
            usleep(50)
        }
        fatalError("files of \(path) stay open")
    }

    /// Replaces the bytes of a file.
    func write(_ bytes: [UInt8], to name: String) {
        let descriptor = open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0,
            bytes.withUnsafeBytes({ Foundation.write(descriptor, $0.baseAddress, $0.count) }) == bytes.count
        else { fatalError("\(path)/\(name) cannot be written") }
        close(descriptor)
    }

    /// Opens a file for reading.
    static func withDescriptor<T>(of path: String, _ body: (Int32) throws -> T) throws -> T {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { fatalError("\(path) cannot be opened") }
        defer { close(descriptor) }
        return try body(descriptor)
    }
}
