import AnnotationModel
import DocumentText
import Interchange
import LocalStore

/// A document version with everybody's annotations where they stand in it.
struct ReadingContent {
    struct Mark {
        let annotation: AnnotationItem
        let resolution: AnchorResolution
    }

    let document: DocumentItem
    let version: VersionItem
    let index: TextIndex
    /// In the order of their making.
    let marks: [Mark]
    private let names: RecordNames
    private let statements: [RecordID: [StatementItem]]
    private let comments: [RecordID: [CommentItem]]
    private let memos: [MemoItem]

    init(_ reader: StoreReader, _ names: RecordNames, _ document: DocumentItem, _ version: VersionItem) throws {
        self.document = document
        self.version = version
        self.names = names
        index = try reader.textIndex(of: version)
        var places = PlaceFinder(reader, names, shown: version, index)
        marks = try reader.annotations(on: document.info.id).map {
            Mark(annotation: $0, resolution: try places.resolve($0))
        }
        statements = Dictionary(grouping: try reader.statements(), by: \.annotation)
        comments = Dictionary(grouping: try reader.comments(), by: \.target)
        memos = try reader.memos().filter { $0.target == document.info.id }
    }

    // MARK: For the terminal

    func view() -> ReadingView {
        let authors = Set(marks.map(\.annotation.info.author)).sorted()
        var view = ReadingView(title: document.title, text: index, highlights: [])
        for mark in marks {
            let author = mark.annotation.info.author
            let colour = authors.firstIndex(of: author) ?? 0
            let status = status(of: mark)
            if let range = mark.resolution.range {
                view.highlights.append(
                    ReadingView.Highlight(
                        range: range, author: names.name(of: author), colour: colour, status: status,
                        notes: notes(on: mark.annotation)))
            } else {
                view.orphans.append(
                    ReadingView.Orphan(
                        quote: mark.annotation.quote.exact, author: names.name(of: author), colour: colour,
                        status: status, notes: notes(on: mark.annotation)))
            }
        }
        return view
    }

    /// Comments and memos on the document as a whole, for below the text.
    func remarksOnDocument(width: Int) -> [String] {
        var notes = memos.map { memo in
            "\(names.name(of: memo.info.author)): "
                + [memo.title, memo.body].compactMap { $0 }.joined(separator: " — ")
        }
        notes += thread(on: document.info.id)
        if notes.isEmpty { return [] }
        return ["", "On the document:"]
            + notes.flatMap { wrap(printable($0), width: width, indent: 2, hangingIndent: 4) }
    }

    private func status(of mark: Mark) -> String {
        var words = [mark.annotation.info.id.short]
        switch mark.resolution {
        case .exact: break
        case .moved: words.append("moved")
        case .ambiguous(let places):
            words.append("in \(places.count)\(places.count == TextIndex.candidateCountMax ? " or more" : "") places")
        case .orphan: words.append("orphan")
        }
        if mark.annotation.isCorrected { words.append("corrected") }
        if names.layer(mark.annotation.info.layer)?.kind == LayerKind.private.rawValue { words.append("private") }
        if mark.annotation.hasConflict { words.append("conflict") }
        return words.joined(separator: " · ")
    }

    private func notes(on annotation: AnnotationItem) -> [String] {
        var notes: [String] = []
        if !annotation.codes.isEmpty { notes.append(annotation.codes.map(names.codeName).joined(separator: " · ")) }
        if !annotation.tags.isEmpty { notes.append(annotation.tags.map { "#\($0)" }.joined(separator: " ")) }
        if let note = annotation.note { notes.append(note) }
        if let confidence = annotation.confidence { notes.append("confidence \(confidence)") }
        for statement in statements[annotation.info.id] ?? [] {
            let maker =
                statement.info.author == annotation.info.author ? "" : "\(names.name(of: statement.info.author)): "
            notes.append("says: \(maker)\(names.sentence(statement))")
            notes += thread(on: statement.info.id)
        }
        return notes + thread(on: annotation.info.id)
    }

    /// Comments on a record, answers below what they answer.
    private func thread(on target: RecordID) -> [String] {
        let all = comments[target] ?? []
        let known = Set(all.map(\.info.id))
        var lines: [String] = []
        func add(_ comment: CommentItem, depth: Int) {
            let mark = comment.isResolved ? " (resolved)" : ""
            lines.append(
                String(repeating: "  ", count: min(depth, 8))
                    + "↳ \(names.name(of: comment.info.author)): \(comment.body)\(mark)")
            for answer in all where answer.replyTo == comment.info.id { add(answer, depth: depth + 1) }
        }
        // An answer to something that is not here stands by itself.
        for comment in all where comment.replyTo.map({ !known.contains($0) }) ?? true { add(comment, depth: 0) }
        return lines
    }

    // MARK: For programs

    func json(number: Int) -> JSON {
        [
            "document": names.json(document), "version": names.json(version), "version_number": .number(number),
            "text": .text(index.text.string),
            "annotations": .array(
                marks.map { mark in
                    names.json(mark.annotation).adding([
                        "resolution": .text(Self.name(of: mark.resolution)),
                        "shown_start": .optional(mark.resolution.range?.lowerBound),
                        "shown_end": .optional(mark.resolution.range?.upperBound),
                        "candidates": .array(Self.candidates(mark.resolution)),
                        "statements": .array((statements[mark.annotation.info.id] ?? []).map(names.json)),
                        "comments": .array((comments[mark.annotation.info.id] ?? []).map(names.json)),
                    ])
                }),
            "comments": .array((comments[document.info.id] ?? []).map(names.json)),
            "memos": .array(memos.map(names.json)),
        ]
    }

    private static func name(of resolution: AnchorResolution) -> String {
        switch resolution {
        case .exact: "exact"
        case .moved: "moved"
        case .ambiguous: "ambiguous"
        case .orphan: "orphan"
        }
    }

    private static func candidates(_ resolution: AnchorResolution) -> [JSON] {
        guard case .ambiguous(let places) = resolution else { return [] }
        return places.map { ["start": .number($0.lowerBound), "end": .number($0.upperBound)] }
    }
}

/// Finds annotations in the version that is shown.
private struct PlaceFinder {
    let reader: StoreReader
    let names: RecordNames
    let shown: VersionItem
    let index: TextIndex
    /// Texts of other versions, for annotations whose boundaries were corrected there.
    private var others: [RecordID: TextIndex?] = [:]

    init(_ reader: StoreReader, _ names: RecordNames, shown: VersionItem, _ index: TextIndex) {
        self.reader = reader
        self.names = names
        self.shown = shown
        self.index = index
    }

    mutating func resolve(_ annotation: AnnotationItem) throws -> AnchorResolution {
        guard annotation.isCorrected, let range = annotation.position.range else {
            return index.resolve(position: annotation.position, quote: annotation.quote)
        }
        // The recorded words are not those of the corrected boundaries, so those are taken from the text itself.
        if annotation.version == shown.info.id {
            return range.upperBound <= index.codePointCount ? .exact(range) : .orphan
        }
        if others[annotation.version] == nil {
            others[annotation.version] = .some(
                try names.version(annotation.version).flatMap { $0.isComplete ? try reader.textIndex(of: $0) : nil })
        }
        guard let other = others[annotation.version] ?? nil, let selectors = try? other.selectors(forCodePoints: range)
        else { return index.resolve(position: annotation.recordedPosition, quote: annotation.quote) }
        return index.resolve(selectors)
    }
}
