public import AnnotationModel

/// Names that do not tell who a coder is: "Coder A", "Coder B", …
///
/// One order for the whole round, so that an adjudicator can follow one hand through the documents; another order in each
/// round, so that the letters tell nothing across rounds. It is drawn from the ids of round and coder, and so is
/// the same on every device. That is a courtesy to fair judgement and no secret: whoever reads the codings' layers can find out.
public struct AnonymousCoders: Sendable, Hashable {
    /// The coders, "Coder A" first.
    public let order: [MemberID]
    private let names: [MemberID: String]

    public init(round: RecordID, coders: some Sequence<MemberID>) {
        let keyed = Set(coders).map { coder -> (key: UInt64, coder: MemberID) in
            var state: UInt64 = 0
            for word in [round.high, round.low, coder.high, coder.low] {
                var mixer = SplitMix64(seed: state ^ word)
                state = mixer.next()
            }
            return (state, coder)
        }
        order = keyed.sorted { ($0.key, $0.coder) < ($1.key, $1.coder) }.map(\.coder)
        names = Dictionary(
            order.enumerated().map { ($1, "Coder " + Self.letters($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// "Coder A"; of somebody who is not a coder of the round, "Coder ?".
    public func name(of coder: MemberID) -> String { names[coder] ?? "Coder ?" }

    /// A to Z, then AA, AB and so on.
    private static func letters(_ place: Int) -> String {
        var place = place
        var text = ""
        repeat {
            text = String(UnicodeScalar(UInt8(ascii: "A") + UInt8(place % 26))) + text
            place = place / 26 - 1
        } while place >= 0
        return text
    }
}

extension RoundMaterial {
    public var anonymousCoders: AnonymousCoders { AnonymousCoders(round: round, coders: coders.map(\.id)) }
}
