import AnnotationModel
import ChangeLog
import Cryptography
import Testing

@testable import TeamCoding

/// One curator's device: what it has heard of, and what it can take back.
private struct Curator {
    typealias Change = (stamp: Stamp, operations: [ChangeLog.Operation])

    private struct Deed {
        let record: RecordID
        let operation: ChangeLog.Operation
        let dot: Dot
        /// The value that showed before.
        let before: Value
    }

    let replica: ReplicaID
    private(set) var state = LayerState()
    private(set) var made: [Change] = []
    private var lamport: UInt64 = 0
    private var deeds: [Deed] = []
    private var undoDots: Set<Dot> = []

    init(_ number: UInt64) { replica = ReplicaID(high: number, low: 0) }

    var codebook: Codebook { Codebook(state.records.compactMap { CodeRecord(id: $0.key, state: $0.value) }) }

    mutating func receive(_ change: Change) {
        state.receive(change.stamp, change.operations)
        lamport = max(lamport, change.stamp.lamport)
    }

    @discardableResult
    private mutating func commit(_ operations: [ChangeLog.Operation]) -> Stamp {
        let stamp = Stamp(
            replica: replica, seq: UInt64(made.count + 1), lamport: lamport + 1,
            author: MemberID(high: replica.high, low: 0), wallTime: 0)
        made.append((stamp, operations))
        receive((stamp, operations))
        return stamp
    }

    private func record(_ id: RecordID) -> RecordState { state.records[id] ?? RecordState() }

    mutating func create(_ id: RecordID) {
        commit([
            Operation(record: id, kind: .code, action: .create([])),
            RecordState().write(.text("code \(id.low)"), to: Field.Code.name, isContested: true, of: id, .code),
        ])
    }

    /// Merges (`merged_into`) or moves (`parent`).
    mutating func point(_ field: Field, of id: RecordID, to target: RecordID) {
        let before = record(id).shown(field) ?? .null
        let operation = record(id).write(.identifier(target), to: field, isContested: true, of: id, .code)
        let stamp = commit([operation])
        deeds.append(
            Deed(record: id, operation: operation, dot: Dot(replica: replica, seq: stamp.seq, index: 0), before: before)
        )
    }

    mutating func split(_ id: RecordID, into part: RecordID) {
        let create = Operation(record: part, kind: .code, action: .create([]))
        let link = Operation(
            record: part, kind: .code, action: .add(Field.Code.splitFrom, .identifier(id)), supersedes: [])
        let stamp = commit([create, link])
        deeds.append(
            Deed(record: part, operation: create, dot: Dot(replica: replica, seq: stamp.seq, index: 0), before: .null))
    }

    /// Takes the newest own deed back, as LocalStore does: what others wrote over it stays.
    mutating func undo() {
        guard let deed = deeds.popLast() else { return }
        switch deed.operation.action {
        case .write(let field, let value, _):
            let own = record(deed.record).candidates(field).first {
                $0.dot == deed.dot || ($0.value == value && undoDots.contains($0.dot))
            }
            guard let own else { return }
            let stamp = commit([
                Operation(
                    record: deed.record, kind: .code, action: .write(field, deed.before, isContested: true),
                    supersedes: [own.dot])
            ])
            undoDots.insert(Dot(replica: replica, seq: stamp.seq, index: 0))
        default:
            if let delete = record(deed.record).delete(deed.record, .code) { commit([delete]) }
        }
    }

    mutating func undoEverything() { while !deeds.isEmpty { undo() } }

    /// Takes all merges and splits back that show, whoever made them.
    mutating func clearRedirects() {
        for id in state.records.keys.sorted() where record(id).isAlive {
            if !record(id).candidates(Field.Code.mergedInto).isEmpty {
                commit([record(id).write(.null, to: Field.Code.mergedInto, isContested: true, of: id, .code)])
            }
            for origin in record(id).set(Field.Code.splitFrom) {
                if let remove = record(id).remove(origin, from: Field.Code.splitFrom, of: id, .code) {
                    commit([remove])
                }
            }
        }
    }
}

/// Two curators work on the same codes, offline.
private struct Curators {
    private var random: SplitMix64
    var (left, right) = (Curator(1), Curator(2))
    let originals = (1...6).map { code(UInt64($0)) }
    private var nextPart: UInt64 = 100

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        for id in originals { left.create(id) }
        exchange()
    }

    private mutating func work(_ curator: inout Curator) {
        let codes = curator.codebook.codes.map(\.id)
        let (one, other) = (random.pick(codes), random.pick(codes))
        switch random.below(6) {
        case 0, 1: if one != other { curator.point(Field.Code.mergedInto, of: one, to: other) }
        case 2, 3: if one != other { curator.point(Field.Code.parent, of: one, to: other) }
        case 4:
            nextPart += 1
            curator.split(one, into: RecordID(high: curator.replica.high, low: nextPart))
        default: curator.undo()
        }
    }

    mutating func work(_ steps: Int) {
        for _ in 0..<steps {
            let isLeft = random.chance(1, in: 2)
            var curator = isLeft ? left : right
            work(&curator)
            if isLeft { left = curator } else { right = curator }
        }
    }

    /// Each hears of all that the other made, in any order, some of it twice.
    mutating func exchange() {
        for change in (left.made + left.made.prefix(3)).shuffled(using: &random) { right.receive(change) }
        for change in (right.made + right.made.prefix(3)).shuffled(using: &random) { left.receive(change) }
    }
}

@Suite struct CodebookConvergenceTests {
    private let cryptography = OpenSSLCryptography()

    @Test func curatorsWhoHeardTheSameHaveOneCodebook() {
        var rings = 0
        for seed in seeds(60) {
            var curators = Curators(seed: seed)
            for _ in 0..<3 {
                curators.work(8)
                curators.exchange()
                let (left, right) = (curators.left.codebook, curators.right.codebook)
                #expect(left == right, rerun(seed))
                #expect(left.canonicalBytes == right.canonicalBytes, rerun(seed))
                #expect(left.tree() == right.tree(), rerun(seed))
                for id in left.codes.map(\.id) {
                    let end = left.effective(id)
                    #expect(end == right.effective(id), rerun(seed))
                    #expect(left.effective(end) == end, rerun(seed))
                }
                #expect(left.tree(includesRedirected: true).count == left.codes.count, rerun(seed))
                rings += left.codes.count { $0.mergedInto != nil && !left.isRedirected($0.id) }
            }
        }
        #expect(rings > 0 || seeds(2).count == 1, "the histories make rings, too")
    }

    @Test func takingMergesAndSplitsBackGivesTheCodingsBack() {
        for seed in seeds(60) {
            var curators = Curators(seed: seed)
            let codings = curators.originals.map { [$0] }
            curators.work(20)
            curators.exchange()
            curators.left.clearRedirects()
            curators.exchange()
            for book in [curators.left.codebook, curators.right.codebook] {
                for coding in codings { #expect(book.effective(coding) == coding, rerun(seed)) }
                #expect(curators.originals.allSatisfy { book.parts(of: $0).isEmpty }, rerun(seed))
            }
        }
    }

    @Test func undoingEverythingOfflineGivesTheCodebookBack() {
        for seed in seeds(60) {
            var curators = Curators(seed: seed)
            let before = curators.left.codebook
            curators.work(20)
            curators.left.undoEverything()
            // The other's deeds are undone after the first one's have arrived.
            if seed.isMultiple(of: 2) { curators.exchange() }
            curators.right.undoEverything()
            curators.exchange()
            #expect(curators.left.codebook == before, rerun(seed))
            #expect(curators.right.codebook == before, rerun(seed))
        }
    }

    @Test func everyStateOfOneCuratorIsFoundByItsRevision() {
        for seed in seeds(30) {
            var curators = Curators(seed: seed)
            var states: [Digest: Codebook] = [:]
            for _ in 0..<10 {
                curators.work(1)
                // One after the other: nothing is written at the same time.
                curators.exchange()
                let book = curators.left.codebook
                states[book.revision(using: cryptography)] = book
            }
            let history = CodebookHistory(curators.left.made + curators.right.made)
            let found = history.codebooks(of: Set(states.keys + [.zero]), using: cryptography)
            #expect(found == states, rerun(seed))
        }
    }
}
