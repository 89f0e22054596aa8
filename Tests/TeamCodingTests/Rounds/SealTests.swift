import AnnotationModel
import ChangeLog
import Cryptography
import TeamCoding
import Testing

@Suite struct SealTests {
    private let statement = CodedStatement(
        id: id(50),
        values: [
            VariableValues(.builtIn(.position), [.text("support")]),
            VariableValues(.builtIn(.instruments), [.record(id(61)), .record(id(60))]),
        ])

    private func coding(_ number: UInt64 = 1) -> SealedCoding {
        SealedCoding(
            id: id(number), range: TextPositionSelector(start: 3, end: 9),
            correctedRange: TextPositionSelector(start: 3, end: 10), codes: [id(21), id(20)], tags: ["b", "a"],
            note: "sic", confidence: 80, statements: [statement])
    }

    private func seal(
        _ codings: [SealedCoding], assignment: UInt64 = 7, version: UInt64 = 8, coder: UInt64 = 9
    ) -> Seal {
        Seal(assignment: id(assignment), version: id(version), coder: member(coder), codings: codings)
    }

    /// Written out by hand from docs/rounds.md.
    @Test func theBytesAreThoseOfTheSpecification() {
        func word(_ number: UInt8) -> [UInt8] { [0, 0, 0, 0, 0, 0, 0, number] }
        var bytes = Array("variorum seal 1\n".utf8)
        bytes += id(7).bytes + id(8).bytes + member(9).bytes
        bytes += word(1)
        bytes += id(1).bytes + word(3) + word(9)
        bytes += [1] + word(3) + word(10)
        bytes += word(2) + id(20).bytes + id(21).bytes
        bytes += word(2) + word(1) + [0x61] + word(1) + [0x62]
        bytes += [1] + word(3) + Array("sic".utf8)
        bytes += [1] + word(80)
        bytes += word(1) + id(50).bytes + [0]
        bytes += word(2)
        bytes += [1, 3] + word(1) + [3] + word(7) + Array("support".utf8)
        bytes += [1, 7] + word(2) + [5] + id(60).bytes + [5] + id(61).bytes
        let seal = seal([coding()])
        #expect(seal.canonicalBytes == bytes)
        #expect(seal.codingCount == 1)
        #expect(seal.hash(OpenSSLCryptography()) == OpenSSLCryptography().sha256(bytes))
    }

    @Test func whatIsLeftOutIsSaid() {
        let bare = SealedCoding(id: id(1), range: TextPositionSelector(start: 0, end: 1))
        // The mark, no correction, no codes, no tags, no note, no confidence, no statements.
        #expect(seal([bare]).canonicalBytes.count == seal([]).canonicalBytes.count + 16 + 16 + 1 + 8 + 8 + 1 + 1 + 8)
    }

    @Test func theOrderInWhichCodingsAreReadDoesNotMatter() {
        let codings = (1...6).map { coding($0) }
        #expect(seal(codings) == seal(codings.reversed()))
    }

    @Test func everyChangeShows() {
        let all = seal([coding()])
        func changed(
            range: Range<Int> = 3..<9, corrected: Range<Int>? = 3..<10, codes: [RecordID] = [id(20), id(21)],
            tags: [String] = ["a", "b"], note: String? = "sic", confidence: Int? = 80,
            statements: [CodedStatement]? = nil
        ) -> Seal {
            seal([
                SealedCoding(
                    id: id(1), range: TextPositionSelector(range),
                    correctedRange: corrected.map { TextPositionSelector($0) }, codes: codes, tags: tags, note: note,
                    confidence: confidence, statements: statements ?? [statement])
            ])
        }
        #expect(changed() == all)
        let others = [
            changed(range: 2..<9), changed(corrected: nil), changed(corrected: 3..<9), changed(codes: [id(20)]),
            changed(tags: ["ab"]), changed(tags: []), changed(note: nil), changed(note: "sic!"),
            // One character to the eye, and to Swift; not the same bytes.
            changed(note: "\u{E9}"), changed(note: "e\u{301}"), changed(confidence: nil), changed(confidence: 81),
            changed(statements: []), changed(statements: [CodedStatement(id: id(50), values: [])]),
            seal([coding(2)]), seal([coding(), coding(2)]), seal([]), seal([coding()], assignment: 6),
            seal([coding()], version: 6), seal([coding()], coder: 6),
        ].map(\.canonicalBytes)
        #expect(Set(others).count == others.count && !others.contains(all.canonicalBytes))
    }
}
