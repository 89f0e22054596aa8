/// An annotation of the workload, about 391 bytes as a line of JSON.
struct WorkloadRecord {
    let id: String
    /// Place of the document in the workload.
    let document: Int
    let documentName: String
    let exact: String
    let prefix: String
    let suffix: String
    /// In code points, half-open.
    let start: Int
    let end: Int
    let body: String
    let tags: [String]
    let author: String
    let created: String
    let updated: String

    /// - Complexity: O(1); a record is a function of seed and index.
    init(_ index: Int, seed: UInt64, documents: [WorkloadDocument]) {
        var random = WorkloadRandom(seed: seed, stream: 2, index: index)
        id = random.uuid()
        document = random.below(documents.count)
        let source = documents[document]
        documentName = source.name
        let scalars = source.scalars
        var start = random.below(scalars.count - 120)
        while start > 0, scalars[start - 1] != " ", scalars[start - 1] != "\n" { start -= 1 }
        var end = start + 24 + random.below(36)
        while end < scalars.count, scalars[end] != " ", scalars[end] != "\n", scalars[end] != "." { end += 1 }
        (self.start, self.end) = (start, end)
        exact = source.text(start..<end)
        prefix = source.text(max(0, start - 12)..<start)
        suffix = source.text(end..<end + 12)
        var tags: [String] = []
        while tags.count < 3 {
            let tag = random.pick(Vocabulary.tags)
            if !tags.contains(tag) { tags.append(tag) }
        }
        self.tags = tags
        let second = random.below(14 * 86_400)
        body = "\(random.pick(Vocabulary.notes)) (\(random.pick(Vocabulary.places)))"
        author = random.pick(Vocabulary.authors)
        created = Self.time(second)
        updated = Self.time(second + random.below(3600))
    }

    /// So many seconds after 8 o'clock on 5 January 2026 (UTC), within 24 days, in ISO 8601.
    static func time(_ seconds: Int) -> String {
        let (day, second) = (8 * 3600 + seconds).quotientAndRemainder(dividingBy: 86_400)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "2026-01-\(two(5 + day % 24))T\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
    }
}

/// A change of one record's note. No record is edited twice while there are more records than edits.
struct WorkloadEdit {
    /// Which of the editing clients makes it.
    let client: Int
    /// Place of the record in the workload.
    let record: Int
    let id: String
    let body: String
    let updated: String

    static func edits(of count: Int, edits: Int, clients: Int, seed: UInt64) -> [WorkloadEdit] {
        var random = WorkloadRandom(seed: seed, stream: 3, index: count)
        var order = Array(0..<count)
        for place in stride(from: count - 1, to: 0, by: -1) { order.swapAt(place, random.below(place + 1)) }
        return (0..<edits).map { number in
            let record = order[number % count]
            var names = WorkloadRandom(seed: seed, stream: 2, index: record)
            let id = names.uuid()
            let body = "\(random.pick(Vocabulary.notes)); \(Vocabulary.sentence(&random))"
            return WorkloadEdit(
                client: number % clients, record: record, id: id, body: body,
                updated: WorkloadRecord.time(20 * 86_400 + number))
        }
    }
}
