import AnnotationModel
import Interchange

/// The questions of one statement and what has been answered so far: reads and checks answers, without a terminal or a store.
struct EntryForm: Sendable {
    /// What a text means as the answer to a question.
    enum Reading: Hashable {
        case nothing
        case answer(EntryAnswer)
        /// There is none of this name; it can be made.
        case unknown(EntryAnswer, problem: String)
        /// What is wrong, and what would be right.
        case problem(String)
    }

    let questions: [EntryQuestion]
    /// For each question; those that take one have one at most.
    private(set) var answers: [[EntryAnswer]]
    private let entities: NameCompletion
    private let codes: NameCompletion
    /// Whether codes may be made on the way.
    private let makesCodes: Bool

    /// Characters of an answer at most.
    static let characterMax = 2000
    /// How many names are listed where several are possible.
    private static let listedMax = 8

    init(_ questions: [EntryQuestion], entities: [NameCandidate], codes: [NameCandidate], makesCodes: Bool) {
        self.questions = questions
        self.entities = NameCompletion(entities)
        self.codes = NameCompletion(codes)
        self.makesCodes = makesCodes
        answers = Array(repeating: [], count: questions.count)
    }

    var isEmpty: Bool { answers.allSatisfy(\.isEmpty) }

    /// The required questions that have no answer.
    var unanswered: [String] {
        questions.indices.filter { questions[$0].isRequired && answers[$0].isEmpty }.map { questions[$0].name }
    }

    // MARK: Answering

    mutating func set(_ new: [EntryAnswer], at place: Int) { answers[place] = new }

    /// Takes an answer; one that is there already is not taken twice.
    mutating func take(_ answer: EntryAnswer, at place: Int) {
        if !questions[place].isRepeatable {
            answers[place] = [answer]
        } else if !answers[place].contains(where: { $0.content == answer.content }) {
            answers[place].append(answer)
        }
    }

    /// - Parameter text: What was typed; an empty one is the default.
    func read(_ text: String, at place: Int) -> Reading {
        let question = questions[place]
        var text = question.kind == .text ? text : Self.trimmed(text)
        if text.isEmpty { text = question.defaultAnswer ?? "" }
        if text.allSatisfy(\.isWhitespace) || (question.defaultAnswer != nil && text == EntryQuestion.none) {
            return .nothing
        }
        if text.count > Self.characterMax {
            return .problem("\(question.name) has more than \(Self.characterMax) characters")
        }
        func value(_ value: Value) -> Reading { .answer(EntryAnswer(content: .value(value), shown: text)) }
        switch question.kind {
        case .entity, .code: return record(text, at: place)
        case .choice(let choices):
            return chosen(text, among: choices, place) { .text($0) }
        case .boolean:
            if ["true", "false"].contains(text.lowercased()) { return value(.boolean(text.lowercased() == "true")) }
            return chosen(text, among: Self.truthValues, place) { .boolean($0 == "yes") }
        case .integer:
            guard let number = Int64(text) else { return .problem(wrong(text, question, "a whole number")) }
            return value(.integer(number))
        case .date:
            guard ValueType.date.accepts(.text(text)) else {
                return .problem(wrong(text, question, FieldInput.dateForm))
            }
            return value(.text(text))
        case .text: return value(.text(text))
        }
    }

    private static let truthValues = ["yes", "no"]

    private func wrong(_ text: String, _ question: EntryQuestion, _ wanted: String) -> String {
        "\(question.name) cannot be '\(text)'; it must be \(wanted)"
    }

    /// One of a closed list: the whole word, or a beginning that one alone has.
    private func chosen(_ text: String, among choices: [String], _ place: Int, _ value: (String) -> Value) -> Reading {
        let completion = completion(at: place)
        let found = completion.named(text)
        let meant = found.isEmpty ? completion.matches(text).map(\.candidate) : found
        guard meant.count == 1 else {
            return .problem(wrong(text, questions[place], "one of \(choices.joined(separator: ", "))"))
        }
        let choice = completion.candidates[meant[0]].name
        return .answer(EntryAnswer(content: .value(value(choice)), shown: choice))
    }

    private func record(_ text: String, at place: Int) -> Reading {
        let question = questions[place]
        let completion = completion(at: place)
        var found = completion.named(text)
        if found.isEmpty, text.count >= RecordNames.idDigitsMin {
            found = completion.candidates.indices.filter { completion.candidates[$0].record?.matches(text) == true }
        }
        if found.count == 1 { return .answer(answer(completion.candidates[found[0]], at: place)) }
        func list(_ candidates: [Int]) -> String {
            let shown = candidates.prefix(Self.listedMax).map { Self.title(completion.candidates[$0], withID: true) }
            return shown.joined(separator: ", ") + (candidates.count > Self.listedMax ? " …" : "")
        }
        if found.count > 1 {
            return .problem("\(question.name): '\(text)' could be \(list(found)); an id tells them apart")
        }
        let what = question.kind == .code ? "code" : "entity"
        var problem = "\(question.name): there is no \(what) '\(text)'"
        let near = completion.matches(text).map(\.candidate)
        if !near.isEmpty {
            problem += "; it could be the beginning of \(list(near))"
        } else if let name = suggestion(for: text, among: completion.candidates.map(\.name)) {
            problem += "; did you mean '\(name)'?"
        }
        switch question.kind {
        case .entity(let type):
            let record = NamedRecord.newEntity(text, type: type)
            return .unknown(EntryAnswer(content: .record(record), shown: text), problem: problem)
        case _ where makesCodes:
            return .unknown(EntryAnswer(content: .record(.newCode(text)), shown: text), problem: problem)
        default: return .problem(problem)
        }
    }

    // MARK: Completing

    /// What a question completes from: the names that are known, and those that are new in this statement.
    func completion(at place: Int) -> NameCompletion {
        switch questions[place].kind {
        case .choice(let choices): return NameCompletion(choices.map { NameCandidate(name: $0) })
        case .boolean: return NameCompletion(Self.truthValues.map { NameCandidate(name: $0) })
        case .integer, .date, .text: return NameCompletion()
        case .entity, .code: break
        }
        let isCode = questions[place].kind == .code
        var completion = isCode ? codes : entities
        var seen = Set<String>()
        for case .record(let record) in answers.flatMap({ $0 }).map(\.content) {
            switch record {
            case .newCode(let name) where isCode && seen.insert(name).inserted,
                .newEntity(let name, _) where !isCode && seen.insert(name).inserted:
                completion.add(NameCandidate(name: name, note: "new", weight: .max))
            default: break
            }
        }
        return completion
    }

    /// The answer that a candidate stands for.
    func answer(_ candidate: NameCandidate, at place: Int) -> EntryAnswer {
        func record(_ new: NamedRecord) -> EntryAnswer {
            EntryAnswer(content: .record(candidate.record.map { .existing($0) } ?? new), shown: candidate.name)
        }
        return switch questions[place].kind {
        case .code: record(.newCode(candidate.name))
        case .entity(let type): record(.newEntity(candidate.name, type: type))
        case .boolean: EntryAnswer(content: .value(.boolean(candidate.name == "yes")), shown: candidate.name)
        default: EntryAnswer(content: .value(.text(candidate.name)), shown: candidate.name)
        }
    }

    /// What candidates of a question are called in one line.
    ///
    /// - Parameter name: Which of its names was typed.
    static func title(_ candidate: NameCandidate, name: Int = 0, withID: Bool = false) -> String {
        var facts: [String] = []
        if name > 0, candidate.otherNames.indices.contains(name - 1) { facts.append(candidate.otherNames[name - 1]) }
        if !candidate.note.isEmpty { facts.append(candidate.note) }
        if withID, let id = candidate.record { facts.append(id.short) }
        return facts.isEmpty ? candidate.name : "\(candidate.name) (\(facts.joined(separator: ", ")))"
    }

    /// What is wrong with a text that is still being typed; `nil` while it may still become right.
    func hint(_ text: String, at place: Int) -> String? {
        let typed = Self.trimmed(text)
        if typed.isEmpty || typed == EntryQuestion.none { return nil }
        switch questions[place].kind {
        case .integer: return Int64(typed) == nil ? "a whole number" : nil
        case .date: return ValueType.date.accepts(.text(typed)) ? nil : FieldInput.dateForm
        case .choice(let choices):
            return completion(at: place).matches(typed).isEmpty ? "one of \(choices.joined(separator: ", "))" : nil
        case .boolean: return completion(at: place).matches(typed).isEmpty ? "yes or no" : nil
        case .entity, .code: return completion(at: place).matches(typed).isEmpty ? "nothing is called so" : nil
        case .text: return nil
        }
    }

    /// Without white space at both ends.
    static func trimmed(_ text: String) -> String {
        let words = text.drop(while: \.isWhitespace)
        return words.lastIndex { !$0.isWhitespace }.map { String(words[...$0]) } ?? ""
    }
}
