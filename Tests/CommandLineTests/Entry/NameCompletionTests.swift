import AnnotationModel
import Testing

@testable import CommandLine

/// Which names may be meant by what is typed, in which order, and what Tab makes of it.
@Suite struct NameCompletionTests {
    private static func record(_ number: UInt64) -> RecordID { RecordID(high: 0xE0, low: number) }

    private static func completion(_ names: [String]) -> NameCompletion {
        NameCompletion(names.enumerated().map { NameCandidate(name: $1, record: record(UInt64($0))) })
    }

    private func names(_ completion: NameCompletion, _ typed: String, preferring type: String? = nil) -> [String] {
        completion.matches(typed, preferring: type).map { completion.candidates[$0.candidate].name }
    }

    @Test(arguments: [
        ("wal", "Lech Wałęsa"), ("WAŁ", "Lech Wałęsa"), ("sandor", "Szabó Sándor"), ("strass", "Straße"),
        ("STRASS", "Straße"), ("orhan p", "Orhan\u{A0}  Pamuk"), ("οδυσσεας", "Οδυσσέας"), ("საქ", "საქართველო"),
        ("国", "中华人民共和国"), ("ky", "Olena (Kyïv)"), ("o'br", "O’Brien"), ("e\u{301}l", "Élysée"), ("한", "한국"),
    ])
    func `The beginning of any word is enough, without its case and accents`(typed: String, name: String) {
        #expect(names(Self.completion([name, "Zzz"]), typed) == [name])
    }

    @Test func `The middle of a word, and other vowels, are not`() {
        let completion = Self.completion(["Jen Psaki", "नदी", "🇬🇪 office"])
        #expect(names(completion, "saki").isEmpty)
        #expect(names(completion, "en").isEmpty)
        #expect(names(completion, "ना").isEmpty)
        #expect(names(completion, "नदी") == ["नदी"])
        #expect(names(completion, "jen psaki  ") == ["Jen Psaki"])
        #expect(names(completion, "").count == 3)
    }

    @Test func `Whole names come first, then the wanted type, what is used most, and one's own name before an alias`() {
        let all = [
            NameCandidate(name: "Georgia Tech", type: "organisation", record: Self.record(1)),
            NameCandidate(name: "Georgia Meloni", type: "person", record: Self.record(2), weight: 5),
            NameCandidate(name: "Georgia", type: "state", record: Self.record(3)),
            NameCandidate(name: "Bank of Georgia", record: Self.record(4)),
            NameCandidate(name: "Sakartvelo", otherNames: ["Georgian Republic"], record: Self.record(5)),
        ]
        let completion = NameCompletion(all)
        #expect(
            names(completion, "georgia")
                == ["Georgia", "Georgia Meloni", "Georgia Tech", "Bank of Georgia", "Sakartvelo"])
        #expect(
            names(completion, "georgia", preferring: "organisation")
                == ["Georgia", "Georgia Tech", "Bank of Georgia", "Sakartvelo", "Georgia Meloni"])
        #expect(completion.named("GEORGIA") == [2] && completion.named("georgian republic") == [4])
        #expect(completion.named("Georg").isEmpty && completion.named(" ").isEmpty)
    }

    @Test func `A name spelled exactly so is meant before others that are alike`() {
        let completion = Self.completion(["müller", "Müller", "Muller", "eu", "EU", "Eu"])
        #expect(completion.named("Müller") == [1])
        #expect(completion.named("MULLER") == [2])
        #expect(completion.named("Mulle\u{301}r") == [0, 1, 2])
        #expect(completion.named("eU") == [3, 4, 5])
    }

    @Test func `Tab takes the only name, or goes as far as all go on alike`() {
        let completion = Self.completion(["Jen Psaki", "Jen Psaltis", "Bob Psarros", "Ana", "🇬🇪 a", "🇬🇧 a"])
        #expect(completion.completion(of: "an") == "Ana")
        #expect(completion.completion(of: "Ana") == nil)
        #expect(completion.completion(of: "je") == "Jen Psa")
        #expect(completion.completion(of: "Jen Psa") == nil)
        #expect(completion.completion(of: "p") == "Psa")
        #expect(completion.completion(of: "x") == nil && completion.completion(of: "") == nil)
        // Flags that begin with the same half are not divided.
        #expect(Self.completion(["🇬🇪 a", "🇬🇧 a"]).completion(of: "") == nil)
        let accents = Self.completion(["Ne\u{301}e A", "Née\u{323} B"])
        #expect(accents.completion(of: "n").map { Array($0.unicodeScalars) } == Array("Ne\u{301}e ".unicodeScalars))
    }

    @Test func `New uses count for more, and old ones for something`() {
        let (new, old, frequent) = (Self.record(1), Self.record(2), Self.record(3))
        var uses = Array(repeating: [frequent], count: 400)
        uses[0] = [new, new]
        uses[399] = [old]
        let weights = UseWeights(newestFirst: uses)
        #expect(weights[frequent] > weights[new] && weights[new] > weights[old] && weights[old] > 0)
        #expect(weights[Self.record(4)] == 0)
    }

    @Test(arguments: seeds(60))
    func `Every match begins a word, the order is total and stable, and Tab loses no match`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let parts = [
            "a", "A", "é", "e\u{301}", "e", "ß", "s", "ł", " ", "  ", "-", "국", "가", "🇬🇪", "🇬🇧", "ა", "\u{301}", "न", "नी",
        ]
        func word(_ length: Int) -> String {
            (0..<length).map { _ in parts[random.below(parts.count)] }.joined()
        }
        let candidates = (0..<20).map { number in
            NameCandidate(
                name: word(1 + random.below(5)), otherNames: random.below(3) == 0 ? [word(3)] : [],
                type: [nil, "person", "state"][random.below(3)], record: Self.record(UInt64(number)),
                weight: random.below(3))
        }
        let completion = NameCompletion(candidates)
        var shuffled = candidates
        for place in shuffled.indices.reversed() {
            shuffled.swapAt(place, random.below(place + 1))
        }
        let other = NameCompletion(shuffled)
        for _ in 0..<40 {
            let typed = word(random.below(4))
            let wanted = FoldedName(typed)
            let found = completion.matches(typed, preferring: "state")
            #expect(Set(found.map(\.candidate)).count == found.count, rerun(seed))
            for match in found where !wanted.scalars.isEmpty {
                let candidate = candidates[match.candidate]
                let name = FoldedName(([candidate.name] + candidate.otherNames)[match.name])
                #expect(name.words.contains(match.start), rerun(seed))
                #expect(
                    name.scalars(from: match.start).starts(with: wanted.scalars) || name.isSame(as: wanted), rerun(seed)
                )
            }
            let again = other.matches(typed, preferring: "state")
            #expect(found.map { candidates[$0.candidate] } == again.map { shuffled[$0.candidate] }, rerun(seed))
            // Nothing that matches is left out.
            for place in candidates.indices where !found.contains(where: { $0.candidate == place }) {
                for name in [candidates[place].name] + candidates[place].otherNames {
                    let folded = FoldedName(name)
                    #expect(
                        !folded.words.contains { folded.scalars(from: $0).starts(with: wanted.scalars) }, rerun(seed))
                }
            }
            if let longer = completion.completion(of: typed) {
                let kept = Set(completion.matches(longer).map(\.candidate))
                #expect(
                    kept.isSuperset(of: found.map(\.candidate)),
                    "\(typed.debugDescription) \(longer.debugDescription) \(seed)")
                #expect(found.count == 1 || FoldedName(longer).scalars.starts(with: wanted.scalars), rerun(seed))
            }
        }
    }
}
