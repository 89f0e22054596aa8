import AnnotationModel
import LocalStore

extension EntryForm {
    /// The statement that the answers make.
    ///
    /// - Throws: `configuration` for a variable of a newer version.
    func draft(_ type: StatementTypeItem?) throws -> StatementDraft {
        var draft = StatementDraft()
        draft.type = type
        for (question, answers) in zip(questions, answers) {
            for answer in answers {
                switch (question.place, answer.content) {
                case (.field(let field), .record(let record)): draft.records.append((field, record))
                case (.field(let field), .value(let value)): draft.values.append((field, value))
                case (.variable(let variable), .record(let record)): draft.recordAnswers.append((variable, record))
                case (.variable(let variable), .value(let value)):
                    draft.answers.append(try VariableAnswer(variable, value))
                }
            }
        }
        return draft
    }

    /// Reads a line for each question, and for one that takes several answers lines up to an empty one.
    ///
    /// - Parameters:
    ///   - makesNames: Whether what does not exist is to be made.
    ///   - line: The next line; `nil` at the end.
    /// - Returns: Whether there was anything: not where the lines end before the first.
    /// - Throws: `dataError` for an answer that means nothing or several things, and where lines are missing.
    mutating func read(makesNames: Bool, line: () throws -> String?) throws -> Bool {
        for place in questions.indices {
            while true {
                guard var text = try line() else {
                    if place == 0 { return false }
                    throw CommandFailure(
                        .dataError, "the answers end before '\(questions[place].name)'; nothing was recorded")
                }
                if text.last == "\r" { text.removeLast() }
                let reading = read(text, at: place)
                switch reading {
                case .nothing: break
                case .answer(let answer): take(answer, at: place)
                case .unknown(let answer, _) where makesNames: take(answer, at: place)
                case .unknown(_, let problem):
                    throw CommandFailure(
                        .noInput, problem + ". --create makes it on the way; nothing was recorded")
                case .problem(let problem): throw CommandFailure(.dataError, problem + "; nothing was recorded")
                }
                if !questions[place].isRepeatable || reading == .nothing { break }
            }
        }
        if isEmpty { throw CommandFailure(.dataError, "no question is answered; nothing was recorded") }
        return true
    }
}
