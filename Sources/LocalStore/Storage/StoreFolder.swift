/// Where a store keeps its files: a folder `.variorum` beside the work, as git has its own.
public struct StoreFolder: Sendable, Hashable {
    public static let name = ".variorum"

    /// The path of the `.variorum` folder itself.
    public let path: String

    public init(path: String) { self.path = path }

    public var database: String { path + "/store.sqlite" }
    var mark: String { path + "/incarnation" }
    var deviceKey: String { path + "/device.key" }
    var token: String { path + "/token" }
    var serverKeyPin: String { path + "/server-key.pin" }
    var authority: String { path + "/server-ca.pem" }

    /// The store of `folder` or of the nearest folder above it.
    public static func find(from folder: String) -> StoreFolder? {
        var current = folder
        while true {
            let candidate = StoreFolder(path: (current == "/" ? "" : current) + "/" + name)
            if (try? POSIXFileSystem().exists(candidate.database)) == true { return candidate }
            guard current != "/", let slash = current.lastIndex(of: "/") else { return nil }
            current = slash == current.startIndex ? "/" : String(current[..<slash])
        }
    }
}
