/// What a layer is for; decides who may read and write it.
public enum LayerKind: UInt8, Sendable, CaseIterable {
    /// Documents, codebook, entities, rounds, discussion: every member reads, and writes what their role allows.
    case shared = 1
    /// One member's annotations: every member reads, its owner alone writes.
    case personal = 2
    /// One member's drafts: its owner alone reads and writes.
    case `private` = 3
    /// One coder's work in one round: its owner alone reads it until the round is revealed, and writes it while it is open.
    case coding = 4
    /// A round's decisions: its curators' once it is revealed, everybody's once it is published.
    case gold = 5
    /// What a coder made too late for a round: kept for those who adjudicate.
    case late = 6

    /// Those that every member has, with or without a server.
    public static let basic: [LayerKind] = [.shared, .personal, .private]

    public var name: String {
        switch self {
        case .shared: "shared"
        case .personal: "personal"
        case .private: "private"
        case .coding: "coding"
        case .gold: "gold"
        case .late: "late"
        }
    }

    /// Whether it belongs to a round.
    public var isOfRound: Bool {
        switch self {
        case .shared, .personal, .private: false
        case .coding, .gold, .late: true
        }
    }

    /// Whether `member` may write anything here, in a layer that `owner` owns; what, is for `AccessRules`. A round that
    /// is not open takes nothing into its coding layers whoever asks.
    public func isWritable(by member: MemberID, owner: MemberID?, as role: Role) -> Bool {
        switch self {
        case .shared: role >= .analyst
        case .personal, .coding, .late: member == owner && role >= .analyst
        case .private: member == owner
        case .gold: role >= .curator
        }
    }

    /// Whether `member` may read here, in a layer that `owner` owns.
    ///
    /// - Parameter stage: How far the layer's round has come.
    public func isReadable(by member: MemberID, owner: MemberID?, as role: Role, stage: RoundStage) -> Bool {
        switch self {
        case .shared, .personal: true
        case .private: member == owner
        case .coding: member == owner || stage >= .revealed
        case .gold: stage == .published || (stage == .revealed && role >= .curator)
        case .late: member == owner || stage == .published || (stage == .revealed && role >= .curator)
        }
    }

    /// Whether somebody else than its owner may read a layer now, so that what is in it may be given away.
    public func isOpen(stage: RoundStage) -> Bool {
        switch self {
        case .shared, .personal: true
        case .private: false
        case .coding: stage >= .revealed
        case .gold, .late: stage == .published
        }
    }
}
