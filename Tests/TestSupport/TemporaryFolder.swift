import Foundation

/// A folder of the test's own, removed with the value.
public final class TemporaryFolder: Sendable {
    public let path: String

    /// - Parameter isInMemory: In memory where the system offers that, for tests that copy stores thousands of times.
    public init(isInMemory: Bool = false) {
        let memory = "/dev/shm/"
        let root = isInMemory && FileManager.default.isWritableFile(atPath: memory) ? memory : NSTemporaryDirectory()
        path = root + "variorum-test-" + UUID().uuidString
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    public func subfolder(_ name: String) -> String {
        let folder = path + "/" + name
        try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }
}
