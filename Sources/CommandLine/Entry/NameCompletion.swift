import AnnotationModel

/// Something that may be named.
struct NameCandidate: Hashable, Sendable {
    let name: String
    var otherNames: [String] = []
    /// What else tells it from others of its name: the type of an entity, the path of a code.
    var note = ""
    /// What sort of thing it is.
    var type: String?
    /// `nil` for what is not a record yet, or never is.
    var record: RecordID?
    /// How much it has been used; see `UseWeights`.
    var weight = 0
}

/// Completes names as somebody types them.
///
/// What is typed must begin a word of the name or of another name, upper and lower case and accents alike.
struct NameCompletion: Sendable {
    struct Match: Hashable {
        /// Which of the candidates.
        let candidate: Int
        /// Which of its names: 0 for its name, then the other names.
        let name: Int
        /// The grapheme of that name with which the match begins.
        let start: Int
        /// Whether what is typed is all of the name.
        let isWhole: Bool
    }

    private(set) var candidates: [NameCandidate]
    private var folded: [[FoldedName]]

    /// - Complexity: O(*n*) in the length of all names.
    init(_ candidates: [NameCandidate] = []) {
        self.candidates = candidates
        folded = candidates.map(Self.folded)
    }

    mutating func add(_ candidate: NameCandidate) {
        candidates.append(candidate)
        folded.append(Self.folded(candidate))
    }

    private static func folded(_ candidate: NameCandidate) -> [FoldedName] {
        ([candidate.name] + candidate.otherNames).map { FoldedName($0) }
    }

    /// The candidates that what is typed may mean, each once by the best of its names.
    ///
    /// The order depends on nothing but the candidates: whole names first, then those of the wanted type, then the most used,
    /// then those whose own name begins so, then by name and id. Nothing typed may mean any of them.
    ///
    /// - Complexity: O(*n* · *m*) for what is typed, and O(*k* log *k*) for the *k* that match.
    func matches(_ typed: String, preferring type: String? = nil) -> [Match] {
        let wanted = FoldedName(typed)
        let found = candidates.indices.compactMap { match($0, wanted) }
        func isOther(_ match: Match) -> Bool {
            type != nil && candidates[match.candidate].type != nil && candidates[match.candidate].type != type
        }
        return found.sorted { left, right in
            if left.isWhole != right.isWhole { return left.isWhole }
            if isOther(left) != isOther(right) { return isOther(right) }
            let (first, second) = (candidates[left.candidate], candidates[right.candidate])
            if first.weight != second.weight { return first.weight > second.weight }
            let places = (Self.place(left), Self.place(right))
            if places.0 != places.1 { return places.0 < places.1 }
            let names = (folded[left.candidate][0].scalars, folded[right.candidate][0].scalars)
            if names.0 != names.1 { return names.0.lexicographicallyPrecedes(names.1) }
            let (spelled, other) = (Array(first.name.utf8), Array(second.name.utf8))
            if spelled != other { return spelled.lexicographicallyPrecedes(other) }
            if first.record != second.record {
                guard let record = first.record, let another = second.record else { return first.record == nil }
                return record < another
            }
            return left.candidate < right.candidate
        }
    }

    /// How good a place is: the beginning of the name, a later word of it, another name.
    private static func place(_ match: Match) -> Int { match.name > 0 ? 2 : match.start > 0 ? 1 : 0 }

    private func match(_ candidate: Int, _ wanted: FoldedName) -> Match? {
        var best: Match?
        for (place, name) in folded[candidate].enumerated() {
            if wanted.scalars.isEmpty {
                return Match(candidate: candidate, name: 0, start: name.words.first ?? 0, isWhole: false)
            }
            guard
                let start = name.words.first(where: { name.scalars(from: $0).starts(with: wanted.scalars) })
                    ?? (name.isSame(as: wanted) ? name.words.first : nil)
            else { continue }
            let match = Match(candidate: candidate, name: place, start: start, isWhole: name.isSame(as: wanted))
            if match.isWhole { return match }
            best = best ?? match
        }
        return best
    }

    /// What Tab makes of what is typed; `nil` when it adds nothing.
    ///
    /// The name of the only one that it may mean; of several, as far as they go on alike, never divided within a grapheme.
    func completion(of typed: String) -> String? {
        let found = matches(typed)
        guard let first = found.first else { return nil }
        if found.count == 1 {
            let name = candidates[first.candidate].name
            return name == typed ? nil : name
        }
        let name = folded[first.candidate][first.name]
        guard first.start < name.graphemes.count else { return nil }
        let scalars = name.scalars(from: first.start)
        var common = scalars.count
        for match in found.dropFirst() {
            let other = folded[match.candidate][match.name]
            guard match.start < other.graphemes.count else { return nil }
            let alike = zip(scalars, other.scalars(from: match.start)).prefix { $0 == $1 }.count
            common = min(common, alike)
        }
        let end = name.starts[first.start] + common
        // The last grapheme that is whole; one that folds to nothing stays with what goes before it.
        let place =
            (first.start..<name.graphemes.count).last {
                ($0 + 1 < name.starts.count ? name.starts[$0 + 1] : name.scalars.count) <= end
            }
        guard let place else { return nil }
        let text = String(name.graphemes[first.start...place])
        return FoldedName(text).scalars.count > FoldedName(typed).scalars.count ? text : nil
    }

    /// The candidates that a whole name means: those whose own name is spelled so, or else alike but for case, or else alike; or else by
    /// another name in the same way.
    func named(_ text: String) -> [Int] {
        let wanted = FoldedName(text)
        guard !wanted.scalars.isEmpty else { return [] }
        let lowered = text.lowercased()
        for isOwn in [true, false] {
            let alike = candidates.indices.filter { place in
                let names = isOwn ? folded[place].prefix(1) : folded[place].dropFirst()
                return names.contains { $0.isSame(as: wanted) }
            }
            func spelled(_ test: (String) -> Bool) -> [Int] {
                alike.filter { (isOwn ? [candidates[$0].name] : candidates[$0].otherNames).contains(where: test) }
            }
            for found in [spelled { $0 == text }, spelled { $0.lowercased() == lowered }, alike] where !found.isEmpty {
                return found
            }
        }
        return []
    }
}

/// How much each record has been used by somebody, where newer uses count for more: half as much after every eight newer ones.
struct UseWeights: Sendable {
    private var weights: [RecordID: Int] = [:]

    /// - Parameter uses: What was used together each time, newest first.
    init(newestFirst uses: [[RecordID]]) {
        for (age, records) in uses.enumerated().prefix(20 * 8) {
            for record in Set(records) { weights[record, default: 0] += 1 << (20 - age / 8) }
        }
        // However old a use is, it counts for something.
        for records in uses.dropFirst(20 * 8) { for record in Set(records) { weights[record, default: 0] += 1 } }
    }

    subscript(_ record: RecordID) -> Int { weights[record] ?? 0 }
}
