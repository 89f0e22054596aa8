public import AnnotationModel
public import ChangeLog
import SQLiteBinding
import WireFormat

/// What `check` found.
public struct CheckReport: Sendable {
    public struct Layer: Sendable {
        public let layer: LayerID
        public let kind: UInt8
        public let changeCount: Int
        public let recordCount: Int
        public let vector: VersionVector
        /// SHA-256 over id ‖ SHA-256(state) of every record, by id: equal on any two replicas that hold the same changes.
        public let stateHash: Digest
    }

    public var layers: [Layer] = []
    /// What is wrong, in sentences; empty for a healthy store.
    public var problems: [String] = []
    /// Signatures that were verified.
    public var signatureCount = 0
    /// Changes at the end of chains that no signature covers yet: own ones are signed when they are pushed.
    public var unsignedCount = 0
    public var isClean: Bool { problems.isEmpty }
}

extension LocalStore {
    /// Verifies the whole store: chains, payload hashes and signatures of the log, and that every table equals the
    /// replay of the log. Changes nothing.
    ///
    /// Complexity: O(n) in the log and as much again for the replay, which is made and taken back in one transaction.
    public func check(progress: (String) -> Void = { _ in }) throws -> CheckReport {
        try exclusively { core in
            var report = CheckReport()
            progress("file")
            let integrity = try core.db.prepare("PRAGMA integrity_check(10)")
            while try integrity.step() {
                // SQLite counts a page that it could not read now among the damage.
                if integrity.text(0).contains("unable to get the page. error code=") {
                    throw StoreError(.inputOutput, "\(core.path) cannot be read now: \(integrity.text(0))")
                }
                if integrity.text(0) != "ok" { report.problems.append("database file: \(integrity.text(0))") }
            }
            struct TakeBack: Error {}
            do {
                try core.db.transaction {
                    progress("log")
                    for layer in try core.allLayers() { try core.checkLog(of: layer, &report) }
                    // What a snapshot has that was not read in yet is not missing.
                    let unread = RecordBuffer(core)
                    try core.readUnreadBases(unread)
                    let before = try core.fingerprints()
                    progress("tables")
                    do {
                        try core.db.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
                    } catch let error as SQLiteError where error.code == .corrupt {
                        report.problems.append("the search index does not agree with the texts")
                    }
                    let buffer = RecordBuffer(core)
                    try core.rebuildAll(buffer)
                    report.layers = try core.allLayers().map { try core.summary(of: $0) }
                    try report.compare(before, with: core.fingerprints())
                    throw TakeBack()
                }
            } catch is TakeBack {
                core.forget()
            }
            return report
        }
    }

    /// What `check --json` gives of each layer, without the check.
    public func layerSummaries() throws -> [CheckReport.Layer] {
        try read { reader in try reader.core.allLayers().map { try reader.core.summary(of: $0) } }
    }
}

extension CheckReport {
    fileprivate mutating func compare(_ stored: [String: Digest], with replayed: [String: Digest]) {
        for (name, digest) in stored where replayed[name] != digest {
            problems.append(
                replayed[name] == nil
                    ? "\(name) is in the tables but does not follow from the log"
                    : "\(name) differs from what follows from the log")
        }
        for name in replayed.keys where stored[name] == nil {
            problems.append("\(name) follows from the log but is not in the tables")
        }
        problems.sort()
    }
}

extension StoreCore {
    fileprivate func checkLog(of layer: LayerRow, _ report: inout CheckReport) throws {
        let server = try syncLink()?.knownServer
        if let base = try base(of: layer.num) {
            report.problems += try problems(of: base, server).map { "snapshot of layer \(layer.id): \($0)" }
        }
        for chain in try chains(layer: layer.num) {
            let replica = try self.replica(chain.replica)
            let name = "chain of replica \(replica) in layer \(layer.id)"
            let proof = try proof(of: chain, in: layer, server: server) { _, row in
                guard let payload = row.payload else { return }
                do {
                    _ = try Payload(decoding: payload, by: replica)
                } catch let error as WireError {
                    // Kept unread until the upgrade; everything else the server would not have let in.
                    if error.code != .unsupportedVersion {
                        report.problems.append("\(name): change \(row.seq) cannot be read: \(error)")
                    }
                }
            }
            report.problems += proof.problems.map { "\(name): \($0)" }
            report.signatureCount += proof.signatureCount
            report.unsignedCount += Int(proof.changeCount - proof.signedSeq)
        }
    }

    fileprivate func summary(of layer: LayerRow) throws -> CheckReport.Layer {
        let select = try db.prepare("SELECT id, state FROM record WHERE layer = ?1 ORDER BY id")
        select.bind(layer.num, at: 1)
        var bytes: [UInt8] = []
        var count = 0
        // A record of which only superseded or awaited operations are known has no state yet.
        let empty = RecordState().encoded
        while try select.step() {
            if select.blob(1) == empty { continue }
            bytes += select.blob(0)
            bytes += cryptography.sha256(select.blob(1)).bytes
            count += 1
        }
        let vector = try vector(layer: layer.num)
        return CheckReport.Layer(
            layer: layer.id, kind: layer.kind, changeCount: Int(vector.seqs.values.reduce(0, +)), recordCount: count,
            vector: vector, stateHash: cryptography.sha256(bytes))
    }

    /// One hash per row of every table that follows from the log, by a name that does not depend on row numbers.
    fileprivate func fingerprints() throws -> [String: Digest] {
        var prints: [String: Digest] = [:]
        var tables = ["record", "conflict"]
        for table in TypedTable.all {
            tables.append(table.name)
            tables += table.sets.map { "\(table.name)_\($0.definition.name)" }
        }
        for table in tables {
            let join =
                table == "record"
                ? """
                SELECT layer.id, t.id, t.kind, t.is_alive, t.state FROM record t JOIN layer ON layer.num = t.layer
                WHERE t.state <> x'\(hexadecimal(RecordState().encoded))'
                """
                : """
                SELECT layer.id, record.id, t.* FROM \(table) t JOIN record ON record.num = t.record
                JOIN layer ON layer.num = record.layer ORDER BY 1, 2
                """
            let select = try db.prepare(join)
            while try select.step() {
                var text: [UInt8] = []
                for column in 0..<select.columnCount where select.columnName(column) != "record" {
                    text += select.isNull(column) ? [0] : [1] + select.blob(column)
                    text += [0xFF, UInt8(truncatingIfNeeded: column)]
                }
                let record = RecordID(select, 1)?.description ?? "?"
                let name = "\(table) of record \(record)"
                // Rows of a set share their record's name: their hashes are added up, in any order.
                let digest = cryptography.sha256(text)
                prints[name] = prints[name].map { $0.adding(digest) } ?? digest
            }
        }
        return prints
    }
}

extension Digest {
    fileprivate func adding(_ other: Digest) -> Digest {
        var words = self.words
        for index in 0..<4 { words[index] = words[index] &+ other.words[index] }
        return Digest(words: words)
    }
}
