import AnnotationModel
import CommandLine
import Cryptography
import DocumentText
import LocalStore

/// Writing to the offline store: typed rows, merged states, change log with its hash chain, and search index.
struct LocalWriting {
    /// Annotations in one transaction of a bulk import: about 170 kB of payload, well within what one change may hold.
    static let batch = 500
    private static let singleWrites = 1000

    private let step: Step

    init(_ step: Step) { self.step = step }

    func run() throws {
        let workload = Workload(records: step.count, more: 2 * Self.singleWrites)
        let store = try BenchStore.create("local", in: step.folder)
        let writer = try WorkloadWriter(store, workload)
        let memoryBefore = Machine.peakMemory()
        let documentSeconds = try Stopwatch.measure { try writer.importDocuments() }
        try step.report(Sample("import-documents", count: workload.documents.count, seconds: documentSeconds))
        let seconds = try Stopwatch.measure { try writer.write(workload.records, batch: Self.batch) }
        try step.report(
            Sample(
                "import", count: workload.records.count, seconds: seconds,
                facts: [
                    ("store_bytes", ScratchFolder.bytes(in: store.folder.path)),
                    ("peak_memory_bytes", Machine.peakMemory()),
                    ("peak_memory_before_bytes", memoryBefore),
                ]))
        let single = try Stopwatch.measure { try writer.write(Array(workload.more[..<Self.singleWrites]), batch: 1) }
        try step.report(Sample("write-one", count: Self.singleWrites, seconds: single))
        try writer.checkSearch()
        // A second store would be empty and quicker: this one goes on with the same contents.
        let durable = try WorkloadWriter(
            BenchStore.open(store.folder, isFullySynchronous: true), workload, after: writer)
        let full = try Stopwatch.measure { try durable.write(Array(workload.more[Self.singleWrites...]), batch: 1) }
        try step.report(Sample("write-one-full", count: Self.singleWrites, seconds: full))
    }
}

/// Puts the workload into a store, as an importer would.
final class WorkloadWriter {
    let store: LocalStore
    let layer: LayerID
    private let workload: Workload
    private var imported: [(document: RecordID, version: RecordID)]

    init(
        _ store: LocalStore, _ workload: Workload, after other: WorkloadWriter? = nil, in kind: LayerKind = .personal
    ) throws {
        self.store = store
        self.workload = workload
        layer = try store.read { try $0.ownLayer(kind) }
        imported = other?.imported ?? []
    }

    func importDocuments() throws {
        imported = try workload.documents.map { document in
            let bytes = [UInt8](document.text.utf8)
            let made = try store.importDocument(
                CanonicalText(importing: bytes), title: document.title, source: document.name + ".txt", rawBytes: bytes,
                importer: "variorum-bench")
            return (made.document, made.version)
        }
    }

    /// Takes the documents that the store has, in place of importing them.
    func findDocuments() throws {
        var found: [String: (document: RecordID, version: RecordID)] = [:]
        for item in try store.read({ try $0.documents() }) {
            if let version = item.versions.first { found[item.title] = (item.info.id, version.info.id) }
        }
        imported = try workload.documents.map { document in
            guard let item = found[document.title] else { throw BenchError("the store has no '\(document.title)'") }
            return item
        }
    }

    /// Writes records by their places in the workload.
    func write(_ places: Range<Int>, batch: Int) throws {
        for start in stride(from: places.lowerBound, to: places.upperBound, by: Self.sliceLength) {
            try write(
                workload.records(start..<min(start + Self.sliceLength, places.upperBound)), batch: batch)
        }
    }

    /// Records that are held at once.
    private static let sliceLength = 10_000

    /// Not inlined, for `scripts/instructions` cuts its counts here.
    @inline(never)
    func write(_ items: [WorkloadRecord], batch: Int) throws {
        for start in stride(from: 0, to: items.count, by: batch) {
            let end = min(start + batch, items.count)
            try store.write { transaction in
                for item in items[start..<end] { try self.create(item, transaction) }
            }
        }
    }

    private func create(_ item: WorkloadRecord, _ transaction: WriteTransaction) throws {
        let document = imported[item.document]
        var values: [(Field, Value)] = [
            (Field.Annotation.document, .identifier(document.document)),
            (Field.Annotation.version, .identifier(document.version)),
            (Field.Annotation.position, .list([.integer(Int64(item.start)), .integer(Int64(item.end))])),
            (Field.Annotation.quote, .list([.text(item.exact), .text(item.prefix), .text(item.suffix)])),
            (Field.Annotation.note, .text(item.body)),
        ]
        for tag in item.tags { values.append((Field.Annotation.tags, .text(tag))) }
        _ = try transaction.create(.annotation, in: layer, values)
    }

    /// Every record must be found by its own note, or what was measured was not the work.
    func checkSearch() throws {
        let found = try store.read { try $0.search(["court"], kinds: [.annotation], limit: 100_000) }
        guard !found.isEmpty else { throw BenchError("the search index does not have what was written") }
    }
}

/// Stores as an app opens them.
enum BenchStore {
    static func options(isFullySynchronous: Bool = false) -> LocalStore.Options {
        var options = LocalStore.Options(cryptography: OpenSSLCryptography(), clock: wallTime)
        options.isFullySynchronous = isFullySynchronous
        return options
    }

    static func create(_ name: String, in folder: String) throws -> LocalStore {
        let path = ScratchFolder.subfolder(name, of: folder) + "/" + StoreFolder.name
        return try LocalStore.create(
            in: StoreFolder(path: path), memberName: BenchServer.user, title: BenchServer.workspace, options: options())
    }

    static func open(_ folder: StoreFolder, isFullySynchronous: Bool = false) throws -> LocalStore {
        try LocalStore.open(folder, options: options(isFullySynchronous: isFullySynchronous))
    }
}
