/// An element of an XML document.
public struct XMLElement: Sendable {
    /// Without prefix.
    public let name: String
    /// The namespace's name; empty where there is none.
    public let namespace: String
    /// By name without prefix; namespace declarations are left out.
    public let attributes: [String: String]
    /// Counted from 1.
    public let line: Int
    /// The text directly in it, of all its stretches.
    public internal(set) var text = ""
    public internal(set) var children: [XMLElement] = []

    /// The children of a name, in order.
    public func children(named name: String) -> [XMLElement] { children.filter { $0.name == name } }
}
