import AnnotationModel
public import ChangeLog
import LocalStore
public import TeamCoding

extension CodebookFile {
    /// Reads codes from comma-separated values with a header, in any order of columns and rows; `name` alone is needed.
    ///
    /// `parent` is an id, a path from the top (`a/b`), or a name that one code alone has, in the file or in `known`. A code
    /// without `id` is the one that stands at its place in `known`; else its id is derived from the path, so that everybody
    /// who reads the file makes the same.
    public init(
        commaSeparated bytes: [UInt8], known: Codebook, using cryptography: some CryptographyProvider
    ) throws(CodebookFileError) {
        guard bytes.count <= Self.bytesMax else {
            throw CodebookFileError("it has more than \(Self.bytesMax) bytes, which is the limit")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CodebookFileError("it is not valid UTF-8")
        }
        var rows = try CommaSeparatedRows.rows(of: text)
        if rows.isEmpty { throw CodebookFileError("it is empty") }
        let header = rows.removeFirst()
        var columns: [CodebookColumn: Int] = [:]
        var unknown = 0
        for (place, title) in header.cells.enumerated() {
            guard let column = CodebookColumn(rawValue: title.lowercased()) else {
                unknown += 1
                continue
            }
            guard columns.updateValue(place, forKey: column) == nil else {
                throw CodebookFileError(line: header.line, "the column '\(title)' is there twice")
            }
        }
        guard columns[.name] != nil else {
            throw CodebookFileError(
                line: header.line,
                "there is no column 'name'; known are \(CodebookColumn.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        guard rows.count <= Self.codesMax else {
            throw CodebookFileError("it has more than \(Self.codesMax) codes, which is the limit")
        }
        var entries: [CodeRow] = []
        for row in rows { entries.append(try CodeRow(row, columns)) }
        var losses = LossReport()
        losses.add(unknown, "columns", "a code has no such fields")
        try self.init(try CodeRows(entries, known: known).codes(using: cryptography), losses)
    }
}

/// A row with what it says of a code.
private struct CodeRow {
    let line: Int
    let id: RecordID?
    let name: String
    /// As it stands there.
    let parent: String
    private let cells: [CodebookColumn: String]

    init(_ row: CommaSeparatedRows.Row, _ columns: [CodebookColumn: Int]) throws(CodebookFileError) {
        line = row.line
        cells = columns.compactMapValues {
            row.cells.indices.contains($0) && !row.cells[$0].isEmpty ? row.cells[$0] : nil
        }
        guard let name = cells[.name], !name.allSatisfy(\.isWhitespace) else {
            throw CodebookFileError(line: row.line, "the code has no name")
        }
        self.name = name
        parent = cells[.parent] ?? ""
        id = try cells[.id].map { text throws(CodebookFileError) in
            guard let id = RecordID(guid: text) else {
                throw CodebookFileError(line: row.line, "'\(text)' is no id of 32 hexadecimal digits")
            }
            return id
        }
    }

    func record(_ id: RecordID, parent: RecordID?) throws(CodebookFileError) -> CodeRecord {
        var colour = cells[.colour]?.lowercased()
        if let text = colour,
            text.utf8.count != 7 || text.first != "#" || !text.dropFirst().allSatisfy({ $0.isASCII && $0.isHexDigit })
        {
            throw CodebookFileError(line: line, "the colour '\(text)' is not of the form #rrggbb")
        }
        if colour?.isEmpty == true { colour = nil }
        let isCodable: Bool
        switch cells[.isCodable]?.lowercased() {
        case nil, "yes", "true", "1": isCodable = true
        case "no", "false", "0": isCodable = false
        case .some(let other): throw CodebookFileError(line: line, "is_codable is '\(other)', not yes or no")
        }
        let isRetired: Bool
        switch cells[.status]?.lowercased() {
        case nil, "active": isRetired = false
        case "retired": isRetired = true
        case .some(let other): throw CodebookFileError(line: line, "status is '\(other)', not active or retired")
        }
        let mergedInto = try ids(.mergedInto)
        guard mergedInto.count <= 1 else { throw CodebookFileError(line: line, "merged_into has several ids") }
        return CodeRecord(
            id: id, name: name, parent: parent, definition: cells[.definition], include: cells[.include],
            exclude: cells[.exclude], colour: colour, shortcut: cells[.shortcut], isCodable: isCodable,
            isRetired: isRetired, mergedInto: mergedInto.first, splitFrom: try ids(.splitFrom),
            standsFor: try ids(.standsFor))
    }

    private func ids(_ column: CodebookColumn) throws(CodebookFileError) -> [RecordID] {
        var ids: [RecordID] = []
        for text in (cells[column] ?? "").split(separator: " ") {
            guard let id = RecordID(guid: String(text)) else {
                throw CodebookFileError(line: line, "\(column.rawValue) has '\(text)', which is no id")
            }
            ids.append(id)
        }
        return Set(ids).sorted()
    }
}

/// Finds the codes that rows stand under, and the ids of those that have none.
private struct CodeRows {
    /// What a code stands under.
    private enum Parent {
        case none
        case row(Int)
        case known(RecordID)
    }

    private let rows: [CodeRow]
    private let known: Codebook
    private var byID: [RecordID: Int] = [:]
    /// By what rows say in `parent` and `name`, in lower case.
    private var byPath: [String: [Int]] = [:]
    private var byName: [String: [Int]] = [:]
    private var knownByPath: [String: [RecordID]] = [:]
    private var knownByName: [String: [RecordID]] = [:]

    init(_ rows: [CodeRow], known: Codebook) throws(CodebookFileError) {
        self.rows = rows
        self.known = known
        for (place, row) in rows.enumerated() {
            if let id = row.id, byID.updateValue(place, forKey: id) != nil {
                throw CodebookFileError(line: row.line, "the code '\(row.name)' has the id of another one")
            }
            let name = row.name.lowercased()
            byPath[row.parent.isEmpty ? name : "\(row.parent.lowercased())/\(name)", default: []].append(place)
            byName[name, default: []].append(place)
        }
        for row in known.tree() {
            let path = known.path(of: row.code.id).map { $0.name.lowercased() }.joined(separator: "/")
            knownByPath[path, default: []].append(row.code.id)
            knownByName[row.code.name.lowercased(), default: []].append(row.code.id)
        }
    }

    func codes(using cryptography: some CryptographyProvider) throws(CodebookFileError) -> [CodeRecord] {
        var parents: [Parent] = []
        for row in rows { parents.append(try parent(of: row)) }
        // From the top down, so that paths and ids of parents are there when they are needed.
        var children: [Int: [Int]] = [:]
        var next: [Int] = []
        for (place, parent) in parents.enumerated() {
            if case .row(let above) = parent { children[above, default: []].append(place) } else { next.append(place) }
        }
        var paths = rows.map { _ in "" }
        var ids: [RecordID?] = rows.map(\.id)
        var codes: [CodeRecord] = []
        var seen: Set<RecordID> = []
        while !next.isEmpty {
            var below: [Int] = []
            for place in next {
                let row = rows[place]
                let above: (path: String, id: RecordID)? =
                    switch parents[place] {
                    case .none: nil
                    case .row(let parent): ids[parent].map { (paths[parent], $0) }
                    case .known(let id): (known.path(of: id).map { $0.name.lowercased() }.joined(separator: "/"), id)
                    }
                let path = (above.map { $0.path + "/" } ?? "") + row.name.lowercased()
                paths[place] = path
                let id = ids[place] ?? knownByPath[path]?.first ?? cryptography.derivedID("code", Array(path.utf8))
                ids[place] = id
                guard seen.insert(id).inserted else {
                    throw CodebookFileError(line: row.line, "the code '\(row.name)' is there twice")
                }
                codes.append(try row.record(id, parent: above?.id))
                below += children[place] ?? []
            }
            next = below
        }
        if codes.count < rows.count {
            let inRing = rows.indices.first { paths[$0].isEmpty } ?? 0
            throw CodebookFileError(line: rows[inRing].line, "the code '\(rows[inRing].name)' stands under itself")
        }
        return codes
    }

    private func parent(of row: CodeRow) throws(CodebookFileError) -> Parent {
        if row.parent.isEmpty { return .none }
        if let id = RecordID(guid: row.parent) {
            if let place = byID[id] { return .row(place) }
            if known.code(id) != nil { return .known(id) }
        }
        let text = row.parent.lowercased()
        for found in [byPath[text], byName[text]] {
            guard let found, let first = found.first else { continue }
            if found.count == 1 { return .row(first) }
            throw CodebookFileError(line: row.line, "several codes are called '\(row.parent)'; give the path or the id")
        }
        for found in [knownByPath[text], knownByName[text]] {
            guard let found, let first = found.first else { continue }
            if found.count == 1 { return .known(first) }
            throw CodebookFileError(line: row.line, "several codes are called '\(row.parent)'; give the path or the id")
        }
        throw CodebookFileError(line: row.line, "there is no code '\(row.parent)' for '\(row.name)' to stand under")
    }
}
