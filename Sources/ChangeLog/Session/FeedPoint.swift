public import AnnotationModel

/// A position in one life of a feed.
public struct FeedPoint: Sendable, Hashable {
    public let epoch: EpochID
    public let position: UInt64

    public init(epoch: EpochID, position: UInt64) {
        self.epoch = epoch
        self.position = position
    }

    /// Whether who has read up to here has read up to `other`.
    public func covers(_ other: FeedPoint) -> Bool { epoch == other.epoch && position >= other.position }
}
