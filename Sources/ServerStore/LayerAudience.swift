public import AnnotationModel
public import ChangeLog

/// Who may be told that a layer moved, and to where.
public struct LayerAudience: Sendable, Hashable {
    public let epoch: EpochID
    /// The feed's last position.
    public let position: UInt64
    /// Hashes of the tokens by which the layer may be read.
    public let tokens: Set<Digest>
}
