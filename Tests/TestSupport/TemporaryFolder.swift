import Foundation
import Synchronization

/// A folder of the test's own, removed with the value.
public final class TemporaryFolder: Sendable {
    public let path: String

    /// - Parameter isInMemory: In memory where the system offers that, for tests that copy stores thousands of times.
    public init(isInMemory: Bool = false) {
        let memory = "/dev/shm/"
        let root = isInMemory && FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
        path = root + "variorum-test-" + UUID().uuidString
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        if isInMemory { Leftovers.note(path) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    public func subfolder(_ name: String) -> String {
        let folder = path + "/" + name
        try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }
}

/// What tests keep until the process ends would take up memory after it.
private enum Leftovers {
    private static let paths = Mutex<[String]>([])

    static func note(_ path: String) {
        let isFirst = paths.withLock { paths in
            defer { paths.append(path) }
            return paths.isEmpty
        }
        if isFirst { atexit { Leftovers.remove() } }
    }

    private static func remove() {
        for path in paths.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }
}
