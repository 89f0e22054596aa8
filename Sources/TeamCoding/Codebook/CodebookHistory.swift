import AnnotationModel
public import ChangeLog

/// The states that a codebook went through, found by their revisions.
///
/// The changes of the shared layer are put in the order of (lamport, replica), in which each comes after all that its maker had
/// seen; the state after each of them is one that can be named. A state that somebody saw while they had not heard of what
/// another wrote at the same time may be none of these: then it is not known.
public struct CodebookHistory: Sendable {
    public typealias Change = (stamp: Stamp, operations: [Operation])

    private let changes: [Change]

    /// - Parameter changes: The shared layer's changes that touch codes, each once and with all its operations, in any order.
    public init(_ changes: [Change]) {
        self.changes = changes.sorted { $0.stamp.precedes($1.stamp) }
    }

    /// The states of these revisions, as far as they are among those that the codebook went through.
    ///
    /// - Complexity: O(c × b), c = changes, b = bytes of the codebook; it ends when all are found.
    public func codebooks(
        of revisions: Set<Digest>, using cryptography: some CryptographyProvider
    ) -> [Digest: Codebook] {
        var wanted = revisions
        var found: [Digest: Codebook] = [:]
        var operations: [RecordID: [(operation: Operation, index: UInt32, stamp: Stamp)]] = [:]
        var codes: [RecordID: CodeRecord] = [:]
        var bytes: [RecordID: [UInt8]] = [:]
        func look() {
            let all = codes.keys.sorted().compactMap { bytes[$0] }
            let revision = cryptography.sha256(Codebook.canonicalBytes(of: all))
            if wanted.remove(revision) != nil { found[revision] = Codebook(codes.values) }
        }
        if !wanted.isEmpty { look() }
        for change in changes {
            if wanted.isEmpty { break }
            var touched: Set<RecordID> = []
            for (index, operation) in change.operations.enumerated() where operation.kind == .code {
                if case .unknown = operation.action { continue }
                operations[operation.record, default: []].append((operation, UInt32(index), change.stamp))
                touched.insert(operation.record)
            }
            if touched.isEmpty { continue }
            for id in touched.sorted() {
                let state = RecordState(replaying: operations[id] ?? [], vector: VersionVector())
                codes[id] = CodeRecord(id: id, state: state)
                bytes[id] = codes[id]?.canonicalBytes
            }
            look()
        }
        return found
    }
}
