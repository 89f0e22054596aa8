public import AnnotationModel
import ChangeLog
import SQLiteBinding
import WireFormat

extension StoreReader {
    private static let infoColumns =
        "record.id, layer.id, record.kind, member.id, t.created_at, t.modified_at, record.num"

    /// Reads rows of a typed table (alias `t`) with the columns of `RecordInfo` first.
    func rows<T>(
        _ table: String, _ columns: String, where condition: String = "1", bind: (Statement) -> Void = { _ in },
        _ make: (RecordInfo, Statement) throws -> T
    ) throws -> [T] {
        // Without statistics SQLite would take the index of all records for the shorter way: `CROSS JOIN` keeps the order.
        let select = try core.db.prepare(
            """
            SELECT \(Self.infoColumns), \(columns) FROM \(table) t
            CROSS JOIN record ON record.num = t.record CROSS JOIN layer ON layer.num = record.layer
            CROSS JOIN member ON member.num = t.author
            WHERE \(condition) ORDER BY t.created_at, record.id
            """)
        bind(select)
        var items: [T] = []
        while try select.step() { items.append(try make(try Self.info(select), select)) }
        return items
    }

    private static func info(_ row: Statement) throws -> RecordInfo {
        guard let id = RecordID(row, 0), let layer = LayerID(row, 1),
            let author = MemberID(row, 3)
        else { throw StoreError(.damaged, "a record has no id") }
        return RecordInfo(
            id: id, layer: layer, kind: Kind(rawValue: UInt16(clamping: row.int64(2))), author: author,
            createdAt: row.int64(4), modifiedAt: row.int64(5))
    }

    func texts(_ table: String, _ record: Int64) throws -> [String] {
        let select = try core.db.statement("SELECT value FROM \(table) WHERE record = ?1 ORDER BY value")
        select.bind(record, at: 1)
        var values: [String] = []
        while try select.step() { values.append(select.text(0)) }
        return values
    }

    func ids(_ table: String, _ record: Int64) throws -> [RecordID] {
        let select = try core.db.statement("SELECT value FROM \(table) WHERE record = ?1 ORDER BY value")
        select.bind(record, at: 1)
        var values: [RecordID] = []
        while try select.step() { if let id = RecordID(select, 0) { values.append(id) } }
        return values
    }

    // MARK: Layers

    public func layers() throws -> [LayerItem] {
        try core.allLayers().map { row in
            var pending = 0
            var since: Int64?
            for chain in try core.chains(layer: row.num) where chain.ackedSeq < chain.heldSeq {
                pending += Int(chain.heldSeq - chain.ackedSeq)
                if let first = try core.changeRow(chain.changeID(chain.ackedSeq + 1)) {
                    since = min(since ?? first.wallTime, first.wallTime)
                }
            }
            return LayerItem(
                id: row.id, kind: row.kind, owner: try row.owner.map { try core.member($0) },
                isWritable: row.isWritable, position: row.position, headPosition: row.headPosition,
                missingHistory: try core.base(of: row.num).map {
                    $0.head.position - min($0.historyPosition, $0.head.position)
                } ?? 0,
                pendingCount: pending, pendingSince: since, isOnServer: row.epoch != nil, round: row.round,
                stage: row.stage)
        }
    }

    /// The layer of one kind that the store's own member writes by default.
    ///
    /// - Parameter round: The round that it belongs to, for kinds that belong to one.
    public func ownLayer(_ kind: LayerKind, of round: RecordID? = nil) throws -> LayerID {
        let own = try ownMember()
        guard
            let layer = try layers().first(where: {
                $0.kind == kind.rawValue && ($0.owner == nil || $0.owner == own) && $0.round == round
            })
        else { throw StoreError(.noSuchLayer, "this store has no \(kind.name) layer of yours") }
        return layer.id
    }

    // MARK: Documents

    /// - Parameter countsAnnotations: Whether `annotationCount` is wanted; else it is 0. Counting reads O(n), n = annotations.
    public func documents(countsAnnotations: Bool = true) throws -> [DocumentItem] {
        var versions: [RecordID: [VersionItem]] = [:]
        for version in try self.versions() { versions[version.document, default: []].append(version) }
        var counts: [RecordID: Int] = [:]
        if countsAnnotations {
            let count = try core.db.prepare("SELECT document, count(*) FROM annotation GROUP BY document")
            while try count.step() { if let document = RecordID(count, 0) { counts[document] = count.int(1) } }
        }
        return try rows("document", "title, publisher, published_on, language") { info, row in
            DocumentItem(
                info: info, title: row.optionalText(7) ?? "untitled", publisher: row.optionalText(8),
                publishedOn: row.optionalText(9), language: row.optionalText(10),
                uris: try texts("document_uris", row.int64(6)), tags: try texts("document_tags", row.int64(6)),
                versions: versions[info.id] ?? [], annotationCount: counts[info.id] ?? 0)
        }
    }

    public func versions() throws -> [VersionItem] {
        try rows(
            "document_version",
            """
            document, sha256, bytes, parts,
            (SELECT count(DISTINCT number) FROM document_part p WHERE p.version = record.id AND number < t.parts)
            """
        ) { info, row in
            VersionItem(
                info: info, document: RecordID(row, 7) ?? info.id, sha256: row.blob(8), bytes: row.int(9),
                isComplete: !row.isNull(10) && row.int(10) == row.int(11))
        }
    }

    /// The canonical text of a version, `nil` while parts of it have not arrived.
    ///
    /// - Throws: `unverified` if the parts do not make the text that the version names.
    public func text(of version: RecordID) throws -> [UInt8]? {
        let find = try core.db.statement(
            """
            SELECT t.sha256, t.parts FROM document_version t JOIN record ON record.num = t.record WHERE record.id = ?1
            """)
        find.bind(version, at: 1)
        guard try find.step() else { return nil }
        let (sha256, parts) = (find.blob(0), find.int(1))
        find.reset()
        let select = try core.db.statement(
            "SELECT number, text FROM document_part WHERE version = ?1 ORDER BY number, record")
        select.bind(version, at: 1)
        var text: [UInt8] = []
        var next = 0
        while try select.step() {
            // Two layers may hold the same part; one is enough.
            guard select.int(0) == next else { continue }
            text += select.text(1).utf8
            next += 1
        }
        guard next == parts else { return nil }
        guard core.cryptography.sha256(text).bytes == sha256 else {
            throw StoreError(.unverified, "the text of version \(version.short) is not the one that its name promises")
        }
        return text
    }

    // MARK: Annotations and what hangs on them

    /// Complexity: O(n), but for one entry of an index each.
    public func annotationCount() throws -> Int {
        let count = try core.db.prepare("SELECT count(*) FROM annotation")
        return try count.step() ? count.int(0) : 0
    }

    /// - Parameter document: Only those on this document.
    public func annotations(on document: RecordID? = nil) throws -> [AnnotationItem] {
        try rows(
            "annotation",
            """
            document, version, position_start, position_end, quote_exact, quote_prefix, quote_suffix, note,
            corrected_range_start, corrected_range_end, confidence, colour,
            EXISTS (SELECT 1 FROM conflict WHERE conflict.record = record.num), codebook_revision
            """,
            where: document == nil ? "1" : "t.document = ?1",
            bind: { if let document { $0.bind(document, at: 1) } }
        ) { info, row in
            let isCorrected = !row.isNull(15)
            return AnnotationItem(
                info: info, document: RecordID(row, 7) ?? info.id, version: RecordID(row, 8) ?? info.id,
                position: TextPositionSelector(
                    start: row.int(isCorrected ? 15 : 9), end: row.int(isCorrected ? 16 : 10)),
                recordedPosition: TextPositionSelector(start: row.int(9), end: row.int(10)),
                quote: TextQuoteSelector(exact: row.text(11), prefix: row.text(12), suffix: row.text(13)),
                isCorrected: isCorrected, note: row.optionalText(14), codes: try ids("annotation_codes", row.int64(6)),
                tags: try texts("annotation_tags", row.int64(6)), confidence: row.isNull(17) ? nil : row.int(17),
                colour: row.optionalText(18), hasConflict: row.bool(19),
                codebookRevision: row.isNull(20) ? nil : row.blob(20))
        }
    }

    public func comments(on target: RecordID? = nil) throws -> [CommentItem] {
        try rows(
            "comment", "target, reply_to, body, is_resolved", where: target == nil ? "1" : "t.target = ?1",
            bind: { if let target { $0.bind(target, at: 1) } }
        ) { info, row in
            CommentItem(
                info: info, target: RecordID(row, 7) ?? info.id, replyTo: RecordID(row, 8), body: row.text(9),
                isResolved: row.bool(10))
        }
    }

    /// - Parameter countsUses: Whether `useCount` is wanted; else it is 0. Counting reads O(n), n = uses of codes.
    public func codes(countsUses: Bool = true) throws -> [CodeItem] {
        let uses = countsUses ? "(SELECT count(*) FROM annotation_codes WHERE annotation_codes.value = record.id)" : "0"
        return try rows(
            "code",
            """
            t.name, t.parent, t.definition, t.colour, t.status, t.merged_into, \(uses),
            t.include, t.exclude, t.shortcut, t.is_codable
            """
        ) { info, row in
            CodeItem(
                info: info, name: row.optionalText(7) ?? "unnamed", parent: RecordID(row, 8),
                definition: row.optionalText(9),
                colour: row.optionalText(10), isRetired: row.optionalText(11) == "retired",
                mergedInto: RecordID(row, 12),
                useCount: row.int(13), include: row.optionalText(14), exclude: row.optionalText(15),
                shortcut: row.optionalText(16), isCodable: row.isNull(17) || row.bool(17),
                splitFrom: try ids("code_split_from", row.int64(6)),
                standsFor: try ids("code_stands_for", row.int64(6)))
        }
    }

    public func entities() throws -> [EntityItem] {
        let attributes = try attributes()
        return try rows("entity", "t.name, t.type, t.merged_into, t.parent") { info, row in
            EntityItem(
                info: info, name: row.optionalText(7) ?? "unnamed", type: row.optionalText(8),
                aliases: try texts("entity_aliases", row.int64(6)),
                externalIDs: try texts("entity_external_ids", row.int64(6)), parent: RecordID(row, 10),
                mergedInto: RecordID(row, 9), standsFor: try ids("entity_stands_for", row.int64(6)),
                attributes: attributes[info.id] ?? [])
        }
    }

    public func statements() throws -> [StatementItem] {
        let values = try variableValues()
        return try rows(
            "statement",
            """
            t.annotation, t.speaker, t.organisation, t.concept, t.position, t.date, t.addressee, t.directness, t.type,
            t.codebook_revision
            """
        ) { info, row in
            StatementItem(
                info: info, annotation: RecordID(row, 7) ?? info.id, speaker: RecordID(row, 8),
                organisation: RecordID(row, 9),
                concept: RecordID(row, 10), position: row.optionalText(11), date: row.optionalText(12),
                addressee: RecordID(row, 13), directness: row.optionalText(14),
                instruments: try ids("statement_instruments", row.int64(6)), type: RecordID(row, 15),
                codebookRevision: row.isNull(16) ? nil : row.blob(16), values: values[info.id] ?? [])
        }
    }

    public func memos() throws -> [MemoItem] {
        try rows("memo", "target, title, body") { info, row in
            MemoItem(info: info, target: RecordID(row, 7), title: row.optionalText(8), body: row.text(9))
        }
    }

    // MARK: Finding

    /// Records whose id `text` means: a full id, a short one or its beginning.
    ///
    /// - Parameter includesDeleted: Whether records that are not alive are found too, for bringing them back.
    public func find(_ text: String, includesDeleted: Bool = false) throws -> [RecordInfo] {
        let digits = text.split(separator: ".", omittingEmptySubsequences: false).first.map(String.init) ?? text
        let lowered = digits.lowercased()
        guard (1...32).contains(lowered.utf8.count), lowered.allSatisfy(\.isHexDigit) else { return [] }
        // The ids that begin with the digits lie in one range of the index.
        let low = lowered + String(repeating: "0", count: 32 - lowered.utf8.count)
        let high = lowered + String(repeating: "f", count: 32 - lowered.utf8.count)
        let select = try core.db.prepare(
            """
            SELECT record.id, layer.id, record.kind, record.state FROM record JOIN layer ON layer.num = record.layer
            WHERE record.id BETWEEN ?1 AND ?2 AND (is_alive OR ?3) ORDER BY record.id LIMIT 10000
            """)
        select.bind(RecordID(low)?.bytes ?? [], at: 1)
        select.bind(RecordID(high)?.bytes ?? [], at: 2)
        select.bind(includesDeleted, at: 3)
        var found: [RecordInfo] = []
        while try select.step() {
            guard let id = RecordID(select, 0), let layer = LayerID(select, 1), id.matches(text)
            else { continue }
            let state = try RecordState(decoding: select.blob(3))
            guard let creation = state.creation else { continue }
            found.append(
                RecordInfo(
                    id: id, layer: layer, kind: creation.kind, author: creation.stamp.author,
                    createdAt: creation.stamp.wallTime,
                    modifiedAt: state.lastStamp?.wallTime ?? creation.stamp.wallTime))
        }
        return found
    }

    /// Full-text search; every word must occur, the last may be unfinished. Best first.
    public func search(_ words: [String], kinds: Set<Kind> = [], limit: Int = 50) throws -> [SearchHit] {
        let terms = words.filter { !$0.isEmpty }
        guard !terms.isEmpty else { return [] }
        // Quoted, a term is only a term: nobody's text becomes query syntax.
        let query =
            terms.map {
                "\"" + $0.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
            }
            .joined(separator: " ") + "*"
        let filter =
            kinds.isEmpty
            ? "" : "AND record.kind IN (\(kinds.sorted().map { "\($0.rawValue)" }.joined(separator: ", ")))"
        let select = try core.db.prepare(
            """
            SELECT record.id, layer.id, record.kind, snippet(search, 0, char(2), char(3), '…', 16)
            FROM search JOIN record ON record.num = search.rowid JOIN layer ON layer.num = record.layer
            WHERE search MATCH ?1 \(filter) ORDER BY rank LIMIT ?2
            """)
        select.bind(query, at: 1)
        select.bind(limit, at: 2)
        var hits: [SearchHit] = []
        while try select.step() {
            guard let id = RecordID(select, 0), let layer = LayerID(select, 1) else { continue }
            hits.append(
                SearchHit(
                    record: id, layer: layer, kind: Kind(rawValue: UInt16(clamping: select.int64(2))),
                    snippet: select.text(3)))
        }
        return hits
    }

    // MARK: Conflicts

    public func conflicts() throws -> [ConflictItem] {
        let select = try core.db.prepare(
            """
            SELECT DISTINCT record.id, layer.id, record.kind, record.state FROM conflict
            JOIN record ON record.num = conflict.record JOIN layer ON layer.num = record.layer
            ORDER BY layer.num, record.id
            """)
        var items: [ConflictItem] = []
        while try select.step() {
            guard let id = RecordID(select, 0), let layer = LayerID(select, 1) else { continue }
            for conflict in try RecordState(decoding: select.blob(3)).conflicts {
                items.append(
                    ConflictItem(
                        record: id, layer: layer, kind: Kind(rawValue: UInt16(clamping: select.int64(2))),
                        conflict: conflict))
            }
        }
        return items
    }

    /// Codes under one parent and entities of one type that have one name and are not merged, retired, or stood for.
    public func duplicateNames() throws -> [DuplicateName] {
        var groups: [String: (Kind, String, [RecordInfo])] = [:]
        var order: [String] = []
        func add(_ kind: Kind, _ name: String, _ scope: String, _ info: RecordInfo) {
            let key = "\(kind.rawValue)|\(scope)|\(name.lowercased())"
            if groups[key] == nil { order.append(key) }
            groups[key, default: (kind, name, [])].2.append(info)
        }
        let (codes, entities) = (try codes(countsUses: false), try entities())
        let replaced = Set(codes.flatMap(\.standsFor) + entities.flatMap(\.standsFor))
        for code in codes where code.mergedInto == nil && !code.isRetired && !replaced.contains(code.info.id) {
            add(.code, code.name, code.parent?.description ?? "", code.info)
        }
        for entity in entities where entity.mergedInto == nil && !replaced.contains(entity.info.id) {
            add(.entity, entity.name, entity.type ?? "", entity.info)
        }
        return order.compactMap { key in
            guard let (kind, name, records) = groups[key], records.count > 1 else { return nil }
            return DuplicateName(kind: kind, name: name, records: records)
        }
    }

    // MARK: Log

    /// The records of one kind that are there, by id.
    public func records(of kind: Kind, in layer: LayerID) throws -> [RecordID] {
        let row = try core.layer(layer)
        let select = try core.db.prepare(
            "SELECT id FROM record WHERE layer = ?1 AND kind = ?2 AND is_alive ORDER BY id")
        select.bind(row.num, at: 1)
        select.bind(Int64(kind.rawValue), at: 2)
        var records: [RecordID] = []
        while try select.step() { if let id = RecordID(select, 0) { records.append(id) } }
        return records
    }

    /// The changes of a layer that touch records of one kind, alive or not, whole and oldest first.
    ///
    /// - Complexity: O(h), h = the history of the kind's records in the layer.
    public func log(touching kind: Kind, in layer: LayerID) throws -> [LogItem] {
        let row = try core.layer(layer)
        let select = try core.db.prepare("SELECT id, state FROM record WHERE layer = ?1 AND kind = ?2 ORDER BY id")
        select.bind(row.num, at: 1)
        select.bind(Int64(kind.rawValue), at: 2)
        var changes: Set<Int64> = []
        while try select.step() {
            guard let id = RecordID(select, 0) else { continue }
            let state = try RecordState(decoding: select.blob(1))
            changes.formUnion(
                try core.history(
                    of: RecordBuffer.Key(layer: row.num, record: id), state: state, reachesBehindSnapshot: true))
        }
        let items = try changes.sorted().compactMap { try core.logItem($0) }
        return items.sorted { $0.stamp.precedes($1.stamp) }
    }

    /// The newest changes of the log, or the history of one record, newest first.
    public func log(of record: (RecordID, LayerID)? = nil, limit: Int = 50) throws -> [LogItem] {
        if let (id, layer) = record {
            let key = RecordBuffer.Key(layer: try core.layer(layer).num, record: id)
            guard let state = try self.state(of: id, in: layer) else { return [] }
            let items = try core.history(of: key, state: state, reachesBehindSnapshot: true).compactMap {
                try core.logItem($0)
            }
            return Array(
                items.sorted { $1.stamp.precedes($0.stamp) }.map { item in
                    LogItem(
                        layer: item.layer, stamp: item.stamp, hash: item.hash, action: item.action,
                        undoes: item.undoes, operations: item.operations.filter { $0.record == id }, state: item.state)
                }.prefix(limit))
        }
        let select = try core.db.prepare(
            "SELECT id FROM change ORDER BY wall_time DESC, lamport DESC, id DESC LIMIT ?1")
        select.bind(limit, at: 1)
        var items: [LogItem] = []
        while try select.step() { if let item = try core.logItem(select.int64(0)) { items.append(item) } }
        return items
    }

    /// Own changes that the server refused and nobody has dealt with.
    public func refused() throws -> [RefusedItem] {
        let select = try core.db.prepare(
            """
            SELECT refusal.change, refusal.noticed_at, change.withheld, refusal.reason FROM refusal
            JOIN change ON change.id = refusal.change WHERE outcome IS NULL ORDER BY refusal.change
            """)
        var items: [RefusedItem] = []
        while try select.step() {
            guard let log = try core.logItem(select.int64(0), readsWithheld: true) else { continue }
            items.append(
                RefusedItem(
                    change: select.int64(0), log: log,
                    reason: Withholding(rawValue: UInt8(clamping: select.int64(2))) ?? .refused,
                    explanation: select.optionalText(3), noticedAt: select.int64(1)))
        }
        return items
    }

    /// Changes that have no place in the log any more, kept for export.
    public func setAside() throws -> [SetAsideItem] {
        let select = try core.db.prepare("SELECT num, reason, noticed_at, segment FROM set_aside ORDER BY num")
        var items: [SetAsideItem] = []
        while try select.step() {
            var reader = CBORReader(select.blob(3))
            items.append(
                SetAsideItem(
                    number: select.int64(0), reason: select.text(1), noticedAt: select.int64(2),
                    segment: try Segment(from: &reader)))
        }
        return items
    }
}

extension StoreCore {
    func logItem(_ id: Int64, readsWithheld: Bool = false) throws -> LogItem? {
        guard let row = try changeRow(id) else { return nil }
        let replica = try replicaOfChange(id)
        let layer = try layerOfChange(id)
        let isReadable = row.withheld == nil || readsWithheld
        let payload = isReadable ? row.payload.flatMap { try? Payload(decoding: $0, by: replica) } : nil
        let acked = try chain(layer: layer.num, replica: try num(of: replica))?.ackedSeq ?? 0
        let state: LogItem.State =
            row.withheld.map { .withheld($0) } ?? (row.seq <= acked ? .acknowledged : .pending)
        return LogItem(
            layer: layer.id, stamp: try stamp(of: row, replica: replica), hash: row.hash, action: payload?.action,
            undoes: payload?.undoes, operations: payload?.operations ?? [], state: state)
    }
}
