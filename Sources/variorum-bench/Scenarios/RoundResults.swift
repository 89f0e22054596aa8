import AnnotationModel
import Cryptography
import DocumentText
import Interchange
import LocalStore
import TeamCoding

/// A whole blind round: 50 documents, 5 coders, about 100 codings of each in each document. How long the curator waits from the
/// reveal to the table of agreement, and until the queue of what is to be decided opens.
///
/// The server is a process of its own; the six devices are in this one, one of them at work at a time. Coders mark the
/// same passages, one in four ends it some letters earlier, one in four gives another code, so that there is something
/// to cluster, to measure and to decide.
struct RoundResults {
    static let coderCount = 5
    static let documentCount = 50
    static let codingsPerDocument = 100
    private static let codeCount = 30

    private let step: Step

    init(_ step: Step) { self.step = step }

    func run() async throws {
        let curatorName = BenchServer.user
        let coderNames = (1...Self.coderCount).map { "coder-\($0)" }
        let server = try await BenchServer(
            in: step.folder, users: [(curatorName, .curator)] + coderNames.map { ($0, .analyst) })
        func device(_ name: String) async throws -> BenchDevice {
            try await BenchDevice.connected(name, in: step.folder, url: server.url, token: server.nextToken())
        }
        let curator = try await device(curatorName)
        var coders: [BenchDevice] = []
        for name in coderNames { coders.append(try await device(name)) }

        let plan = Plan()
        let material = try prepare(plan, curator, coders)
        try await curator.sync()
        for (number, coder) in coders.enumerated() {
            // The first sync brings the round; the layer for it is there from then on.
            try await coder.sync()
            try code(plan, material, coder, number)
            try await coder.sync()
        }

        var lineCount = 0
        let reveal = try await Stopwatch.measure {
            let shared = try curator.store.read { try $0.ownLayer(.shared) }
            try curator.store.write {
                try $0.set(Field.Round.state, of: material.round, in: shared, to: .text(RoundState.revealed.name))
            }
            try await curator.sync()
            let reading = try Self.reading(curator)
            lineCount = try RoundAgreement(reading.material, cryptography: OpenSSLCryptography()).lines.count
        }
        // As a command opens it: from the store, with nothing read before.
        let folder = curator.store.folder
        var (codingCount, queueLength) = (0, 0)
        let queue = try Stopwatch.measure {
            let store = try BenchStore.open(folder)
            let material = try Self.reading(BenchDevice(store, url: server.url, token: "")).material
            let clusters = material.clusters(thresholdPercent: 50)
            queueLength =
                AdjudicationQueue(material, clusters: clusters, cryptography: OpenSSLCryptography()).entries.count
            codingCount = material.codings.count
        }
        guard codingCount == Self.coderCount * plan.passages.count, lineCount > Self.codeCount, queueLength > 0 else {
            throw BenchError("the round has \(codingCount) codings, \(lineCount) figures and \(queueLength) to decide")
        }
        let facts = [("codings", Double(codingCount)), ("server_peak_memory_bytes", server.peakMemory)]
        try step.report(
            Sample(
                "round-agreement", count: codingCount, seconds: reveal, facts: facts + [("figures", Double(lineCount))])
        )
        try server.stop()
        try step.report(
            Sample("round-queue", count: codingCount, seconds: queue, facts: [("to_decide", Double(queueLength))]))
    }

    private static func reading(_ device: BenchDevice) throws -> RoundReading {
        try device.store.read { reader in
            guard let round = try reader.rounds().first else { throw BenchError("the round did not come") }
            return try RoundReading(round, reading: reader, names: RecordNames(reading: reader))
        }
    }

    /// Which passages are coded: of the workload, the first hundred of each of the first documents.
    private struct Plan {
        let documents: [WorkloadDocument]
        let passages: [WorkloadRecord]

        init() {
            let workload = Workload(records: 2 * Workload.documentCount * codingsPerDocument)
            var counts = [Int](repeating: 0, count: documentCount)
            documents = Array(workload.documents[..<documentCount])
            passages = workload.records.filter { record in
                guard record.document < documentCount, counts[record.document] < codingsPerDocument else {
                    return false
                }
                counts[record.document] += 1
                return true
            }
        }
    }

    private struct Material {
        let round: RecordID
        let documents: [ImportedDocument]
        let codes: [RecordID]
    }

    /// Documents, codebook and round, as the curator makes them.
    private func prepare(_ plan: Plan, _ curator: BenchDevice, _ coders: [BenchDevice]) throws -> Material {
        let shared = try curator.store.read { try $0.ownLayer(.shared) }
        let documents = try plan.documents.map { document in
            let bytes = [UInt8](document.text.utf8)
            return try curator.store.importDocument(
                CanonicalText(importing: bytes), title: document.title, source: document.name + ".txt", rawBytes: bytes,
                importer: "variorum-bench")
        }
        let members = try coders.map { coder in try coder.store.read { try $0.ownMember() } }
        return try curator.store.write { transaction in
            let codes = try (1...Self.codeCount).map {
                try transaction.create(.code, in: shared, [(Field.Code.name, .text("code \($0)"))])
            }
            let round = try transaction.create(
                .round, in: shared,
                [
                    (Field.Round.isBlind, .boolean(true)), (Field.Round.revealRule, .text(RevealRule.hand.rawValue)),
                    (Field.Round.title, .text("Round")), (Field.Round.state, .text(RoundState.open.name)),
                ])
            for document in documents {
                for member in members {
                    _ = try transaction.create(
                        .assignment, in: shared,
                        [
                            (Field.Assignment.round, .identifier(round)),
                            (Field.Assignment.document, .identifier(document.document)),
                            (Field.Assignment.version, .identifier(document.version)),
                            (Field.Assignment.coder, .identifier(RecordID(high: member.high, low: member.low))),
                        ])
                }
            }
            return Material(round: round, documents: documents, codes: codes)
        }
    }

    /// What one coder marks, and the submissions of all of it.
    private func code(_ plan: Plan, _ material: Material, _ coder: BenchDevice, _ number: Int) throws {
        let layer = try coder.store.read { try $0.ownLayer(.coding, of: material.round) }
        var random = WorkloadRandom(seed: Workload.seed, stream: 4, index: number)
        for start in stride(from: 0, to: plan.passages.count, by: LocalWriting.batch) {
            let end = min(start + LocalWriting.batch, plan.passages.count)
            try coder.store.write { transaction in
                for (place, passage) in zip(start..<end, plan.passages[start..<end]) {
                    let document = material.documents[passage.document]
                    let cut = random.below(4) == 0 ? 3 : 0
                    let usual = place % material.codes.count
                    let code = random.below(4) == 0 ? random.below(material.codes.count) : usual
                    _ = try transaction.create(
                        .annotation, in: layer,
                        [
                            (Field.Annotation.document, .identifier(document.document)),
                            (Field.Annotation.version, .identifier(document.version)),
                            (
                                Field.Annotation.position,
                                .list([.integer(Int64(passage.start)), .integer(Int64(passage.end - cut))])
                            ),
                            (
                                Field.Annotation.quote,
                                .list([
                                    .text(String(String.UnicodeScalarView(passage.exact.unicodeScalars.dropLast(cut)))),
                                    .text(passage.prefix), .text(passage.suffix),
                                ])
                            ),
                            (Field.Annotation.codes, .identifier(material.codes[code])),
                        ])
                }
            }
        }
        let member = try coder.store.read { try $0.ownMember() }
        let assignments = try coder.store.read { try $0.assignments(of: material.round) }
        try coder.store.write { transaction in
            for assignment in assignments where assignment.coder == member {
                _ = try transaction.create(
                    .submission, in: layer,
                    [
                        (Field.Submission.round, .identifier(material.round)),
                        (Field.Submission.assignment, .identifier(assignment.info.id)),
                        (Field.Submission.seal, .bytes([UInt8](repeating: UInt8(number), count: 32))),
                        (Field.Submission.codings, .integer(Int64(Self.codingsPerDocument))),
                    ])
            }
        }
    }
}
