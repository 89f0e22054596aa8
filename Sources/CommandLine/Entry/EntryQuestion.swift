import AnnotationModel
import LocalStore

/// One thing that a statement is asked: a built-in field, or a variable of its type.
struct EntryQuestion: Sendable {
    enum Kind: Hashable, Sendable {
        /// - Parameter type: What a new one is, and what is offered first.
        case entity(type: String?)
        case code
        case choice([String])
        case boolean, integer, date, text
    }

    enum Place: Sendable {
        case field(Field)
        case variable(VariableItem)
    }

    let name: String
    let kind: Kind
    let place: Place
    /// Whether it takes any number of answers.
    var isRepeatable = false
    /// Whether a statement without it counts as incomplete.
    var isRequired = false
    /// What is meant.
    var meaning = ""
    /// What an empty answer means, if not nothing.
    var defaultAnswer: String?

    /// The questions of the built-in statement, in the order in which people read one.
    ///
    /// - Parameter date: When it was said unless somebody says otherwise.
    static func builtIn(date: String?) -> [EntryQuestion] {
        func field(_ name: String, _ field: Field, _ kind: Kind, _ meaning: String) -> EntryQuestion {
            EntryQuestion(name: name, kind: kind, place: .field(field), meaning: meaning)
        }
        var day = field("date", Field.Statement.date, .date, "When it was said")
        day.defaultAnswer = date
        var instruments = field(
            "instruments", Field.Statement.instruments, .entity(type: "instrument"),
            "Legal instruments that it refers to, one by one")
        instruments.isRepeatable = true
        return [
            field("speaker", Field.Statement.speaker, .entity(type: nil), "Who says it"),
            field("organisation", Field.Statement.organisation, .entity(type: "organisation"), "For whom"),
            field("concept", Field.Statement.concept, .code, "About what"),
            field("position", Field.Statement.position, .choice(FieldInput.positions), "For or against it"), day,
            field("addressee", Field.Statement.addressee, .entity(type: nil), "To whom"),
            field(
                "directness", Field.Statement.directness, .choice(FieldInput.directness),
                "In the speaker's words or in others'"),
            instruments,
        ]
    }

    /// - Throws: `configuration` for a variable of a newer version.
    init(_ variable: VariableItem) throws {
        name = variable.name
        place = .variable(variable)
        isRequired = variable.isRequired
        meaning = variable.definition ?? ""
        kind =
            switch variable.valueType {
            case "entity": .entity(type: nil)
            case "code": .code
            case "choice": .choice(variable.choices)
            case "boolean": .boolean
            case "integer": .integer
            case "date": .date
            case "text": .text
            default: throw VariableAnswer.newer(variable)
            }
    }

    private init(name: String, kind: Kind, place: Place, meaning: String) {
        (self.name, self.kind, self.place, self.meaning) = (name, kind, place, meaning)
    }

    /// The word of an answer that leaves out what has a default.
    static let none = "-"
}

/// What somebody answered.
struct EntryAnswer: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        case record(NamedRecord)
        case value(Value)
    }

    let content: Content
    /// As people read it.
    let shown: String

    /// Whether it has to be made first.
    var isNew: Bool {
        switch content {
        case .record(.existing), .value: false
        case .record: true
        }
    }
}
