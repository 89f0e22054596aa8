import ChangeLog
import Cryptography

/// SHA-256 of the workload's default sets, one line of JSON an item.
struct WorkloadDigest {
    let set: String
    let count: Int
    let bytes: Int
    let sha256: Digest
    let expected: String

    var holds: Bool { sha256.description == expected }

    /// The default sets of seed 1 and what the workload's definition (`workload.py digest`, of the scripts that
    /// measured the peers in docs/benchmarks.md) gives for them.
    static func all() -> [WorkloadDigest] {
        let workload = Workload(records: 10_000, more: 1_000)
        let edits = WorkloadEdit.edits(of: 10_000, edits: 1_000, clients: 4, seed: Workload.seed)
        return [
            WorkloadDigest(
                "records", workload.records.map(WorkloadLines.line),
                "3b6d402be9fa8db38394ea651e36ae64aabe9f4ec9a435a297f3a5a062548c86"),
            WorkloadDigest(
                "docs", workload.documents.map(WorkloadLines.line),
                "2919d7989dad73c3d4073a32304ea30984b80e9b051048cd12721c1fa20c5646"),
            WorkloadDigest(
                "edits", edits.map(WorkloadLines.line),
                "6efac16b96d837d3c2b9da6ac56db873953b7b024ba7c1e3c6caffcbec499605"),
            WorkloadDigest(
                "more", workload.more.map(WorkloadLines.line),
                "d18147da2566bb3805301b8460e19d9bc57b5667ae5475cd6ffcfc72c9c164e7"),
        ]
    }

    private init(_ set: String, _ lines: [String], _ expected: String) {
        let text = [UInt8](lines.map { $0 + "\n" }.joined().utf8)
        self.set = set
        count = lines.count
        bytes = text.count
        sha256 = OpenSSLCryptography().sha256(text)
        self.expected = expected
    }
}
