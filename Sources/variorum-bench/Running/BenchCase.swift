/// Something that is measured.
struct BenchCase {
    let name: String
    let group: CaseGroup
    let summary: String
    /// The case whose rate this one's is divided by.
    let baseline: String?

    private init(_ name: String, _ group: CaseGroup, _ summary: String, beside baseline: String? = nil) {
        self.name = name
        self.group = group
        self.summary = summary
        self.baseline = baseline
    }

    static func named(_ name: String) -> BenchCase? { all.first { $0.name == name } }

    static let all: [BenchCase] = [
        BenchCase("raw-integer", .raw, "SQLite, one table with an integer key, 1,000 rows a transaction"),
        BenchCase("raw-uuid", .raw, "the same with a unique UUID beside the key"),
        BenchCase("raw-log", .raw, "the same with a change log"),
        BenchCase("raw-search", .raw, "the same with a change log and FTS5"),
        BenchCase("raw-commit", .raw, "SQLite, one row a transaction, synchronous=NORMAL"),
        BenchCase("raw-commit-full", .raw, "SQLite, one row a transaction, synchronous=FULL"),
        BenchCase("import-documents", .local, "import the 200 documents, searchable"),
        BenchCase(
            "import", .local, "import the annotations with log and search, 500 a transaction", beside: "raw-search"),
        BenchCase("write-one", .local, "1,000 annotations, each its own transaction", beside: "raw-commit"),
        BenchCase("write-one-full", .local, "the same, each durable (synchronous=FULL)", beside: "raw-commit-full"),
        BenchCase("push", .sync, "push the annotations over loopback HTTP, server durable", beside: "raw-log"),
        BenchCase("pull", .sync, "pull them into a second device's store, all searchable", beside: "raw-search"),
        BenchCase("exchange", .sync, "the second device pushes 1,000 more, the first pulls them"),
        BenchCase("nothing", .sync, "syncs with nothing new"),
        BenchCase("pull-all", .sync, "documents and annotations into a new store, by a new process"),
        BenchCase("push-single", .single, "as push, the annotations made in transactions of one", beside: "raw-log"),
        BenchCase("pull-single", .single, "as pull, the annotations made in transactions of one", beside: "raw-search"),
        BenchCase("bytes", .bytes, "bytes on the wire, counted between client and server, HTTP heads included"),
        BenchCase(
            "edits-push", .edits, "1,000 edits by 4 client processes, each pushed durably", beside: "raw-commit-full"),
        BenchCase(
            "edits-sync", .edits, "the same, each a whole sync that reads the others' edits too",
            beside: "raw-commit-full"),
        BenchCase("crowd-one", .crowd, "one client syncs 6,400 changes of one annotation each"),
        BenchCase(
            "crowd-64", .crowd, "64 clients sync 100 such changes each at once, each where nobody else reads",
            beside: "crowd-one"),
        BenchCase(
            "crowd-64-reading", .crowd, "the same where everybody reads what the others have pushed by then",
            beside: "crowd-one"),
        BenchCase(
            "raw-same-indexes", .bootstrap,
            "SQLite, the rows of a store that has the annotations, with the store's tables and indexes"),
        BenchCase(
            "bootstrap", .bootstrap, "a new replica, by a new process, from a server that serves it alone",
            beside: "raw-same-indexes"),
        BenchCase("from-feed", .history, "a new replica of annotations edited three times each, from the feed"),
        BenchCase(
            "from-snapshot", .history, "the same from a snapshot, without the history behind it", beside: "from-feed"),
        BenchCase("make-snapshots", .history, "the server makes that snapshot, the first of its kind"),
        BenchCase("compact", .history, "the server lets go of what that snapshot stands for"),
        BenchCase("come-back", .history, "a device that has read none of the edits syncs after that, headers included"),
        BenchCase("growth-open", .growth, "open a store that has a size's annotations, and read its layers"),
        BenchCase("growth-status", .growth, "what `variorum status` does, in a process that runs"),
        BenchCase(Growth.startName, .growth, "the program `variorum status`, from its start to its end"),
        BenchCase("growth-search", .growth, "search a word of a tenth of the annotations, 50 hits asked for"),
        BenchCase("growth-search-rare", .growth, "search a word of 20 records"),
        BenchCase("growth-nothing", .growth, "syncs with nothing new"),
        BenchCase("growth-write-one", .growth, "write 1,000 more annotations, each its own transaction"),
        BenchCase("growth-write-batch", .growth, "write 10,000 more, 500 a transaction"),
        BenchCase("growth-push", .growth, "push these 10,000"),
        BenchCase("growth-pull", .growth, "pull them into a second store of the size"),
        BenchCase("live", .live, "200 changes, each pushed by one and then in another's store, 1,000 listen"),
        BenchCase("live-memory", .live, "the server's memory for 5,000 idle listeners"),
        BenchCase("live-memory-tls", .live, "the same over TLS"),
        BenchCase(
            "round-agreement", .round,
            "a blind round of 50 documents, 5 coders, 100 codings each: from the reveal to the table of agreement"),
        BenchCase("round-queue", .round, "until the queue of what is to be decided in it opens"),
        BenchCase("alpha-nominal", .agreement, "Krippendorff's alpha of 100,000 units, 3 coders, 30 codes"),
        BenchCase("alpha-interval", .agreement, "the same of 1,000 numbers"),
        BenchCase("alpha-masi", .agreement, "the same of sets of codes"),
        BenchCase("merge", .merge, "two replicas with n concurrent changes each merge both ways, in memory"),
    ]
}

/// Cases that are measured by one process, because one leads to the next.
enum CaseGroup: String, CaseIterable {
    case raw, local, sync, single, bytes, edits, crowd, bootstrap, history, growth, live, round, agreement, merge

    /// Byte counts do not swing with the neighbours' work; idle listeners and stores that grow take their time.
    var roundsMax: Int {
        switch self {
        case .bytes, .live: 1
        case .growth: 3
        default: .max
        }
    }
}
