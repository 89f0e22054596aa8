/// What is wrong with results or with what was asked for, in words.
public struct ResultError: Error, Hashable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
