import AnnotationModel
import Testing

@testable import Interchange
@testable import LocalStore

/// What is known of entities that stand for others.
@Suite struct JoinedEntityTests {
    private static func record(_ number: Int) -> RecordID { RecordID(high: 0xE0, low: UInt64(number)) }
    private static let shared = LayerID(high: 1, low: 1)
    private static let coding = LayerID(high: 1, low: 2)

    private func entity(
        _ number: Int, _ name: String, aliases: [String] = [], _ attributes: [String: String] = [:], into: Int? = nil,
        standsFor: [Int] = [], layer: LayerID = Self.shared, createdAt: Int64 = 0
    ) -> EntityItem {
        EntityItem(
            info: RecordInfo(
                id: Self.record(number), layer: layer, kind: .entity, author: MemberID(high: 2, low: 2),
                createdAt: createdAt, modifiedAt: createdAt),
            name: name, type: nil, aliases: aliases, externalIDs: [], parent: nil, mergedInto: into.map(Self.record),
            standsFor: standsFor.map(Self.record),
            attributes: attributes.sorted { $0.key < $1.key }.map { AttributeItem(key: $0.key, value: $0.value) })
    }

    private func index(_ entities: [EntityItem]) -> EntityIndex { EntityIndex(entities, shared: [Self.shared]) }

    private func words(_ joined: JoinedEntity?) -> [String] {
        joined?.attributes.map { attribute in
            ([attribute.value] + attribute.others.map(\.value)).joined(separator: "|") + " by "
                + ([attribute.origin] + attribute.others.map(\.origin)).map { "\($0.bytes.last ?? 0)" }
                .joined(separator: "|")
        } ?? []
    }

    @Test func `The own value counts, then the oldest, and no other is lost`() throws {
        let all = [
            entity(5, "Georgia", aliases: ["GE"], ["capital": "Tbilisi"], createdAt: 50),
            entity(
                3, "Sakartvelo", aliases: ["GE", "Georgia"], ["capital": "Tiflis", "area": "69700"], into: 5,
                createdAt: 40),
            entity(4, "Gruzia", ["capital": "Tbilisi", "area": "69,700", "sea": "Black"], into: 3, createdAt: 30),
        ]
        for id in [3, 4, 5] {
            let joined = try #require(index(all).union(of: Self.record(id)))
            #expect(joined.entity.name == "Georgia" && joined.isJoined)
            #expect(joined.members == [Self.record(3), Self.record(4)])
            #expect(joined.aliases == ["GE", "Gruzia", "Sakartvelo"])
            #expect(words(joined) == ["69,700|69700 by 4|3", "Tbilisi|Tiflis by 5|3", "Black by 4"])
        }
        #expect(index(all).union(of: Self.record(9)) == nil)
        let alone = try #require(index([all[0]]).union(of: Self.record(5)))
        #expect(!alone.isJoined && alone.aliases == ["GE"] && words(alone) == ["Tbilisi by 5"])
    }

    @Test func `Two merged into each other are one, and it is not redirected`() throws {
        let all = [
            entity(1, "A", ["x": "1"], into: 2), entity(2, "B", ["x": "2", "y": "3"], into: 1),
            entity(3, "C", ["z": "4"], into: 2), entity(4, "D", into: 4), entity(5, "E", into: 77),
        ]
        let index = self.index(all)
        for id in 1...3 { #expect(index.effective(Self.record(id))?.name == "A") }
        #expect(!index.isRedirected(Self.record(1)))
        #expect(index.isRedirected(Self.record(2)) && index.isRedirected(Self.record(3)))
        #expect(!index.isRedirected(Self.record(4)) && !index.isRedirected(Self.record(5)))
        #expect(words(index.union(of: Self.record(3))) == ["1|2 by 1|2", "3 by 2", "4 by 3"])
    }

    @Test func `What a shared entity stands for in coders' layers is joined, too`() {
        let all = [
            entity(7, "Georgia", standsFor: [8, 9]), entity(8, "georgia", ["x": "1"], layer: Self.coding, createdAt: 1),
            entity(9, "GEORGIA", ["x": "2"], layer: Self.coding, createdAt: 2),
        ]
        let joined = index(all).union(of: Self.record(9))
        #expect(joined?.entity.name == "Georgia" && joined?.aliases == ["GEORGIA", "georgia"])
        #expect(words(joined) == ["1|2 by 8|9"])
    }

    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func `Equal records give equal answers in any order, and lose nothing`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let count = 3 + random.below(8)
        func make(_ number: Int, into: Int?) -> EntityItem {
            var attributes: [String: String] = [:]
            for key in ["a", "b", "c"] where random.below(2) == 0 { attributes[key] = "\(random.below(3))" }
            return entity(
                number, "name \(random.below(4))", aliases: random.below(2) == 0 ? ["alias \(random.below(4))"] : [],
                attributes, into: into, standsFor: random.below(6) == 0 ? [random.below(count)] : [],
                layer: random.below(4) == 0 ? Self.coding : Self.shared, createdAt: Int64(random.below(3)))
        }
        var all = (0..<count).map { make($0, into: random.below(2) == 0 ? random.below(count + 1) : nil) }
        // One of them in a second layer as well.
        let twin = random.below(count)
        if all[twin].info.layer == Self.shared {
            all.append(entity(twin, "twin", ["a": "other"], layer: Self.coding))
        }
        let before = index(all)
        func answers(_ index: EntityIndex) -> [JoinedEntity?] { (0..<count).map { index.union(of: Self.record($0)) } }
        for _ in 0..<6 {
            for place in all.indices.reversed() { all.swapAt(place, random.below(place + 1)) }
            #expect(answers(index(all)) == answers(before), "seed \(seed)")
        }
        for joined in answers(before).compactMap({ $0 }) {
            #expect(!before.isRedirected(joined.entity.info.id), "seed \(seed)")
            let items = all.filter { ([joined.entity.info.id] + joined.members).contains($0.info.id) }
            // Nothing is lost and nothing is invented, and the own value counts.
            let said = Set(items.flatMap { $0.attributes.map { "\($0.key)=\($0.value)" } })
            let shown = joined.attributes.flatMap { attribute in
                ([attribute.value] + attribute.others.map(\.value)).map { "\(attribute.key)=\($0)" }
            }
            #expect(Set(shown) == said && shown.count == said.count, "seed \(seed)")
            for own in joined.entity.attributes {
                #expect(joined.attributes.contains { $0.key == own.key && $0.value == own.value }, "seed \(seed)")
            }
            #expect(Set(items.map(\.name)).isSubset(of: Set(joined.aliases + [joined.entity.name])), "seed \(seed)")
        }
    }
}
