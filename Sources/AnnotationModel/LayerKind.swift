/// What a layer is for; decides who may read and write it.
public enum LayerKind: UInt8, Sendable, CaseIterable {
    /// Documents, codebook, entities, discussion: every member reads, and writes what their role allows.
    case shared = 1
    /// One member's annotations: every member reads, its owner alone writes.
    case personal = 2
    /// One member's drafts: its owner alone reads and writes.
    case `private` = 3

    public var name: String {
        switch self {
        case .shared: "shared"
        case .personal: "personal"
        case .private: "private"
        }
    }

    /// Whether `member` may write anything here, in a layer that `owner` owns; what, is for `AccessRules`.
    public func isWritable(by member: MemberID, owner: MemberID?, as role: Role) -> Bool {
        switch self {
        case .shared: role >= .analyst
        case .personal: member == owner && role >= .analyst
        case .private: member == owner
        }
    }

    /// Whether `member` may read here, in a layer that `owner` owns.
    public func isReadable(by member: MemberID, owner: MemberID?) -> Bool {
        switch self {
        case .shared, .personal: true
        case .private: member == owner
        }
    }
}
