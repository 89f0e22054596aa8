import DocumentText
import LocalStore

/// Finding the passage that the options of `annotate` name.
struct PassageChoice {
    private let context: CommandContext
    private let index: TextIndex
    private let document: DocumentItem

    init(_ context: CommandContext, _ index: TextIndex, _ document: DocumentItem) {
        self.context = context
        self.index = index
        self.document = document
    }

    /// How many places are shown to choose from.
    private static let shownMax = 20

    func range() throws -> Range<Int> {
        let arguments = context.arguments
        let occurrence = try arguments.integer("occurrence", in: 1...100_000)
        guard let quote = arguments.value("quote") else {
            guard occurrence == nil else { throw context.usage("--occurrence goes with --quote") }
            return try offsets()
        }
        guard arguments.value("start") == nil, arguments.value("end") == nil else {
            throw context.usage("give either --quote or --start and --end")
        }
        let result = index.occurrences(ofWords: quote, countMax: max(Self.shownMax, occurrence ?? 0))
        let places = result.occurrences
        if places.isEmpty {
            throw CommandFailure(
                .dataError,
                "“\(excerpt(quote))” does not occur in '\(excerpt(document.title))'; upper and lower case count. "
                    + "'variorum read' shows the text, and --version another version of it")
        }
        if let occurrence {
            guard occurrence <= places.count else {
                throw CommandFailure(
                    .dataError, "“\(excerpt(quote))” occurs \(counted(places.count, "time")), not \(occurrence)")
            }
            return places[occurrence - 1].range
        }
        if places.count == 1 { return places[0].range }
        return try choose(among: places, hasMore: result.hasMore, quote)
    }

    private func offsets() throws -> Range<Int> {
        guard let start = try context.arguments.integer("start", in: 0...Int.max),
            let end = try context.arguments.integer("end", in: 0...Int.max)
        else { throw context.usage("say which passage: --quote, or --start and --end") }
        guard start < end else { throw context.usage("--end must be greater than --start") }
        return start..<end
    }

    /// Asks which of several places is meant, or fails with all of them where there is nobody to ask.
    private func choose(
        among places: [QuoteOccurrence], hasMore: Bool, _ quote: String
    ) throws -> Range<Int> {
        let count = hasMore ? "more than \(places.count)" : "\(places.count)"
        let list = places.enumerated().map { number, place in
            "  \(number + 1)  line \(place.lineNumber): \(place.textBefore)[\(place.match)]\(place.textAfter)"
        }.joined(separator: "\n")
        let head = "“\(excerpt(quote))” occurs \(count) times in '\(excerpt(document.title))':\n\(list)\n"
        guard context.surroundings.isInteractive, !context.isJSON else {
            throw CommandFailure(.dataError, head + "Say which with --occurrence NUMBER, or quote more of the text.")
        }
        context.remark(head)
        while let answer = try context.ask("Which one? (1 to \(places.count), empty to give up) ") {
            let word = answer.filter { !$0.isWhitespace }
            if word.isEmpty { break }
            if let place = Int(word).flatMap(places.element(numbered:)) { return place.range }
        }
        throw CommandFailure(.dataError, "nothing was annotated")
    }
}
