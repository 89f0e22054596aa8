/// The records, documents and edits that every measurement here and of the peers uses: made from a seed, the same bytes
/// in every language. `WorkloadDigest` holds this port against the original.
struct Workload {
    static let seed: UInt64 = 1
    static let documentCount = 200

    let documents: [WorkloadDocument]
    let records: [WorkloadRecord]
    /// A later addition.
    let more: [WorkloadRecord]

    /// - Parameter documentCount: Fewer than the peers had, where many stores have to hold them.
    init(records count: Int = 0, more moreCount: Int = 0, documentCount: Int = Self.documentCount) {
        let documents = (0..<documentCount).map { WorkloadDocument($0, seed: Self.seed) }
        self.documents = documents
        records = (0..<count).map { WorkloadRecord($0, seed: Self.seed, documents: documents) }
        more = (count..<count + moreCount).map { WorkloadRecord($0, seed: Self.seed, documents: documents) }
    }

    /// Records by their places, made when they are asked for: a million need not be held at once.
    func records(_ places: Range<Int>) -> [WorkloadRecord] {
        places.map { WorkloadRecord($0, seed: Self.seed, documents: documents) }
    }
}
