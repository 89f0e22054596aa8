/// The name of a category: a code's id, a choice, whatever coders choose among.
///
/// Two names are one category if their UTF-8 bytes are equal, and categories are ordered by these bytes: what counts as
/// the same, and every figure that follows, depends on no table of Unicode.
public struct Category: Hashable, Comparable, Sendable {
    public let name: String

    public init(_ name: String) { self.name = name }

    public static func == (left: Category, right: Category) -> Bool { left.name.utf8.elementsEqual(right.name.utf8) }

    public static func < (left: Category, right: Category) -> Bool {
        left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        // Equal bytes are equal strings; names that are equal as strings alone share a hash, which does no harm.
        hasher.combine(name)
    }
}

extension Category: ExpressibleByStringLiteral, CustomStringConvertible {
    public init(stringLiteral name: String) { self.init(name) }

    public var description: String { name }
}
