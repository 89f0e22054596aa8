import AnnotationModel
import TeamCoding

/// What a review looks like on a terminal of some size.
struct ReviewScreen {
    private let session: ReviewSession
    private let width: Int
    private let isStyled: Bool

    /// - Returns: `height` lines at most, none wider than the terminal.
    static func lines(_ session: ReviewSession, _ terminal: Terminal) -> [String] {
        let screen = ReviewScreen(
            session: session, width: max(20, terminal.width - 1), isStyled: terminal.isStyled)
        let head = screen.head
        let foot = screen.foot
        let body = screen.body
        let room = max(1, terminal.height - head.count - foot.count)
        let start = min(session.scroll, max(0, body.count - room))
        return head + Array(body[start..<min(body.count, start + room)]) + foot
    }

    private func style(_ text: String, _ style: TextStyle) -> String { style.apply(to: text, isEnabled: isStyled) }

    private func wrapped(_ text: String, to width: Int, hanging: Int = 0) -> [String] {
        wrap(oneLine(text), width: width, hangingIndent: hanging)
    }

    private func oneLine(_ text: String) -> String {
        printable(text.split(whereSeparator: \.isNewline).joined(separator: " "))
    }

    private var head: [String] {
        let title = oneLine(session.material.title)
        guard session.mode != .done, let entry = session.entry else {
            return [style(truncated(title, to: width), .heading)]
        }
        let count = "\(session.place + 1) of \(session.entries.count)"
        let percent = entry.cluster.disagreement.millionths / 10_000
        let document = session.material.documents.first { $0.id == entry.cluster.document }?.title ?? ""
        let state =
            session.decided[session.place].map { "decided here: \($0.outcome.rawValue)" }
            ?? Self.word(entry.reason)
        return [
            style(truncated("\(count)  \(title)", to: width), .heading),
            truncated("\(state), disagreement \(percent) %", to: width),
            style(truncated(oneLine(document), to: width), .quiet), "",
        ]
    }

    static func word(_ reason: AdjudicationQueue.Reason) -> String {
        switch reason {
        case .undecided: "undecided"
        case .changed: "changed since it was decided"
        case .contested: "contested"
        }
    }

    private var body: [String] {
        guard session.mode != .done, let entry = session.entry else {
            let count = session.decided.count
            return ["", "Everything has been shown; \(counted(count, "decision")) recorded.", ""].flatMap {
                wrap($0, width: width)
            }
        }
        return passage(entry.cluster) + [""] + panels(entry.cluster) + silence(entry.cluster) + earlier(entry.reason)
    }

    // MARK: The passage

    /// Code points before and after the passage that are shown, and of the passage itself.
    private static let contextMax = 160
    private static let passageMax = 1200

    private func passage(_ cluster: CodingCluster) -> [String] {
        guard let text = session.material.documents.first(where: { $0.id == cluster.document })?.text else {
            return wrap("The text of this document has not arrived.", width: width)
        }
        let marked = cluster.range
        let shown = marked.lowerBound..<min(marked.upperBound, marked.lowerBound + Self.passageMax)
        var cells: [StyledCell] = []
        let start = max(0, marked.lowerBound - Self.contextMax)
        let before = words(text, start..<marked.lowerBound)
        cells += StyledCell.cells(of: (start > 0 ? "…" : "") + before, .quiet)
        let style = isStyled ? TextStyle(isBold: true, isUnderlined: true) : .plain
        let inside = words(text, shown) + (shown.upperBound < marked.upperBound ? "…" : "")
        cells += StyledCell.cells(of: isStyled ? inside : "[" + inside + "]", style)
        let after = words(text, marked.upperBound..<marked.upperBound + Self.contextMax)
        cells += StyledCell.cells(of: after, .quiet)
        return LineBreaker.lines(of: cells.map(\.cell), width: width).map {
            StyledCell.line(cells[$0], isStyled: isStyled).text
        }
    }

    private func words(_ text: String, _ range: Range<Int>) -> String {
        let scalars = text.unicodeScalars.dropFirst(range.lowerBound).prefix(range.count)
        return printable(String(String.UnicodeScalarView(scalars.map { $0 == "\n" ? " " : $0 })))
    }

    // MARK: Who said what

    private static let panelWidthMin = 24
    private static let gap = 2

    private func panels(_ cluster: CodingCluster) -> [String] {
        let coders = session.coders
        let inRow = max(1, min(coders.count, (width + Self.gap) / (Self.panelWidthMin + Self.gap)))
        let panelWidth = (width - Self.gap * (inRow - 1)) / inRow
        var lines: [String] = []
        for first in stride(from: 0, to: coders.count, by: inRow) {
            let row = (first..<min(first + inRow, coders.count)).map { panel($0, cluster, panelWidth) }
            let height = row.map(\.count).max() ?? 0
            for line in 0..<height {
                var text = ""
                for (column, panel) in row.enumerated() {
                    let cell = line < panel.count ? panel[line] : ""
                    let isLast = column == row.count - 1
                    let filled = isLast ? cell : padded(cell, to: panelWidth + Self.gap)
                    text += line == 0 ? style(filled, .heading) : filled
                }
                lines.append(text)
            }
            lines.append("")
        }
        return lines
    }

    private func panel(_ index: Int, _ cluster: CodingCluster, _ width: Int) -> [String] {
        let coder = session.coders[index]
        let key = index < 9 ? "\(index + 1)  " : ""
        var lines = [truncated("\(key)\(session.coderNames.name(of: coder))", to: width)]
        for coding in cluster.codings(of: coder) {
            var facts: [String] = []
            if coding.isLate { facts.append("(came late)") }
            if coding.range != cluster.range { facts.append("marked: “\(quote(coding))”") }
            facts += coding.codes.map { code in "• \(name(code))" }
            let merged = coding.appliedCodes.filter { !coding.codes.contains($0) }
            if !merged.isEmpty { facts.append("applied as: " + merged.map(name).joined(separator: ", ")) }
            facts += coding.statements.map { "– " + sentence($0) }
            if let note = coding.note, !note.isEmpty { facts.append("note: \(note)") }
            if coding.codes.isEmpty && coding.statements.isEmpty { facts.append("(marked without a code)") }
            for fact in facts { lines += wrapped(fact, to: width, hanging: 2) }
        }
        return lines
    }

    private func quote(_ coding: RoundCoding) -> String {
        guard let text = session.material.documents.first(where: { $0.id == coding.document })?.text else {
            return "\(coding.range.lowerBound) to \(coding.range.upperBound)"
        }
        let words = words(text, coding.range.lowerBound..<min(coding.range.upperBound, coding.range.lowerBound + 300))
        return excerpt(words, width: 60)
    }

    private func name(_ id: RecordID) -> String { session.material.names[id] ?? "[\(id.short)]" }

    private func sentence(_ statement: CodedStatement) -> String {
        let parts = statement.values.map { entry in
            let variable =
                switch entry.variable {
                case .builtIn(let variable): variable.rawValue
                case .defined(let id): name(id)
                }
            return "\(variable): " + entry.values.map(text).joined(separator: ", ")
        }
        let type = statement.type.map { name($0) + ", " } ?? ""
        return type + (parts.isEmpty ? "statement" : parts.joined(separator: "; "))
    }

    private func text(_ value: CodedValue) -> String {
        switch value {
        case .boolean(let flag): flag ? "yes" : "no"
        case .integer(let number): "\(number)"
        case .text(let text), .date(let text): text
        case .record(let id): name(id)
        }
    }

    private func silence(_ cluster: CodingCluster) -> [String] {
        let here = Set(cluster.codings.map(\.coder))
        let silent = session.coderNames.order.filter { cluster.voters.contains($0) && !here.contains($0) }
        if silent.isEmpty { return [] }
        return wrapped(
            "Marked nothing here: " + silent.map(session.coderNames.name).joined(separator: ", "), to: width) + [""]
    }

    private func earlier(_ reason: AdjudicationQueue.Reason) -> [String] {
        func line(_ word: String, _ decision: RoundDecision) -> [String] {
            let why = decision.rationale.isEmpty ? "" : ": " + decision.rationale
            return wrapped("\(word): \(decision.outcome.rawValue)\(why)", to: width, hanging: 2)
        }
        switch reason {
        case .undecided: return []
        case .changed(let changes):
            return changes.flatMap { change -> [String] in
                var since: [String] = []
                if !change.added.isEmpty { since.append("\(counted(change.added.count, "coding")) added") }
                if !change.removed.isEmpty { since.append("\(counted(change.removed.count, "coding")) removed") }
                if change.isEdited { since.append("a coding edited") }
                if change.clusterCount > 1 { since.append("now in \(change.clusterCount) clusters") }
                return line("Decided before", change.standing.decision)
                    + (since.isEmpty
                        ? [] : wrapped("  since then " + since.joined(separator: ", "), to: width, hanging: 2))
            }
        case .contested(let standing):
            return standing.flatMap { one in
                line("Decided", one.decision) + one.rivals.flatMap { line("And otherwise", $0) }
            }
        }
    }

    // MARK: Keys

    private var foot: [String] {
        var lines = [""]
        if !session.message.isEmpty { lines += wrapped(session.message, to: width) }
        switch session.mode {
        case .looking:
            let count = min(9, session.coders.count)
            let accept = count == 0 ? "" : count == 1 ? "1 accept  " : "1-\(count) accept  "
            lines += wrap(
                accept + "r reject with nothing  e replace  u unresolved  s skip  b back  q quit  ↑↓ scroll",
                width: width)
        case .codes(let text):
            lines += wrap("The codes that stand, separated by commas (Escape: back)", width: width) + typed(text)
        case .rationale(let draft, let text):
            lines +=
                wrap("\(draft.outcome.rawValue): why? (Enter records it, Escape: back)", width: width) + typed(text)
        case .recording: lines.append("Writing …")
        case .done: lines += wrap("q quit  b back", width: width)
        }
        return lines
    }

    /// The end of a typed line, which is where somebody types.
    private func typed(_ text: String) -> [String] {
        var tail = ""
        var used = 3
        for character in printable(text).reversed() {
            used += displayWidth(of: character)
            if used > width { break }
            tail = String(character) + tail
        }
        return ["> " + tail]
    }
}
