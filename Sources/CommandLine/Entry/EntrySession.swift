/// Somebody who answers the questions of a statement at a terminal: keys in, a picture and effects out, without a terminal or a store.
struct EntrySession: Sendable {
    /// What is to be done after a key.
    enum Effect: Hashable {
        case none
        /// The statement is to be written now; then it is left, or `failed` is called.
        case write
        case leave
    }

    enum Mode: Hashable {
        /// An answer is typed.
        case asking
        /// Whether something that does not exist is to be made.
        case confirming(EntryAnswer)
        /// All has been asked; the summary is shown.
        case checking
    }

    /// What the statement is on, for the head of the screen.
    let passage: String
    let title: String
    private(set) var form: EntryForm
    private(set) var place = 0
    private(set) var mode = Mode.asking
    private(set) var text = ""
    /// Which of the candidates is chosen with the arrow keys.
    private(set) var selection: Int?
    /// What there is to say about the last key.
    private(set) var message = ""
    /// What is shown beneath the question.
    private(set) var candidates: [NameCompletion.Match] = []
    private(set) var completion = NameCompletion()
    /// The answer that one has come back to, as long as its text is not changed.
    private var earlier: EntryAnswer?

    /// Candidates shown at once.
    static let shownMax = 8

    init(_ form: EntryForm, passage: String, title: String) {
        (self.form, self.passage, self.title) = (form, passage, title)
        begin()
    }

    var question: EntryQuestion { form.questions[place] }

    /// - Returns: What follows.
    mutating func press(_ key: KeyPress) -> Effect {
        message = ""
        if key == .interrupt || key == .end { return .leave }
        switch mode {
        case .asking: return ask(key)
        case .confirming(let answer):
            switch key {
            case .character("y"), .character("Y"):
                mode = .asking
                take(answer)
            case .character("n"), .character("N"), .escape, .backTab, .up: mode = .asking
            default: message = "y makes it, n goes back"
            }
        case .checking:
            switch key {
            case .enter: return .write
            case .escape: return .leave
            case .backTab, .up, .character("b"): goBack()
            default: message = "Enter records it, Shift-Tab goes back, Escape leaves"
            }
        }
        return .none
    }

    /// The statement could not be written.
    mutating func failed(_ reason: String) { message = reason }

    // MARK: Typing

    private mutating func ask(_ key: KeyPress) -> Effect {
        switch key {
        case .character(let character):
            let isControl = character.unicodeScalars.contains { $0.properties.generalCategory == .control }
            if !isControl, text.count < EntryForm.characterMax { edit(text + String(character)) }
        case .erase: edit(String(text.dropLast()))
        case .eraseLine: edit("")
        case .tab: complete()
        case .down:
            if !candidates.isEmpty { selection = min((selection ?? -1) + 1, shownCount - 1) }
        case .up:
            guard let selected = selection else {
                goBack()
                break
            }
            selection = selected > 0 ? selected - 1 : nil
        case .backTab: goBack()
        case .enter: enter()
        case .escape:
            if selection == nil { return .leave }
            selection = nil
        case .interrupt, .end: return .leave
        }
        return .none
    }

    /// How many candidates can be chosen.
    var shownCount: Int { min(candidates.count, Self.shownMax) }

    private mutating func edit(_ new: String) {
        text = new
        selection = nil
        refresh()
    }

    private mutating func refresh() {
        let type: String? = if case .entity(let type) = question.kind { type } else { nil }
        candidates = completion.matches(text, preferring: type)
    }

    private mutating func complete() {
        if let selection {
            edit(completion.candidates[candidates[selection].candidate].name)
        } else if let longer = completion.completion(of: text) {
            edit(longer)
        } else if candidates.count > 1 {
            message = "It could be several; ↓ chooses one"
        } else if candidates.isEmpty, !text.isEmpty {
            message = form.hint(text, at: place) ?? ""
        }
    }

    private mutating func enter() {
        if let selection { return take(form.answer(completion.candidates[candidates[selection].candidate], at: place)) }
        if let earlier, text == earlier.shown { return take(earlier) }
        switch form.read(text, at: place) {
        case .nothing: goOn()
        case .answer(let answer): take(answer)
        case .unknown(let answer, _): mode = .confirming(answer)
        case .problem(let problem): message = problem
        }
    }

    // MARK: Going on and back

    private mutating func take(_ answer: EntryAnswer) {
        form.take(answer, at: place)
        if question.isRepeatable { begin() } else { goOn() }
    }

    private mutating func goOn() {
        guard place + 1 < form.questions.count else {
            guard !form.isEmpty else {
                message = "Say at least one thing about the statement, or leave with Escape"
                return
            }
            edit("")
            earlier = nil
            mode = .checking
            return
        }
        place += 1
        arrive()
    }

    /// Comes to a question that may have been answered already.
    private mutating func arrive() {
        if question.isRepeatable || form.answers[place].isEmpty { begin() } else { takeUp() }
    }

    private mutating func begin() {
        (text, selection, earlier) = ("", nil, nil)
        completion = form.completion(at: place)
        refresh()
    }

    private mutating func goBack() {
        // From the summary one comes back to the last question.
        let isSummary = mode == .checking
        mode = .asking
        if question.isRepeatable, text.isEmpty, !form.answers[place].isEmpty { return takeUp() }
        if !isSummary {
            // What one came back to and left as it was stays.
            if let earlier, text == earlier.shown { form.take(earlier, at: place) }
            guard place > 0 else {
                message = "This is the first question"
                return
            }
            place -= 1
        }
        arrive()
    }

    /// Takes the last answer up again, to change it.
    private mutating func takeUp() {
        let answers = form.answers[place]
        form.set(Array(answers.dropLast()), at: place)
        begin()
        earlier = answers.last
        text = earlier?.shown ?? ""
        refresh()
    }
}
