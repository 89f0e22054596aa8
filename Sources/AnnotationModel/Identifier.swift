/// A 16-byte name for something that exists once: a record, a layer, a replica, a member.
///
/// The `Tag` keeps ids of different things apart at compile time; it has no values.
/// Order and equality are those of the 16 bytes.
@frozen
public struct Identifier<Tag>: Hashable, Comparable, Sendable {
    /// Bytes 0 to 7, big-endian.
    public let high: UInt64
    /// Bytes 8 to 15, big-endian.
    public let low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads exactly 16 bytes; any other count gives `nil`.
    @inlinable
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        var position = 0
        for byte in bytes {
            if position < 8 {
                high = high << 8 | UInt64(byte)
            } else {
                low = low << 8 | UInt64(byte)
            }
            position += 1
        }
        self.init(high: high, low: low)
    }

    /// The 16 bytes, in order.
    @inlinable
    public var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(16)
        var shift: UInt64 = 64
        while shift > 0 {
            shift -= 8
            result.append(UInt8(truncatingIfNeeded: high >> shift))
        }
        shift = 64
        while shift > 0 {
            shift -= 8
            result.append(UInt8(truncatingIfNeeded: low >> shift))
        }
        return result
    }

    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }

    @inlinable
    public static func == (left: Self, right: Self) -> Bool {
        left.high == right.high && left.low == right.low
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(high)
        hasher.combine(low)
    }
}

/// Names the things that identifiers tell apart.
public enum IdentifierTag {
    public enum Record {}
    public enum Layer {}
    public enum Workspace {}
    public enum Member {}
    public enum Replica {}
    public enum Action {}
    public enum Epoch {}
    public enum Server {}
    public enum Incarnation {}
    public enum HeadsDigest {}
}

public typealias RecordID = Identifier<IdentifierTag.Record>
public typealias LayerID = Identifier<IdentifierTag.Layer>
public typealias WorkspaceID = Identifier<IdentifierTag.Workspace>
public typealias MemberID = Identifier<IdentifierTag.Member>
public typealias ReplicaID = Identifier<IdentifierTag.Replica>
/// Ties the changes of one user action together when it touches several layers.
public typealias ActionID = Identifier<IdentifierTag.Action>
/// Names one life of a feed; a restored server starts a new one.
public typealias EpochID = Identifier<IdentifierTag.Epoch>
public typealias ServerID = Identifier<IdentifierTag.Server>
/// Marks one life of one store; kept in the database and beside it.
public typealias IncarnationID = Identifier<IdentifierTag.Incarnation>
