/// What lets this device in at its server; kept beside the database, readable by its owner alone.
extension LocalStore {
    /// The bearer token, `nil` before `connect`.
    public func token() throws -> String? {
        guard let bytes = try files.read(folder.token) else { return nil }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    public func save(token: String) throws {
        try files.replace(folder.token, with: [UInt8]((token + "\n").utf8))
    }

    /// The path of the certificate authority that the server's certificate is checked against, `nil` for the system's.
    public func authorityFile() throws -> String? {
        try files.system.exists(folder.authority) ? folder.authority : nil
    }

    /// - Parameter certificate: PEM.
    public func save(authority certificate: [UInt8]) throws {
        try files.replace(folder.authority, with: certificate)
    }
}
