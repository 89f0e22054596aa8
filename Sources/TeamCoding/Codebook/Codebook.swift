public import AnnotationModel

/// The codes of a team with everything that follows from them: the tree, paths, and which code stands for which.
///
/// A function of the codes alone, whatever their order. Merges and moves that two people make at once can form rings;
/// everybody reads them alike. docs/codebook.md has the rules.
public struct Codebook: Hashable, Sendable {
    /// Ascending by id, each id once.
    public let codes: [CodeRecord]
    private let places: [RecordID: Int]
    /// For every id that is not its own.
    private let redirects: [RecordID: RecordID]
    /// In the tree: after redirects, without rings.
    private let parents: [RecordID: RecordID]

    /// Builds a codebook.
    ///
    /// Where several codes have one id, one of the shared layer counts before others, else the one whose canonical bytes
    /// come first.
    ///
    /// - Complexity: O(n log n), n = codes and the ids that they name.
    public init(_ records: some Sequence<CodeRecord>) {
        var byID: [RecordID: CodeRecord] = [:]
        for record in records {
            guard let known = byID[record.id] else {
                byID[record.id] = record
                continue
            }
            let isFirst =
                record.isShared != known.isShared
                ? record.isShared : record.wholeBytes.lexicographicallyPrecedes(known.wholeBytes)
            if isFirst { byID[record.id] = record }
        }
        let codes = byID.values.sorted { $0.id < $1.id }
        self.codes = codes
        places = Dictionary(codes.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })

        // Ascending, so that of several codes which stand for one the lowest id counts.
        var standing: [RecordID: RecordID] = [:]
        for code in codes where code.isShared {
            for id in code.standsFor where id != code.id && standing[id] == nil { standing[id] = code.id }
        }
        var next = standing
        for code in codes {
            if let target = code.mergedInto, target != code.id, byID[target] != nil { next[code.id] = target }
        }
        let redirects = Self.ends(of: next)
        self.redirects = redirects

        var parents: [RecordID: RecordID] = [:]
        for code in codes {
            guard let parent = code.parent.map({ redirects[$0] ?? $0 }), parent != code.id, byID[parent] != nil else {
                continue
            }
            parents[code.id] = parent
        }
        for top in Self.lowestOfRings(in: parents) { parents[top] = nil }
        self.parents = parents
    }

    /// The code of an id itself, merged or not.
    public func code(_ id: RecordID) -> CodeRecord? { places[id].map { codes[$0] } }

    /// The id of the code that stands for a code now, after merges and joins; the id itself where none does.
    ///
    /// A redirect to a code that is not here is not followed. In a ring the lowest id of it counts.
    public func effective(_ id: RecordID) -> RecordID { redirects[id] ?? id }

    /// What a coding with these codes counts as now: each code once, ascending. The coding itself stays as it was made.
    public func effective(_ codes: some Sequence<RecordID>) -> [RecordID] {
        Set(codes.map { effective($0) }).sorted()
    }

    /// The code that stands for a code now, if it is here.
    public func effectiveCode(_ id: RecordID) -> CodeRecord? { code(effective(id)) }

    /// Whether another code stands for this one.
    public func isRedirected(_ id: RecordID) -> Bool { redirects[id] != nil }

    /// The code that a code stands under in the tree: the one that stands for its parent now.
    public func parent(of id: RecordID) -> RecordID? { parents[id] }

    /// A code and the codes above it, the topmost first; empty for one that is not here.
    public func path(of id: RecordID) -> [CodeRecord] {
        var path: [CodeRecord] = []
        var next = code(id)
        while let code = next {
            path.append(code)
            next = parents[code.id].flatMap { self.code($0) }
        }
        return path.reversed()
    }

    /// Whether a code is another or stands below it in the tree.
    public func isWithin(_ id: RecordID, _ top: RecordID) -> Bool {
        var next: RecordID? = id
        while let current = next {
            if current == top { return true }
            next = parents[current]
        }
        return false
    }

    /// The codes that have taken a part of a code, ascending.
    public func parts(of id: RecordID) -> [RecordID] {
        codes.filter { $0.splitFrom.contains(id) && $0.id != id }.map(\.id)
    }

    /// A code in the tree.
    public struct Row: Hashable, Sendable {
        public let code: CodeRecord
        /// How many codes stand above it.
        public let depth: Int
    }

    /// The codes from the top down, each level by name in lower case and then by id.
    ///
    /// - Parameter includesRedirected: Whether codes for which others stand are shown, too.
    /// - Complexity: O(n log n), n = codes.
    public func tree(includesRedirected: Bool = false) -> [Row] {
        let shown = codes.filter { includesRedirected || redirects[$0.id] == nil }
        let children = Dictionary(grouping: shown.map { (key: $0.name.lowercased(), code: $0) }) { parents[$0.code.id] }
            .mapValues { level in
                level.sorted { ($0.key, $0.code.id) < ($1.key, $1.code.id) }.map(\.code)
            }
        var rows: [Row] = []
        // Not by recursion: somebody's codes may stand a hundred thousand deep.
        var stack = (children[nil] ?? []).reversed().map { Row(code: $0, depth: 0) }
        while let row = stack.popLast() {
            rows.append(row)
            stack += (children[row.code.id] ?? []).reversed().map { Row(code: $0, depth: row.depth + 1) }
        }
        return rows
    }

    /// The codebook with further codes, or with other values of those that it has.
    public func replacing(_ records: some Sequence<CodeRecord>) -> Codebook {
        var byID = Dictionary(codes.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for record in records { byID[record.id] = record }
        return Codebook(byID.values)
    }

    // MARK: Chains

    /// Where each chain of `next` ends; a ring ends at its lowest id. Ids that end at themselves are left out.
    private static func ends(of next: [RecordID: RecordID]) -> [RecordID: RecordID] {
        var ends: [RecordID: RecordID] = [:]
        for start in next.keys.sorted() where ends[start] == nil {
            var path: [RecordID] = []
            var places: [RecordID: Int] = [:]
            var current = start
            while places[current] == nil, ends[current] == nil, let following = next[current] {
                places[current] = path.count
                path.append(current)
                current = following
            }
            let end = places[current].flatMap { path[$0...].min() } ?? ends[current] ?? current
            for id in path { ends[id] = end }
        }
        return ends.filter { $0.key != $0.value }
    }

    /// The lowest id of every ring that the chains of `next` run into.
    private static func lowestOfRings(in next: [RecordID: RecordID]) -> [RecordID] {
        var seen: Set<RecordID> = []
        var lowest: [RecordID] = []
        for start in next.keys.sorted() where !seen.contains(start) {
            var path: [RecordID] = []
            var places: [RecordID: Int] = [:]
            var current: RecordID? = start
            while let id = current, seen.insert(id).inserted {
                places[id] = path.count
                path.append(id)
                current = next[id]
            }
            if let place = current.flatMap({ places[$0] }), let id = path[place...].min() { lowest.append(id) }
        }
        return lowest
    }
}
