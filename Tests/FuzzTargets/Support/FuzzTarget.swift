/// A decoder, or a way from one inwards, that takes any bytes.
public struct FuzzTarget: Sendable {
    public let name: String
    /// What it takes and what it holds it to, in a phrase.
    public let summary: String
    /// Longer inputs teach nothing new and cost time.
    public let lengthMax: Int
    private let body: @Sendable ([UInt8]) throws -> Void

    init(_ name: String, _ summary: String, lengthMax: Int, _ body: @escaping @Sendable ([UInt8]) throws -> Void) {
        self.name = name
        self.summary = summary
        self.lengthMax = lengthMax
        self.body = body
    }

    /// Runs one input.
    ///
    /// - Throws: `PropertyViolation` where what the target promises does not hold. A trap, a hang or a huge allocation
    ///   in the code under test is a finding, too.
    public func run(_ input: [UInt8]) throws { try body(input) }

    /// The target of a name.
    public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
