import AnnotationModel
public import TeamCoding

/// A round's codings in long form: one row for each coder, span and variable, as R and pandas want them.
///
/// A code is a value of the variable `code`. A coding without codes and statements has one row with an empty variable. A document that a coder
/// has coded to the end without marking anything has one row without a coding, so that silence can be told from absence.
/// Rows ascend by document, range, coding, statement, variable and value.
public struct RoundRows: Sendable {
    private let material: RoundMaterial
    private let names: ResultNames
    private let rows: [Row]

    private struct Row {
        let document: RoundDocument
        let coder: MemberID
        var coding: RoundCoding?
        var exact: String?
        var statement: CodedStatement?
        var variable: (id: String, name: String)?
        var value: CodedValue?
    }

    public init(_ material: RoundMaterial, coders naming: CoderNaming = .names) {
        self.material = material
        names = ResultNames(material, naming: naming)
        let byDocument = Dictionary(grouping: material.codings, by: \.document)
        var rows: [Row] = []
        for document in material.documents {
            let codings = byDocument[document.id] ?? []
            let text = document.text.map(TextSlices.init)
            for coding in codings {
                let row = Row(
                    document: document, coder: coding.coder, coding: coding, exact: text.map { $0[coding.range] })
                let before = rows.count
                for code in coding.codes {
                    var row = row
                    row.variable = ("code", "code")
                    row.value = .record(code)
                    rows.append(row)
                }
                for statement in coding.statements {
                    var row = row
                    row.statement = statement
                    if statement.values.isEmpty { rows.append(row) }
                    for entry in statement.values {
                        switch entry.variable {
                        case .builtIn(let variable): row.variable = (variable.rawValue, variable.rawValue)
                        case .defined(let id): row.variable = ("\(id)", names.name(id))
                        }
                        for value in entry.values {
                            row.value = value
                            rows.append(row)
                        }
                    }
                }
                if rows.count == before { rows.append(row) }
            }
            let here = Set(codings.map(\.coder))
            for coder in document.coders where !here.contains(coder) {
                rows.append(Row(document: document, coder: coder))
            }
        }
        self.rows = rows
    }

    private static let columns = [
        "round", "round_title", "codebook_revision", "document", "document_title", "version_sha256", "coder",
        "coder_name", "coding", "start", "end", "exact", "statement", "statement_type", "variable", "variable_name",
        "value_type", "value", "value_name", "late",
    ]

    /// RFC 4180 with a header. Offsets count code points; a cell is empty where there is nothing.
    public func commaSeparated() -> Export {
        let cells = rows.map { row -> [String] in
            var cells: [String] = ["\(material.round)", material.title, hexadecimal(material.codebookRevision)]
            cells += ["\(row.document.id)", row.document.title, "\(row.document.versionHash)"]
            cells += [names.id(of: row.coder), names.name(of: row.coder)]
            if let coding = row.coding {
                cells += ["\(coding.id)", "\(coding.range.lowerBound)", "\(coding.range.upperBound)"]
            } else {
                cells += ["", "", ""]
            }
            cells.append(row.exact ?? "")
            cells.append(row.statement?.id.description ?? "")
            cells.append(row.statement?.type?.description ?? "")
            cells += [row.variable?.id ?? "", row.variable?.name ?? ""]
            cells += [row.value?.typeName ?? "", row.value?.plainText ?? "", row.value.map(names.text) ?? ""]
            cells.append(row.coding.map { $0.isLate ? "true" : "false" } ?? "")
            return cells
        }
        return Export(bytes: CommaSeparatedRows.bytes(of: [Self.columns] + cells), losses: losses)
    }

    /// The same rows, one JSON object a line, with the same names; what is not there is null, numbers and truth values are
    /// such.
    public func jsonLines() -> Export {
        let lines = rows.map { row -> JSON in
            var values: [JSON] = [.text("\(material.round)"), .text(material.title)]
            let revision = material.codebookRevision
            values.append(.optional(revision.isEmpty ? nil : hexadecimal(revision)))
            values += [.text("\(row.document.id)"), .text(row.document.title), .text("\(row.document.versionHash)")]
            values.append(.optional(names.naming == .names ? names.id(of: row.coder) : nil))
            values.append(.text(names.name(of: row.coder)))
            values.append(.optional(row.coding?.id.description))
            values.append(.optional(row.coding?.range.lowerBound))
            values.append(.optional(row.coding?.range.upperBound))
            values.append(.optional(row.exact))
            values.append(.optional(row.statement?.id.description))
            values.append(.optional(row.statement?.type?.description))
            values += [.optional(row.variable?.id), .optional(row.variable?.name)]
            values += [.optional(row.value?.typeName), row.value?.json ?? .null]
            values.append(.optional(row.value.map(names.text)))
            values.append(row.coding.map { .boolean($0.isLate) } ?? .null)
            return .object(zip(Self.columns, values).map { JSON.Member($0, $1) })
        }
        return Export(bytes: lines.flatMap { $0.compact + [UInt8(ascii: "\n")] }, losses: losses)
    }

    private var losses: LossReport {
        var losses = LossReport()
        let elsewhere = "rows hold what was coded; the HTML report has them"
        losses.add(material.decisions.count, "decisions", elsewhere)
        losses.add(material.goldCodings.count, "codings of the gold layer", elsewhere)
        losses.add(material.codings.count { $0.note != nil }, "notes of codings", elsewhere)
        losses.add(
            material.codings.reduce(0) { sum, coding in sum + coding.appliedCodes.count { !coding.codes.contains($0) }
            },
            "codes that were merged since", "rows have the codes that stand for them")
        losses.add(
            material.documents.count { $0.text == nil }, "texts of documents",
            "they have not arrived, so the passages' words are not known")
        for reason in SetAsideCoding.Reason.allCases {
            losses.add(
                material.setAside.count { $0.reason == reason }, "codings that cannot be used", reason.explanation)
        }
        return losses
    }
}

extension SetAsideCoding.Reason {
    var explanation: String {
        switch self {
        case .unknownDocument: "their document is not of the round, or has not arrived"
        case .otherVersion: "they were made with another version of the document"
        case .outsideText: "they lie outside the text"
        case .unknownCoder: "their author is not a coder of the round"
        case .repeatedID: "several have one id"
        }
    }
}

extension CodedValue {
    var typeName: String {
        switch self {
        case .boolean: "boolean"
        case .integer: "integer"
        case .text: "text"
        case .date: "date"
        case .record: "record"
        }
    }

    /// The value itself: of a record its id.
    var plainText: String {
        switch self {
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .text(let text), .date(let text): text
        case .record(let id): "\(id)"
        }
    }

    var json: JSON {
        switch self {
        case .boolean(let value): .boolean(value)
        case .integer(let value): .integer(value)
        case .text, .date, .record: .text(plainText)
        }
    }
}
