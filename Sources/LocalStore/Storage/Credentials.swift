public import ChangeLog

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

    /// SHA-256 of the SubjectPublicKeyInfo by which alone the server is trusted, `nil` where authorities vouch for it.
    ///
    /// - Throws: `damaged` where there is a pin that cannot be read: then nobody is to be trusted.
    public func serverKeyPin() throws -> Digest? {
        guard let bytes = try files.read(folder.serverKeyPin) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" }
        if text == Self.noPin { return nil }
        guard let pin = bytesOfHexadecimal(text).flatMap(Digest.init(bytes:)) else {
            throw StoreError(
                .damaged, "\(folder.serverKeyPin) is not a pin; 'connect' again with the pin of the server's operator")
        }
        return pin
    }

    /// - Parameter pin: `nil` to have authorities vouch for the server again.
    public func save(serverKeyPin pin: Digest?) throws {
        try files.replace(folder.serverKeyPin, with: [UInt8]("\(pin.map(\.description) ?? Self.noPin)\n".utf8))
    }

    /// Written out, so that a file that was emptied is no reason to trust anybody.
    private static let noPin = "none"
}
