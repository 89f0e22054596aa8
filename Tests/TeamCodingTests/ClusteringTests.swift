import AnnotationModel
import Cryptography
import TeamCoding
import Testing

struct ClusteringTests {
    private func ranges(_ codings: [RoundCoding], percent: Int = 50) throws -> [[Range<Int>]] {
        try material(codings).clusters(thresholdPercent: percent).map { $0.codings.map(\.range) }
    }

    @Test func `Half of the union is enough, less is not`() throws {
        #expect(try ranges([coding(1, by: 1, 0..<20), coding(2, by: 2, 0..<10)]) == [[0..<10, 0..<20]])
        #expect(try ranges([coding(1, by: 1, 0..<21), coding(2, by: 2, 0..<10)]).count == 2)
        #expect(try ranges([coding(1, by: 1, 0..<21), coding(2, by: 2, 0..<10)], percent: 47).count == 1)
    }

    @Test func `A row of shifted passages does not chain`() throws {
        let row = (0..<6).map { coding(UInt64($0), by: UInt64($0 % 3) + 1, $0 * 4..<$0 * 4 + 12) }
        for cluster in try ranges(row) {
            for left in cluster {
                for right in cluster {
                    let shared = min(left.upperBound, right.upperBound) - max(left.lowerBound, right.lowerBound)
                    #expect(shared * 2 >= left.count + right.count - shared)
                }
            }
        }
        #expect(try ranges(row).count == 3)
    }

    @Test func `Empty passages are together at one place only`() throws {
        let codings = [
            coding(1, by: 1, 5..<5), coding(2, by: 2, 5..<5), coding(3, by: 3, 6..<6), coding(4, by: 1, 0..<10),
        ]
        #expect(try ranges(codings).count == 3)
        #expect(try material(codings).clusters().first { $0.range == 5..<5 }?.disagreement.millionths == 666_666)
    }

    @Test func `A tangle that no hand makes falls back to equal ranges`() throws {
        let many = (0..<1001).map { coding(UInt64($0), by: 1, $0..<5000 + $0) } + [coding(5000, by: 2, 3..<5003)]
        let clusters = try material(many, documents: [document(length: 9000, coders: [1, 2])]).clusters()
        #expect(clusters.count == 1001)
        #expect(clusters.first { $0.range == 3..<5003 }?.codings.count == 2)
    }

    @Test(arguments: seeds(30)) func `Clusters depend on no order, and not on who coded`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let codings = random.codings(documents: 2, coders: 4, perCoder: 12, length: 400)
        let documents = [1, 2].map { document($0, length: 500, coders: [1, 2, 3, 4]) }
        let one = try material(codings, coders: [1, 2, 3, 4], documents: documents)
        let other = try material(
            random.shuffled(codings), coders: random.shuffled([1, 2, 3, 4]), documents: documents.reversed())
        #expect(one.clusters() == other.clusters(), rerun(seed))
        #expect(AdjudicationQueue(one) == AdjudicationQueue(other), rerun(seed))

        let renamed = codings.map { coding in
            RoundCoding(
                id: coding.id, coder: MemberID(high: 0xC0, low: 5 - coding.coder.low), document: coding.document,
                version: coding.version, range: coding.range, codes: coding.codes, statements: coding.statements)
        }
        let others = try material(renamed, coders: [1, 2, 3, 4], documents: documents)
        #expect(one.clusters().map(\.input.ids) == others.clusters().map(\.input.ids), rerun(seed))
        #expect(one.clusters().map(\.disagreement) == others.clusters().map(\.disagreement), rerun(seed))
    }

    @Test(arguments: seeds(30)) func `A coding elsewhere changes no other cluster`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let codings = random.codings(documents: 1, coders: 3, perCoder: 15, length: 600)
        let before = try material(codings).clusters()
        let extra = coding(90_000, by: 2, 700 + random.below(100)..<850, codes: [500])
        let after = try material(codings + [extra]).clusters()
        #expect(after.filter { $0.input.ids != [extra.id] } == before, rerun(seed))
        #expect(after.count == before.count + 1, rerun(seed))
    }

    @Test(arguments: seeds(20)) func `Every coding is in one cluster, and any two of a cluster overlap by half`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        let codings = random.codings(documents: 1, coders: 5, perCoder: 20, length: 300)
        let clusters = try material(codings, coders: [1, 2, 3, 4, 5]).clusters()
        #expect(clusters.flatMap(\.input.ids).sorted() == codings.map(\.id).sorted(), rerun(seed))
        for cluster in clusters {
            for left in cluster.codings.map(\.range) {
                for right in cluster.codings.map(\.range) {
                    let shared = min(left.upperBound, right.upperBound) - max(left.lowerBound, right.lowerBound)
                    #expect(shared * 2 >= left.count + right.count - shared, rerun(seed))
                }
            }
        }
    }

    @Test func `What cannot be compared is set aside with its reason`() throws {
        let good = coding(1, by: 1, 0..<10)
        let twice = coding(2, by: 1, 0..<10)
        let otherVersion = RoundCoding(
            id: id(3), coder: member(1), document: id(1), version: id(9), range: 0..<1)
        let bad = [
            twice, twice, otherVersion, coding(4, by: 1, 990..<1001), coding(5, by: 9, 0..<1),
            coding(6, by: 1, 0..<1, document: 77), coding(7, by: 1, Int.min..<Int.max),
        ]
        let round = try material([good] + bad)
        #expect(round.codings == [good])
        #expect(
            Set(round.setAside.map(\.reason)) == Set(SetAsideCoding.Reason.allCases)
                && round.setAside.count == bad.count)
        #expect(ClusterInput(bad).ids.count == bad.count)
    }

    @Test func `Two documents of one id are refused`() {
        #expect(throws: RoundMaterialError.twoDocumentsOfOneID) {
            try material([], documents: [document(coders: []), document(coders: [])])
        }
    }

    @Test func `The hash of a cluster's input is over the bytes that the page describes`() {
        let statement = CodedStatement(
            id: id(3), values: [VariableValues(.builtIn(.position), [.text("ja")])])
        let one = coding(1, by: 2, 3..<9, codes: [4], statements: [statement])
        func word(_ number: UInt8) -> [UInt8] { [0, 0, 0, 0, 0, 0, 0, number] }
        var bytes = Array("variorum cluster 1\n".utf8) + word(1)
        bytes += one.id.bytes + one.coder.bytes + one.document.bytes + one.version.bytes + word(3) + word(9)
        bytes += word(1) + id(4).bytes + word(1) + id(3).bytes + [0] + word(1) + [1, 3] + word(1) + [3] + word(2)
        bytes += Array("ja".utf8)
        #expect(ClusterInput([one]).canonicalBytes == bytes)
    }
}
