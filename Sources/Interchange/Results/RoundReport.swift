public import AnnotationModel
public import TeamCoding

/// A round, or one document of it, as an HTML page: what was coded by whom, how far coders agree, what was decided and why.
///
/// One file that needs nothing else and runs nothing; landmarks, headings, captions and header cells for who reads by ear
/// or keyboard; fit for paper. Equal input gives equal bytes.
public struct RoundReport: Sendable {
    let material: RoundMaterial
    let queue: AdjudicationQueue
    let gold: GoldResult
    let agreement: [AgreementRow]
    let thresholdPercent: Int
    let names: ResultNames
    /// Of the whole round, in the order of columns; their letters are those of the marks.
    let coders: [MemberID]
    let letters: [MemberID: String]
    let places: [MemberID: Int]

    /// - Parameters:
    ///   - queue: Made from the material.
    ///   - agreement: In the order in which it is to stand.
    ///   - thresholdPercent: The one that clusters were made with.
    public init(
        _ material: RoundMaterial, queue: AdjudicationQueue, agreement: [AgreementRow],
        thresholdPercent: Int = 50, coders naming: CoderNaming = .names
    ) {
        self.material = material
        self.queue = queue
        self.agreement = agreement
        self.thresholdPercent = thresholdPercent
        gold = GoldResult(material, queue: queue)
        names = ResultNames(material, naming: naming)
        coders = names.ordered(material.coders.map(\.id))
        // The letters of `AnonymousCoders`, A to Z, AA and so on, in the order of this page.
        var letters: [MemberID: String] = [:]
        var places: [MemberID: Int] = [:]
        for (place, coder) in coders.enumerated() {
            letters[coder] = String(names.anonymous.name(of: names.anonymous.order[place]).dropFirst("Coder ".count))
            places[coder] = place
        }
        self.letters = letters
        self.places = places
    }

    /// The whole round.
    public func page() -> Export { page(of: material.documents, title: material.title) }

    /// One document; `nil` if the round has none of this id.
    public func page(of document: RecordID) -> Export? {
        guard let document = material.documents.first(where: { $0.id == document }) else { return nil }
        return page(of: [document], title: document.title)
    }

    private func page(of documents: [RoundDocument], title: String) -> Export {
        let ids = Set(documents.map(\.id))
        let items = gold.items.filter { ids.contains($0.decision.document) }
        var page = ReportPage()
        page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
        page.raw(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
        page.element("title") { $0.words(title.isEmpty ? "Round" : title) }
        page.line()
        page.style(ReportStyle.sheet(coders: coders.count))
        page.raw("</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the content</a>\n<header>\n")
        page.element("h1") { $0.text(title.isEmpty ? "Round" : title) }
        page.element("p") { page in
            page.words("Round “")
            page.text(material.title)
            page.words("”. \(documents.count) documents, \(coders.count) coders.")
        }
        page.raw("</header>\n<nav aria-label=\"Contents\"><ul>\n")
        page.raw("<li><a href=\"#documents\">Documents</a></li>\n<li><a href=\"#statements\">Statements</a></li>\n")
        page.raw("<li><a href=\"#agreement\">Agreement</a></li>\n<li><a href=\"#decisions\">Decisions</a></li>\n")
        page.raw("<li><a href=\"#method\">Method</a></li>\n</ul></nav>\n<main id=\"main\">\n")
        page.raw("<section aria-labelledby=\"documents\">\n<h2 id=\"documents\">Documents</h2>\n")
        writeCoders(&page)
        let codings = Dictionary(grouping: material.codings, by: \.document)
        for (number, document) in documents.enumerated() {
            write(document, number: number + 1, codings[document.id] ?? [], to: &page)
        }
        page.raw("</section>\n")
        writeStatements(documents.flatMap { codings[$0.id] ?? [] }, documents, &page)
        writeAgreement(&page)
        writeDecisions(items, documents, &page)
        writeMethod(documents, &page)
        page.raw("</main>\n</body>\n</html>\n")
        return Export(bytes: Array(page.html.utf8), losses: losses(of: ids))
    }

    private func writeCoders(_ page: inout ReportPage) {
        page.element("p") { page in
            page.words("Coders: ")
            for (place, coder) in coders.enumerated() {
                if place > 0 { page.words(", ") }
                page.element("span", ["class": colourClass("n", coder)]) { $0.words(letters[coder] ?? "?") }
                page.words(" ")
                page.text(names.name(of: coder))
            }
            page.words(
                ". In the texts each coder's passages are underlined in the coder's colour, and begin with letter and number."
            )
        }
        page.line()
    }

    func colourClass(_ prefix: String, _ coder: MemberID) -> String {
        "\(prefix)\((places[coder] ?? 0) % ReportStyle.colours.count)"
    }

    private func writeAgreement(_ page: inout ReportPage) {
        page.raw("<section aria-labelledby=\"agreement\">\n<h2 id=\"agreement\">Agreement</h2>\n")
        if agreement.isEmpty {
            page.raw("<p>No agreement was computed.</p>\n")
        } else {
            page.element("p") { page in
                page.words(
                    "Of the whole round. Units are passages that somebody marked, for measures of spans documents, and for a "
                        + "variable the passages of which somebody made a statement that is asked it. Who coded a document to the "
                        + "end and said nothing of a passage counts as saying nothing. Incomplete are units that not all coders rated."
                )
            }
            page.line()
            page.table(
                id: "agreement-table", caption: "Coefficients with intervals and incomplete units",
                columns: [
                    "Subject", "Measure", "Value", "Interval", "Units", "Incomplete", "Used", "Resamples",
                    "Input SHA-256",
                ],
                rows: agreement.map { row in
                    let counts = row.run.coefficient.counts
                    let cells = [
                        row.subject, row.measure, row.value, row.interval, "\(counts.units)", "\(counts.incomplete)",
                        "\(counts.used)", row.seed,
                    ]
                    return cells.map { cell in { $0.text(cell) } }
                        + [{ page in page.element("span", ["class": "hash"]) { $0.words("\(row.run.inputHash)") } }]
                })
        }
        page.raw("</section>\n")
    }

    private func writeMethod(_ documents: [RoundDocument], _ page: inout ReportPage) {
        page.raw("<section aria-labelledby=\"method\">\n<h2 id=\"method\">Method</h2>\n")
        page.element("p") { page in
            page.words(
                "\(material.codings.count) codings of \(material.documents.count) documents by \(coders.count) coders are compared. "
            )
            if material.codebookRevision.isEmpty {
                page.words("The round names no codebook revision. ")
            } else {
                page.words("They were made with the codebook revision ")
                page.element("span", ["class": "hash"]) { $0.words(hexadecimal(material.codebookRevision)) }
                page.words(". ")
            }
            page.words(
                "Codings of one document are one cluster if every two of them share at least \(thresholdPercent) % of what both cover (complete linkage). "
                    + "The disagreement of a cluster is the mean, over all pairs of coders who had a say, of 1 less the share of "
                    + "text times the share of what was said that two have in common; to have marked nothing counts. "
                    + "\(queue.decidedCount) clusters are decided and unchanged, \(queue.entries.count) are left to decide. "
                    + "Intervals are percentile bootstraps over units. Each decision names its inputs by their SHA-256, each coefficient its table."
            )
        }
        if !material.setAside.isEmpty {
            page.element("p") { page in
                page.words("\(material.setAside.count) codings could not be used: ")
                let reasons = SetAsideCoding.Reason.allCases.compactMap { reason -> String? in
                    let count = material.setAside.count { $0.reason == reason }
                    return count == 0 ? nil : "\(count) because \(reason.explanation)"
                }
                page.words(reasons.joined(separator: "; ") + ".")
            }
        }
        page.line()
        page.table(
            id: "versions", caption: "The texts that were coded",
            columns: ["Document", "Published", "SHA-256 of the text", "Coded to the end by"],
            rows: documents.map { document in
                [
                    { $0.text(document.title) }, { $0.text(document.publishedOn ?? "unknown") },
                    { page in page.element("span", ["class": "hash"]) { $0.words("\(document.versionHash)") } },
                    { $0.text(names.ordered(document.coders).map(names.name(of:)).joined(separator: ", ")) },
                ]
            })
        page.raw("</section>\n")
    }

    private func losses(of documents: Set<RecordID>) -> LossReport {
        var losses = LossReport()
        let shown = material.documents.filter { documents.contains($0.id) }
        losses.add(shown.count { $0.text == nil }, "texts of documents", "they have not arrived")
        losses.add(
            material.setAside.count, "codings that cannot be used", "the section on method counts them by reason")
        let texts =
            shown.flatMap { [$0.title, $0.text ?? ""] } + [material.title] + material.coders.map(\.name)
            + material.codings.compactMap(\.note) + material.decisions.map(\.rationale) + material.names.values
        losses.add(
            texts.count { $0.hasUnprintables }, "texts with control characters",
            "a page has no place for them; pictures of them, or U+FFFD, stand instead")
        return losses
    }
}

extension ReportPage {
    /// The style sheet, which the program wrote itself.
    fileprivate mutating func style(_ sheet: String) {
        raw("<style>\n")
        unescaped(sheet)
        raw("\n</style>\n")
    }
}
