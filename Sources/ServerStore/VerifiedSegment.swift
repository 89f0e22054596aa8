import AnnotationModel
public import ChangeLog
import WireFormat

/// A segment whose hashes, signatures, limits and payloads have been checked: what only its place in the feed still
/// has to agree with. Made off the writer, so that many can be verified while one transaction commits.
public struct VerifiedSegment: Sendable {
    public let segment: Segment
    public let changes: [Change]
    public let certificate: DeviceCertificate
    /// Whether the maker's own device pushes it.
    public let isOwn: Bool
    /// Why it cannot be accepted; the store answers `invalid` with it.
    public let fault: String?

    /// Verifies a pushed segment.
    ///
    /// - Parameters:
    ///   - account: Who pushes.
    ///   - identity: The server's, which vouches for devices.
    /// - Complexity: O(n) hashing in the bytes of payload, one signature check per signature.
    public init(
        _ segment: Segment, from account: Account, identity: ServerIdentity,
        cryptography: some CryptographyProvider
    ) {
        self.segment = segment
        isOwn = segment.certificate == nil
        // The token vouches for the own device; the store signs for it when it first sees the replica.
        let ownDevice = account.device.map { DeviceCertificate(member: account.member, publicKey: $0, signature: nil) }
        guard let certificate = segment.certificate ?? ownDevice else {
            self.certificate = DeviceCertificate(
                member: account.member, publicKey: identity.key.publicKey, signature: nil)
            changes = []
            fault = "connect this device first"
            return
        }
        self.certificate = certificate
        changes = segment.changes(using: cryptography)
        fault = Self.fault(segment, changes, certificate, identity, cryptography) ?? Self.read(changes)
    }

    /// What is wrong with a payload.
    private static func read(_ changes: [Change]) -> String? {
        for change in changes {
            do {
                // Not kept: operations take ten times the room of their payload.
                _ = try change.operations
            } catch {
                return "change \(change.header.seq) cannot be read: \(error)"
            }
        }
        return nil
    }

    private static func fault(
        _ segment: Segment, _ changes: [Change], _ certificate: DeviceCertificate, _ identity: ServerIdentity,
        _ cryptography: some CryptographyProvider
    ) -> String? {
        guard
            segment.certificate == nil
                || certificate.isVouched(by: identity.server, key: identity.key.publicKey, using: cryptography)
        else { return "this server does not vouch for the maker's device" }
        guard segment.author == certificate.member else { return "the author is not the member whose device signed" }
        guard changes.last?.signature != nil else { return "the last change of a segment must be signed" }
        guard changes.allSatisfy({ $0.withheld != .compacted }) else {
            return "what is compacted comes from a server alone"
        }
        for change in changes {
            if let signature = change.signature {
                let statement = SignedStatement.chainHead(
                    layer: segment.layer, replica: segment.replica, seq: change.header.seq, hash: change.hash)
                guard cryptography.isValid(signature, of: statement, by: certificate.publicKey) else {
                    return "the signature at change \(change.header.seq) does not hold"
                }
            }
        }
        return nil
    }
}
