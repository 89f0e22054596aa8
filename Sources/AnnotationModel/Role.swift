/// What a member of a workspace is trusted with. Each role includes those below it.
public enum Role: UInt8, Sendable, CaseIterable, Comparable {
    /// Reads what every member reads.
    case reader = 1
    /// Annotates, comments, brings documents.
    case analyst = 2
    /// Keeps codebook and entities, adjudicates.
    case curator = 3
    /// Decides who belongs to the workspace, and as what.
    case owner = 4

    public var name: String {
        switch self {
        case .reader: "reader"
        case .analyst: "analyst"
        case .curator: "curator"
        case .owner: "owner"
        }
    }

    /// "an owner", "a curator" …
    public var withArticle: String { (self == .analyst || self == .owner ? "an " : "a ") + name }

    /// The role called `name`.
    public init?(named name: String) {
        guard let role = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = role
    }

    /// What stands in a member record's `role` when somebody does not belong to the workspace any more.
    public static let formerName = "former"

    public static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }
}
