import AnnotationModel
import ChangeLog
import SQLiteBinding

/// The SQL of a kind's typed table, made once from the model's table.
struct TypedTable: Sendable {
    let kind: Kind
    let name: String
    let upsert: String
    let delete: String
    let scalars: [Scalar]
    let sets: [SetTable]
    /// Reads the text of a record of this kind that search finds it by; `nil` where search does not look.
    let selectSearchText: String?

    struct Scalar: Sendable {
        let definition: FieldDefinition
        let columnCount: Int32
    }

    struct SetTable: Sendable {
        let definition: FieldDefinition
        let insert: String
        let delete: String
    }

    static let all: [TypedTable] = Model.kinds.map(TypedTable.init)

    static func of(_ kind: Kind) -> TypedTable? {
        let place = Int(kind.rawValue) - 1
        return all.indices.contains(place) ? all[place] : nil
    }

    /// What the view `search_source` gives for each kind. It is not asked itself for one record: it looks into every table.
    private static let searchText: [Kind: String] = [
        .documentPart: "text", .document: "coalesce(title, '')",
        .annotation: "quote_exact || ' ' || coalesce(note, '')",
        .comment: "coalesce(body, '')", .code: "coalesce(name, '') || ' ' || coalesce(definition, '')",
        .entity: "coalesce(name, '')", .memo: "coalesce(title, '') || ' ' || coalesce(body, '')",
    ]

    /// `workspace`, `member` and `layer` name the store's own tables, so their records' tables are called otherwise.
    static func tableName(of definition: KindDefinition) -> String {
        [.workspace, .member, .layer].contains(definition.kind) ? definition.name + "_record" : definition.name
    }

    static func columns(of field: FieldDefinition) -> [String] {
        switch field.type {
        case .range: [field.name + "_start", field.name + "_end"]
        case .quote: [field.name + "_exact", field.name + "_prefix", field.name + "_suffix"]
        default: [field.name]
        }
    }

    init(_ definition: KindDefinition) {
        kind = definition.kind
        let table = Self.tableName(of: definition)
        name = table
        let scalars = definition.fields.filter { $0.rule != .addWinsSet }
        self.scalars = scalars.map { Scalar(definition: $0, columnCount: Int32(Self.columns(of: $0).count)) }
        let columns = ["record", "author", "created_at", "modified_at"] + scalars.flatMap(Self.columns(of:))
        let places = (1...columns.count).map { "?\($0)" }.joined(separator: ", ")
        upsert = "INSERT OR REPLACE INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(places))"
        delete = "DELETE FROM \(table) WHERE record = ?1"
        sets = definition.fields.filter { $0.rule == .addWinsSet }.map { field in
            SetTable(
                definition: field,
                insert: "INSERT OR IGNORE INTO \(table)_\(field.name) (record, value) VALUES (?1, ?2)",
                delete: "DELETE FROM \(table)_\(field.name) WHERE record = ?1")
        }
        selectSearchText = Self.searchText[kind].map { "SELECT \($0) FROM \(table) WHERE record = ?1" }
    }
}

extension StoreCore {
    /// Makes the typed rows and the conflicts of one record agree with its state, and notes what search has to follow.
    ///
    /// - Parameter old: The kind whose typed rows exist already, if the record was alive before.
    func refresh(
        record num: Int64, state: RecordState, wasAliveAs old: Kind?, hadConflicts: Bool, _ search: inout SearchUpdate
    ) throws {
        if let old, let table = TypedTable.of(old) {
            try search.willChange(num, of: table, self)
            for set in table.sets { try run(set.delete, num) }
            if !state.isAlive || state.kind != old { try run(table.delete, num) }
        }
        if hadConflicts { try run("DELETE FROM conflict WHERE record = ?1", num) }
        guard state.isAlive, let creation = state.creation else { return }
        for conflict in state.conflicts { try insert(conflict, record: num) }
        guard let table = TypedTable.of(creation.kind) else { return }
        let upsert = try db.statement(table.upsert)
        upsert.bind(num, at: 1)
        upsert.bind(try self.num(of: creation.stamp.author), at: 2)
        upsert.bind(creation.stamp.wallTime, at: 3)
        upsert.bind(state.lastStamp?.wallTime ?? creation.stamp.wallTime, at: 4)
        var column: Int32 = 5
        for scalar in table.scalars {
            let field = scalar.definition.field
            let value = scalar.definition.rule == .writeOnce ? state.writeOnce(field) : state.shown(field)
            Self.bind(value, of: scalar, to: upsert, at: &column)
        }
        try upsert.run()
        for set in table.sets {
            for element in state.set(set.definition.field) where set.definition.type.accepts(element) {
                let insert = try db.statement(set.insert)
                insert.bind(num, at: 1)
                if let text = element.text { insert.bind(text, at: 2) } else { insert.bind(element.bytes ?? [], at: 2) }
                try insert.run()
            }
        }
        try search.didChange(num, of: table, self)
    }

    /// A value of another type than the model's (a newer version's, or a forger's) shows as NULL; the state keeps it.
    private static func bind(
        _ value: Value?, of scalar: TypedTable.Scalar, to statement: Statement, at column: inout Int32
    ) {
        defer { column += scalar.columnCount }
        guard let value, scalar.definition.type.accepts(value) else {
            for offset in 0..<scalar.columnCount { statement.bindNull(at: column + offset) }
            return
        }
        switch value {
        case .text(let text): statement.bind(text, at: column)
        case .integer(let number): statement.bind(number, at: column)
        case .boolean(let flag): statement.bind(flag, at: column)
        case .identifier(let id): statement.bind(id, at: column)
        case .bytes(let bytes): statement.bind(bytes, at: column)
        case .list(let items):
            for (offset, item) in items.enumerated() {
                if let text = item.text {
                    statement.bind(text, at: column + Int32(offset))
                } else {
                    statement.bind(item.integer, at: column + Int32(offset))
                }
            }
        case .null: statement.bindNull(at: column)
        }
    }

    private func insert(_ conflict: Conflict, record: Int64) throws {
        let insert = try db.statement("INSERT OR IGNORE INTO conflict (record, type, field) VALUES (?1, ?2, ?3)")
        insert.bind(record, at: 1)
        insert.bind(conflict.typeName, at: 2)
        if case .contested(let field, _) = conflict {
            insert.bind(Int64(field.rawValue), at: 3)
        } else {
            insert.bind(0 as Int64, at: 3)
        }
        try insert.run()
    }

    func run(_ sql: String, _ argument: Int64) throws {
        let statement = try db.statement(sql)
        statement.bind(argument, at: 1)
        try statement.run()
    }
}

extension Conflict {
    var typeName: String {
        switch self {
        case .contested: "contested"
        case .deletedAndEdited: "deleted-and-edited"
        case .createdTwice: "created-twice"
        }
    }
}
