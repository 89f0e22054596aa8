public import ChangeLog

extension Change {
    /// What it does; `nil` where the payload is withheld or a newer version made it: that is kept and relayed unread.
    ///
    /// - Throws: For a payload that no version can read.
    public var operations: [ChangeLog.Operation]? {
        get throws(WireError) {
            guard let payload else { return nil }
            do throws(WireError) {
                return try Payload(decoding: payload, by: header.replica).operations
            } catch {
                if error.code == .unsupportedVersion { return nil }
                throw error
            }
        }
    }
}
