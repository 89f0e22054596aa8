import AnnotationModel
import TeamCoding

extension RoundReport {
    /// A document: its lines in the first column, beside them each coder's codings that begin there.
    func write(_ document: RoundDocument, number: Int, _ codings: [RoundCoding], to page: inout ReportPage) {
        let here = Set(codings.map(\.coder)).union(document.coders)
        let columns = coders.filter { here.contains($0) }
        var labels: [RecordID: String] = [:]
        var counts: [MemberID: Int] = [:]
        for coding in codings {
            counts[coding.coder, default: 0] += 1
            labels[coding.id] = (letters[coding.coder] ?? "?") + "\(counts[coding.coder] ?? 0)"
        }
        let id = "d\(number)"
        page.element("article", ["aria-labelledby": id]) { page in
            page.element("h3", ["id": id]) {
                $0.text(document.title.isEmpty ? "[\(document.id.short)]" : document.title)
            }
            if document.text == nil { page.raw("<p>The text has not arrived in this store.</p>\n") }
            if document.text == nil && codings.isEmpty { return }
            page.element(
                "div", ["class": "scroll texts", "role": "region", "aria-labelledby": "\(id)-caption", "tabindex": "0"]
            ) { page in
                page.element("table") { page in
                    page.element("caption", ["id": "\(id)-caption"]) { $0.words("Text and codings, side by side") }
                    page.element("thead") { page in
                        page.element("tr") { page in
                            page.element("th", ["scope": "col"]) { $0.words("Line") }
                            page.element("th", ["scope": "col"]) { $0.words("Text") }
                            for coder in columns {
                                page.element("th", ["scope": "col"]) { page in
                                    page.element("span", ["class": colourClass("n", coder)]) {
                                        $0.words(letters[coder] ?? "?")
                                    }
                                    page.words(" ")
                                    page.text(names.name(of: coder))
                                    if !document.coders.contains(coder) { page.words(" (not to the end)") }
                                }
                            }
                        }
                    }
                    page.line()
                    page.element("tbody") { page in
                        writeLines(document, id, codings, columns, labels, &page)
                    }
                }
            }
        }
        page.line()
    }

    private func writeLines(
        _ document: RoundDocument, _ id: String, _ codings: [RoundCoding], _ columns: [MemberID],
        _ labels: [RecordID: String], _ page: inout ReportPage
    ) {
        let text = TextSlices(document.text ?? "")
        let lines = document.text == nil ? [0..<0] : text.lines
        var next = 0
        var active: [RoundCoding] = []
        for (number, line) in lines.enumerated() {
            let isLast = number + 1 == lines.count
            var beginning: [RoundCoding] = []
            // Codings ascend by range; one that begins at the line feed belongs to the line before it.
            while next < codings.count && (isLast || codings[next].range.lowerBound <= line.upperBound) {
                beginning.append(codings[next])
                next += 1
            }
            active.removeAll { $0.range.upperBound <= line.lowerBound }
            if line.isEmpty && beginning.isEmpty { continue }
            active += beginning
            page.element("tr") { page in
                page.element("th", ["scope": "row"]) { $0.words("\(number + 1)") }
                page.element("td", attributes(of: document)) { page in
                    writeLine(line, text, id, active, beginning, labels, &page)
                }
                let byCoder = Dictionary(grouping: beginning, by: \.coder)
                for coder in columns {
                    page.element("td") { page in
                        guard let mine = byCoder[coder] else { return }
                        page.element("ul") { page in
                            for coding in mine { write(coding, text, id, labels, &page) }
                        }
                    }
                }
            }
            page.line()
        }
    }

    private func attributes(of document: RoundDocument) -> KeyValuePairs<StaticString, String> {
        let allowed = document.language.map { language in
            !language.isEmpty && language.utf8.count <= 35
                && language.utf8.allSatisfy { byte in
                    byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                }
        }
        guard let language = document.language, allowed == true else { return ["class": "text", "dir": "auto"] }
        return ["class": "text", "dir": "auto", "lang": language]
    }

    /// The line, cut wherever a coding begins or ends; each piece underlined once for each coder who marked it.
    private func writeLine(
        _ line: Range<Int>, _ text: TextSlices, _ id: String, _ active: [RoundCoding], _ beginning: [RoundCoding],
        _ labels: [RecordID: String], _ page: inout ReportPage
    ) {
        var cuts: Set<Int> = [line.lowerBound, line.upperBound]
        for coding in active {
            for cut in [coding.range.lowerBound, coding.range.upperBound] where line.contains(cut) { cuts.insert(cut) }
        }
        let starts = Dictionary(grouping: beginning) { min($0.range.lowerBound, line.upperBound) }
        let ordered = cuts.sorted()
        for (place, start) in ordered.enumerated() {
            for coding in starts[start] ?? [] {
                let label = labels[coding.id] ?? ""
                page.element("sup") { page in
                    page.element(
                        "a",
                        ["id": "\(id)-\(label)-t", "href": "#\(id)-\(label)", "class": colourClass("n", coding.coder)]
                    ) { $0.words(label) }
                }
            }
            guard place + 1 < ordered.count else { break }
            let piece = start..<ordered[place + 1]
            let marking = Set(active.filter { $0.range.overlaps(piece) }.map(\.coder))
            // The last coder's line is the lowest, so its element is the outermost.
            let levels = Set(marking.map { (places[$0] ?? 0) % ReportStyle.colours.count }).sorted(by: >)
            write(text[piece], levels, &page)
        }
    }

    private func write(_ text: String, _ levels: [Int], _ page: inout ReportPage) {
        guard let level = levels.first else {
            page.words(text)
            return
        }
        page.element("span", ["class": "k\(level)"]) { write(text, Array(levels.dropFirst()), &$0) }
    }

    private func write(
        _ coding: RoundCoding, _ text: TextSlices, _ id: String, _ labels: [RecordID: String],
        _ page: inout ReportPage
    ) {
        let label = labels[coding.id] ?? ""
        page.element("li", ["id": "\(id)-\(label)"]) { page in
            page.element("a", ["href": "#\(id)-\(label)-t", "class": colourClass("n", coding.coder)]) {
                $0.words(label)
            }
            page.words(" ")
            page.element("q") { $0.text(shortened(text[coding.range], to: 90).text) }
            for code in coding.codes {
                page.words(" ")
                page.element("span", ["class": "code"]) { $0.text(names.name(code)) }
            }
            let merged = coding.appliedCodes.filter { !coding.codes.contains($0) }
            if !merged.isEmpty {
                page.words(" Applied as: ")
                page.text(merged.map { names.name($0) }.joined(separator: ", "))
            }
            if coding.isLate { page.words(" Came late.") }
            if !coding.statements.isEmpty {
                page.words(coding.statements.count == 1 ? " 1 statement" : " \(coding.statements.count) statements")
            }
            if let note = coding.note, !note.isEmpty {
                page.words(" Note: ")
                page.text(note)
            }
        }
    }

    /// The passage's words, or its place if the text is not there.
    func passage(_ range: Range<Int>, _ text: TextSlices?) -> String {
        guard let text else { return "\(range.lowerBound)–\(range.upperBound)" }
        return shortened(text[range], to: 90).text
    }
}
