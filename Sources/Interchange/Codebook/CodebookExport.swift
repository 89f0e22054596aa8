public import AnnotationModel
public import TeamCoding

/// A codebook as a file.
extension Codebook {
    /// A REFI-QDA codebook 1.0 (`.qdc`): the codes as they stand in the tree, merged ones left out.
    ///
    /// The GUID of a code is its id. UTF-8; the same codebook gives the same bytes.
    /// - Returns: `nil` where there is no code, which the format cannot say.
    public func refiQDA(origin: String) -> Export? {
        let rows = tree()
        if rows.isEmpty { return nil }
        var writer = XMLWriter()
        writer.begin("CodeBook", [("xmlns", Self.refiNamespace), ("origin", origin)])
        writer.begin("Codes")
        var depth = 0
        for (place, row) in rows.enumerated() {
            while depth > row.depth {
                writer.end()
                depth -= 1
            }
            let hasChildren = rows.indices.contains(place + 1) && rows[place + 1].depth > row.depth
            var attributes = [
                ("guid", row.code.id.guid), ("name", row.code.name),
                ("isCodable", row.code.isCodable ? "true" : "false"),
            ]
            if let colour = row.code.colour { attributes.append(("color", colour)) }
            guard hasChildren || row.code.definition != nil else {
                writer.element("Code", attributes)
                continue
            }
            writer.begin("Code", attributes)
            if let definition = row.code.definition { writer.element("Description", text: definition) }
            if hasChildren { depth += 1 } else { writer.end() }
        }
        while depth > 0 {
            writer.end()
            depth -= 1
        }
        writer.end()
        writer.end()
        return Export(bytes: writer.bytes, losses: lossesOfREFI(rows.map(\.code), writer.lostCharacterCount))
    }

    static let refiNamespace = "urn:QDA-XML:codebook:1.0"

    private func lossesOfREFI(_ shown: [CodeRecord], _ lostCharacterCount: Int) -> LossReport {
        var losses = LossReport()
        let elsewhere = "a code of this format has a name, a description and a colour; the CSV codebook has them"
        losses.add(shown.count { $0.include != nil || $0.exclude != nil }, "codes with examples", elsewhere)
        losses.add(shown.count { $0.shortcut != nil }, "shortcuts", elsewhere)
        losses.add(shown.count(where: \.isRetired), "codes that are retired", "they are there as if they were not")
        losses.add(codes.count - shown.count, "codes for which others stand", "the others are there")
        losses.add(shown.count { !$0.splitFrom.isEmpty }, "splits", elsewhere)
        losses.add(
            lostCharacterCount, "control characters", "XML has no place for them; U+FFFD stands there instead")
        return losses
    }

    /// One row per code with all its fields, merged ones too: RFC 4180 with a header, UTF-8. Several ids in one cell are
    /// separated by spaces.
    public func commaSeparated() -> Export {
        var rows = [CodebookColumn.allCases.map(\.rawValue)]
        for row in tree(includesRedirected: true) {
            rows.append(CodebookColumn.allCases.map { $0.text(of: row.code, in: self) })
        }
        return Export(bytes: CommaSeparatedRows.bytes(of: rows), losses: LossReport())
    }
}

/// A column of the CSV codebook.
enum CodebookColumn: String, CaseIterable {
    case id, name, parent, path, definition, include, exclude, colour, shortcut
    case isCodable = "is_codable"
    case status
    case mergedInto = "merged_into"
    case splitFrom = "split_from"
    case standsFor = "stands_for"

    func text(of code: CodeRecord, in codebook: Codebook) -> String {
        switch self {
        case .id: "\(code.id)"
        case .name: code.name
        case .parent: code.parent?.description ?? ""
        case .path: codebook.path(of: code.id).map(\.name).joined(separator: "/")
        case .definition: code.definition ?? ""
        case .include: code.include ?? ""
        case .exclude: code.exclude ?? ""
        case .colour: code.colour ?? ""
        case .shortcut: code.shortcut ?? ""
        case .isCodable: code.isCodable ? "yes" : "no"
        case .status: code.isRetired ? "retired" : "active"
        case .mergedInto: code.mergedInto?.description ?? ""
        case .splitFrom: code.splitFrom.map(\.description).joined(separator: " ")
        case .standsFor: code.standsFor.map(\.description).joined(separator: " ")
        }
    }
}

extension RecordID {
    /// The id in the form of a GUID: 8-4-4-4-12 hexadecimal digits.
    public var guid: String {
        let digits = Array(description)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    /// Reads a GUID, with or without braces, or 32 hexadecimal digits.
    public init?(guid: String) {
        var text = Substring(guid)
        if text.first == "{", text.last == "}" { text = text.dropFirst().dropLast() }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 1 || parts.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return nil }
        self.init(parts.joined())
    }
}
