import AnnotationModel
import TeamCoding

extension RoundReport {
    /// Every statement with every variable that occurs.
    func writeStatements(_ codings: [RoundCoding], _ documents: [RoundDocument], _ page: inout ReportPage) {
        page.raw("<section aria-labelledby=\"statements\">\n<h2 id=\"statements\">Statements</h2>\n")
        let texts = slices(documents)
        let titles = titles(documents)
        let variables = Set(codings.flatMap { $0.statements.flatMap { $0.values.map(\.variable) } }).sorted()
        var rows: [[(inout ReportPage) -> Void]] = []
        for coding in codings {
            for statement in coding.statements {
                var row: [(inout ReportPage) -> Void] = [
                    { $0.text(passage(coding.range, texts[coding.document])) },
                    { $0.text(names.name(of: coding.coder)) },
                ]
                for variable in variables { row.append { $0.text(names.text(statement[variable])) } }
                if let titles { row.append { $0.text(titles[coding.document] ?? "") } }
                rows.append(row)
            }
        }
        if rows.isEmpty {
            page.raw("<p>No statements were coded.</p>\n")
        } else {
            page.table(
                id: "statement-table", caption: "Who said what, by coder",
                columns: ["Passage", "Coder"] + variables.map(names.name) + (titles == nil ? [] : ["Document"]),
                rows: rows)
        }
        page.raw("</section>\n")
    }

    func writeDecisions(_ items: [GoldResult.Item], _ documents: [RoundDocument], _ page: inout ReportPage) {
        page.raw("<section aria-labelledby=\"decisions\">\n<h2 id=\"decisions\">Decisions</h2>\n")
        let texts = slices(documents)
        let titles = titles(documents)
        if items.isEmpty {
            page.raw("<p>Nothing has been decided yet.</p>\n")
        } else {
            page.table(
                id: "decision-table", caption: "What was decided, and why",
                columns: ["Passage", "Outcome", "Result", "Rationale", "Decided by", "State", "Inputs"]
                    + (titles == nil ? [] : ["Document"]),
                rows: items.map { item in
                    let document = titles.map { $0[item.decision.document] ?? "" }
                    let cells: [(inout ReportPage) -> Void] = [
                        { $0.text(passage(item.decision.range, texts[item.decision.document])) },
                        { $0.words(item.decision.outcome.rawValue) }, { write(item.verdict, &$0) },
                        { $0.text(item.decision.rationale) },
                        { $0.text(item.decision.strategy.map { "strategy: \($0)" } ?? "a person") },
                        { $0.text(state(of: item.change)) },
                        { page in
                            let count = item.decision.inputs.count
                            guard count > 0 else {
                                page.words("none: nobody had marked it")
                                return
                            }
                            page.words(count == 1 ? "1 coding, " : "\(count) codings, ")
                            page.element("span", ["class": "hash"]) { $0.words("\(item.decision.inputHash)") }
                        },
                    ]
                    return cells + (document.map { title in [{ $0.text(title) }] } ?? [])
                })
        }
        page.raw("</section>\n")
    }

    private func write(_ verdict: GoldResult.Verdict, _ page: inout ReportPage) {
        switch verdict {
        case .nothing: page.words("nothing belongs here")
        case .unresolved: page.words("left open on purpose")
        case .missing: page.words("the result has not arrived")
        case .stands(let coding):
            for code in coding.codes {
                page.element("span", ["class": "code"]) { $0.text(names.name(code)) }
                page.words(" ")
            }
            for statement in coding.statements {
                let values = statement.values.map { "\(names.name($0.variable)): \(names.text($0.values))" }
                page.element("p") { $0.text(values.joined(separator: "; ")) }
            }
            if coding.codes.isEmpty && coding.statements.isEmpty { page.words("a passage without codes") }
        }
    }

    private func state(of change: DecisionChange) -> String {
        var parts: [String] = []
        if change.isChanged {
            var changes: [String] = []
            if !change.added.isEmpty { changes.append("\(change.added.count) added") }
            if !change.removed.isEmpty { changes.append("\(change.removed.count) removed") }
            if change.isEdited { changes.append("edited") }
            if change.clusterCount > 1 { changes.append("in \(change.clusterCount) clusters now") }
            parts.append("inputs changed since: " + changes.joined(separator: ", "))
        }
        for rival in change.standing.rivals {
            parts.append("in conflict with: \(rival.outcome.rawValue), \(rival.rationale)")
        }
        for earlier in change.standing.superseded {
            parts.append("replaces: \(earlier.outcome.rawValue), \(earlier.rationale)")
        }
        return parts.isEmpty ? "stands" : parts.joined(separator: "; ")
    }

    /// What documents are called; `nil` if there is one alone, which its page need not repeat.
    private func titles(_ documents: [RoundDocument]) -> [RecordID: String]? {
        guard documents.count > 1 else { return nil }
        return Dictionary(documents.map { ($0.id, $0.title) }, uniquingKeysWith: { first, _ in first })
    }

    private func slices(_ documents: [RoundDocument]) -> [RecordID: TextSlices] {
        var result: [RecordID: TextSlices] = [:]
        for document in documents { result[document.id] = document.text.map(TextSlices.init) }
        return result
    }
}
