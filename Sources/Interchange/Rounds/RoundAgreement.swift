public import AnnotationModel
public import ChangeLog
public import TeamCoding

/// The agreement of a round: overall, for each code, variable of statements, document and pair of coders.
public struct RoundAgreement: Sendable {
    /// What is computed.
    public struct Request: Sendable, Hashable {
        public var measure: RoundMeasure = .alpha
        /// Only these codes, each with its documents and pairs. If neither codes nor variables are named: all codes together,
        /// with their documents and pairs, each code, and each variable for which somebody said something, if the measure
        /// compares passages.
        public var codes: [RecordID]?
        /// Only these variables of statements, each with its documents and pairs.
        public var variables: [StatementVariable]?
        /// How alpha compares the values of the variables that are named; `nil`: MASI, as codes are.
        public var level: AlphaMetric?
        public var includesPairs = false
        public var bootstrap: Bootstrap?
        /// Of what gamma draws.
        public var seed: UInt64 = 1
        /// The overlap that makes codings one cluster, in percent.
        public var thresholdPercent = 50

        public init() {}

        /// Whether this can be asked of any round.
        ///
        /// - Throws: `RoundAgreementError` if the measure knows no variables, or levels; or if a level is for nothing.
        public func check() throws(RoundAgreementError) {
            if variables != nil, measure.isOfSpans { throw .variablesOfSpans(measure) }
            if level == nil { return }
            if variables == nil { throw .levelWithoutVariable }
            if measure != .alpha { throw .levelOfMeasure(measure) }
        }
    }

    public struct Line: Sendable, Hashable {
        /// One code; `nil`: all codes together, or a variable.
        public let code: RecordID?
        /// A variable of statements; `nil`: codes.
        public let variable: StatementVariable?
        /// One document; `nil`: all.
        public let document: RecordID?
        /// Two coders; empty: all.
        public let pair: [MemberID]
        public let row: AgreementRow
        /// `VariableTable.leftOut` of the whole variable; 0 for codes.
        public let leftOut: Int
        let thresholdPercent: Int
    }

    public let tables: RoundAgreementTables
    public let lines: [Line]

    /// - Throws: `RoundAgreementError`.
    /// - Complexity: One coefficient, with its interval if one is asked for, for each line.
    public init(
        _ material: RoundMaterial, _ request: Request = Request(), coders naming: CoderNaming = .names,
        cryptography: any CryptographyProvider
    ) throws(RoundAgreementError) {
        try request.check()
        let isOfSpans = request.measure.isOfSpans
        let tables: RoundAgreementTables
        do {
            tables = try RoundAgreementTables(material, thresholdPercent: request.thresholdPercent)
        } catch {
            throw .input(error)
        }
        self.tables = tables
        let names = ResultNames(material, naming: naming)
        let places = Dictionary(
            tables.coders.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let units = Dictionary(grouping: tables.unitDocuments.indices) { tables.unitDocuments[$0] }
        let continua = Dictionary(grouping: tables.spanDocuments.indices) { tables.spanDocuments[$0] }
        let pairs = request.includesPairs ? pairsOfCoders(names.ordered(tables.coders)) : []
        var lines: [Line] = []

        func add(_ code: RecordID?, document: RecordID? = nil, pair: [MemberID] = [], subject: String) {
            let columns = pair.compactMap { places[$0] }
            let run: AgreementRun
            switch request.measure.measure(isOneCode: code != nil, seed: request.seed) {
            case .ratings(let measure):
                var table =
                    code.map { tables.ratings.presence(of: RoundAgreementTables.category($0)) } ?? tables.ratings
                if let document { table = table.units(units[document] ?? []) }
                if !pair.isEmpty { table = table.coders(columns) }
                run = AgreementRun(measure, of: table, bootstrap: request.bootstrap, cryptography: cryptography)
            case .spans(let measure):
                var table = code.map { tables.spans.only(RoundAgreementTables.category($0)) } ?? tables.spans
                if let document { table = table.documents(continua[document] ?? []) }
                if !pair.isEmpty { table = table.coders(columns) }
                run = AgreementRun(measure, of: table, bootstrap: request.bootstrap, cryptography: cryptography)
            }
            lines.append(
                Line(
                    code: code, variable: nil, document: document, pair: pair,
                    row: AgreementRow(subject: subject, run: run), leftOut: 0,
                    thresholdPercent: request.thresholdPercent))
        }
        func addParts(_ code: RecordID?, _ prefix: String) {
            for document in material.documents where !isOfSpans || continua[document.id] != nil {
                add(code, document: document.id, subject: prefix + document.title)
            }
            for pair in pairs { add(code, pair: pair, subject: prefix + names.text(ofPair: pair)) }
        }
        func add(_ variable: StatementVariable, withParts: Bool) throws(RoundAgreementError) {
            guard case .ratings(let measure) = request.measure.measure(ofLevel: request.level ?? .masi) else { return }
            let subject = "variable " + names.name(variable)
            let whole: VariableTable
            do {
                whole = try tables.table(of: variable, level: request.level ?? .masi)
            } catch {
                switch error {
                case .input(let error): throw .input(error)
                case .noSuchOrder(let level): throw .noSuchOrder(variable: names.name(variable), level)
                }
            }
            func add(_ table: ReliabilityTable, document: RecordID? = nil, pair: [MemberID] = [], _ subject: String) {
                let run = AgreementRun(measure, of: table, bootstrap: request.bootstrap, cryptography: cryptography)
                lines.append(
                    Line(
                        code: nil, variable: variable, document: document, pair: pair,
                        row: AgreementRow(subject: subject, run: run), leftOut: whole.leftOut,
                        thresholdPercent: request.thresholdPercent))
            }
            add(whole.ratings, subject)
            guard withParts else { return }
            let units = Dictionary(grouping: whole.unitDocuments.indices) { whole.unitDocuments[$0] }
            for document in material.documents {
                add(
                    whole.ratings.units(units[document.id] ?? []), document: document.id,
                    subject + ": " + document.title)
            }
            for pair in pairs {
                add(
                    whole.ratings.coders(pair.compactMap { places[$0] }), pair: pair,
                    subject + ": " + names.text(ofPair: pair))
            }
        }

        if request.codes == nil, request.variables == nil {
            add(nil, subject: "all codes")
            let sorted = tables.codes.map { (name: names.name($0), code: $0) }.sorted {
                $0.name.utf8.elementsEqual($1.name.utf8)
                    ? $0.code < $1.code : $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
            }
            for (name, code) in sorted { add(code, subject: name) }
            for variable in tables.variables { try add(variable, withParts: false) }
            addParts(nil, "")
        }
        for code in Set(request.codes ?? []).sorted() {
            add(code, subject: names.name(code))
            addParts(code, names.name(code) + ": ")
        }
        for variable in Set(request.variables ?? []).sorted() { try add(variable, withParts: true) }
        self.lines = lines
    }
}

/// Each two coders, once, in their order.
private func pairsOfCoders(_ coders: [MemberID]) -> [[MemberID]] {
    coders.indices.flatMap { index in coders[(index + 1)...].map { [coders[index], $0] } }
}

extension ResultNames {
    fileprivate func text(ofPair pair: [MemberID]) -> String { pair.map(name(of:)).joined(separator: " and ") }
}

extension RoundAgreement.Line {
    /// The name of the coefficient, for the field `measure` of a record.
    public var measureName: String { String(row.measure.prefix { $0 != " " }) }

    /// What the run was computed with and on, for the field `parameters` of a record; docs/agreement.md has the words.
    public var parameters: String {
        var words = row.measure.split(separator: " ").dropFirst().map(String.init)
        words.append("overlap=\(thresholdPercent)")
        words.append(variableName.map { "variable=\($0)" } ?? "codes=\(code.map { "\($0)" } ?? "all")")
        if let document { words.append("document=\(document)") }
        if !pair.isEmpty { words.append("coders=" + pair.sorted().map { "\($0)" }.joined(separator: ",")) }
        if let bootstrap = row.run.bootstrap {
            words.append("resamples=\(bootstrap.resamples) confidence=\(bootstrap.percent)")
        }
        return words.joined(separator: " ")
    }

    /// A built-in variable's name, a defined one's id; ids and names are never alike.
    private var variableName: String? {
        switch variable {
        case nil: nil
        case .builtIn(let builtIn): builtIn.rawValue
        case .defined(let id): "\(id)"
        }
    }

    /// The fields of an `agreement_run`.
    public func fields(round: RecordID) -> [(Field, Value)] {
        var fields: [(Field, Value)] = [
            (Field.AgreementRun.round, .identifier(round)), (Field.AgreementRun.measure, .text(measureName)),
            (Field.AgreementRun.parameters, .text(parameters)),
            (Field.AgreementRun.inputHash, .bytes(row.run.inputHash.bytes)),
            (Field.AgreementRun.units, .integer(Int64(row.run.coefficient.counts.units))),
            (Field.AgreementRun.incomplete, .integer(Int64(row.run.coefficient.counts.incomplete))),
        ]
        if let seed { fields.append((Field.AgreementRun.seed, .integer(Int64(bitPattern: seed)))) }
        if let value = row.run.coefficient.value { fields.append((Field.AgreementRun.value, .text("\(value)"))) }
        if case .between(let low, let high, _) = row.run.interval {
            fields.append((Field.AgreementRun.interval, .text("\(low) \(high)")))
        }
        return fields
    }

    /// Of the bootstrap; else of gamma.
    private var seed: UInt64? {
        if let bootstrap = row.run.bootstrap { return bootstrap.seed }
        if case .spans(.gamma(let parameters)) = row.run.measure { return parameters.seed }
        return nil
    }

    public var json: JSON {
        let counts = row.run.coefficient.counts
        var members: [JSON.Member] = [
            .init("subject", .text(row.subject)), .init("code", .optional(code?.description)),
            .init("variable", .optional(variableName)), .init("document", .optional(document?.description)),
            .init("coders", .texts(pair.map { "\($0)" })),
            .init("measure", .text(measureName)), .init("parameters", .text(parameters)),
        ]
        switch row.run.coefficient.outcome {
        case .value(let value): members += [.init("value", .text("\(value)")), .init("undefined", .null)]
        case .undefined(let reason): members += [.init("value", .null), .init("undefined", .text(reason.rawValue))]
        }
        if case .between(let low, let high, _) = row.run.interval {
            members.append(.init("interval", .texts(["\(low)", "\(high)"])))
        } else {
            members.append(.init("interval", .null))
        }
        members += [
            .init("units", .number(counts.units)), .init("incomplete", .number(counts.incomplete)),
            .init("used", .number(counts.used)), .init("left_out", .number(leftOut)),
            .init("input_hash", .text("\(row.run.inputHash)")),
        ]
        return .object(members)
    }
}
