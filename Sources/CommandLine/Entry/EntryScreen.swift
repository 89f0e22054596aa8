/// What the entry of a statement looks like on a terminal of some size.
struct EntryScreen {
    private let session: EntrySession
    private let width: Int
    private let height: Int
    private let isStyled: Bool

    /// - Returns: `height` lines at most, none wider than the terminal, with the cursor where somebody types.
    static func picture(_ session: EntrySession, _ terminal: Terminal) -> ScreenPicture {
        let screen = EntryScreen(
            session: session, width: max(20, terminal.width - 1), height: max(3, terminal.height),
            isStyled: terminal.isStyled)
        return screen.picture
    }

    private var picture: ScreenPicture {
        let foot = Array(foot.suffix(max(1, height - 2)))
        // The rows matter more than the passage.
        let head = Array(head.prefix(max(0, height - foot.count - Self.rowsMin)))
        let room = max(1, height - head.count - foot.count)
        let (rows, current, column) = body
        let beneath = session.mode == .asking ? beneath : []
        let all = rows[...current] + beneath + rows[(current + 1)...]
        let last = current + beneath.count
        let start = last < room ? 0 : min(current, last + 1 - room)
        let shown = all[start..<min(all.count, start + room)]
        let cursor = column.map { (row: head.count + current - start, column: min($0, width)) }
        return ScreenPicture(lines: head + shown + foot, cursor: cursor)
    }

    private static let rowsMin = 6
    private static let passageLinesMax = 4

    private func style(_ text: String, _ style: TextStyle) -> String { style.apply(to: text, isEnabled: isStyled) }

    private func oneLine(_ text: String) -> String {
        printable(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
    }

    private var head: [String] {
        let passage = wrap("“\(oneLine(session.passage))”", width: width)
        var shown = Array(passage.prefix(Self.passageLinesMax))
        if passage.count > shown.count, let last = shown.popLast() { shown.append(truncated(last + " …", to: width)) }
        return shown.map { style($0, .heading) } + [style(truncated(oneLine(session.title), to: width), .quiet), ""]
    }

    // MARK: The questions

    private static let nameWidthMax = 20

    /// A line for each question, which of them is asked, and the column of the cursor in it.
    private var body: (rows: [String], current: Int, column: Int?) {
        let questions = session.form.questions
        let names = questions.map { truncated(oneLine($0.name), to: min(Self.nameWidthMax, width / 3)) }
        let nameWidth = names.map { displayWidth(of: $0) }.max() ?? 0
        let isAsking = session.mode != .checking
        var column: Int?
        let rows = questions.indices.map { place in
            let isCurrent = isAsking && place == session.place
            let label = (isCurrent ? "> " : "  ") + padded(names[place], to: nameWidth) + "  "
            let room = max(1, width - displayWidth(of: label))
            let given = session.form.answers[place].map { oneLine($0.shown) + ($0.isNew ? " (new)" : "") }
                .joined(separator: ", ")
            guard isCurrent else { return label + truncated(given, to: room) }
            let before = given.isEmpty ? "" : truncated(given, to: room / 2) + ", "
            let typed = end(of: printable(session.text), width: max(1, room - displayWidth(of: before) - 1))
            column = displayWidth(of: label + before + typed)
            let rest = session.text.isEmpty && given.isEmpty ? placeholder : ""
            let left = max(0, room - displayWidth(of: before + typed) - 1)
            return style(label, .heading) + before + typed
                + (rest.isEmpty || left < 2 ? "" : style(" " + truncated(rest, to: left - 1), .quiet))
        }
        return (rows, isAsking ? session.place : max(0, rows.count - 1), column)
    }

    /// What stands where nothing has been typed.
    private var placeholder: String {
        let question = session.question
        if let text = question.defaultAnswer { return "[\(oneLine(text)); \(EntryQuestion.none) for none]" }
        return oneLine(question.meaning) + (question.isRequired ? " (required)" : "")
    }

    /// The end of a typed text, which is where somebody types.
    private func end(of text: String, width: Int) -> String {
        var tail: [Character] = []
        var used = 0
        for character in String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\n" ? " " : $0 })).reversed()
        {
            used += displayWidth(of: character)
            if used > width { break }
            tail.append(character)
        }
        return String(tail.reversed())
    }

    /// Candidates, or what is wrong with what is typed.
    private var beneath: [String] {
        let count = session.shownCount
        var lines = session.candidates.prefix(count).enumerated().map { place, match in
            let candidate = session.completion.candidates[match.candidate]
            let isSelected = place == session.selection
            let title = oneLine(EntryForm.title(candidate, name: match.name))
            let line = (isSelected ? "    * " : "      ") + title
            return style(truncated(line, to: width), isSelected ? .heading : .quiet)
        }
        if session.candidates.count > count {
            lines.append(style(truncated("      … \(session.candidates.count - count) more", to: width), .quiet))
        }
        if let hint = session.form.hint(session.text, at: session.place) {
            lines.append(style(truncated("      " + oneLine(hint), to: width), .quiet))
        }
        return lines
    }

    // MARK: Keys

    private var foot: [String] {
        var lines = [""]
        if !session.message.isEmpty { lines += wrap(oneLine(session.message), width: width) }
        switch session.mode {
        case .asking:
            lines += wrap("Enter take  Tab complete  ↓↑ choose  Shift-Tab back  Escape leave", width: width)
        case .confirming(let answer):
            let what = session.question.kind == .code ? "code" : "entity"
            lines += wrap(
                "There is no \(what) '\(oneLine(answer.shown))'. Make it? y makes it, n goes back", width: width)
        case .checking:
            let missing = session.form.unanswered.map(oneLine)
            if !missing.isEmpty {
                lines += wrap("No answer yet: \(missing.joined(separator: ", "))", width: width)
            }
            lines += wrap("Enter records it  Shift-Tab back  Escape leave", width: width)
        }
        return lines
    }
}
