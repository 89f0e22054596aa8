import AnnotationModel

/// A cluster in which somebody has made a statement: what each coder states of the passage.
struct StatementUnit: Sendable {
    let document: RecordID
    /// A place for each coder: the statements; none from who marked the passage without one, or coded the document to the end
    /// without marking it; `nil` for who has not finished the document and marked nothing here.
    let statements: [[CodedStatement]?]

    /// The types of its statements; `nil` is the built-in one.
    let types: Set<RecordID?>

    init(document: RecordID, statements: [[CodedStatement]?]) {
        self.document = document
        self.statements = statements
        types = Set(statements.flatMap { $0 ?? [] }.map(\.type))
    }

    /// What each coder says for a variable: the values of all statements; none where nothing was said for it.
    func values(of variable: StatementVariable) -> [Set<CodedValue>?] {
        statements.map { statements in
            statements.map { $0.reduce(into: Set<CodedValue>()) { $0.formUnion($1[variable]) } }
        }
    }
}
