import AnnotationModel
import ChangeLog
import Cryptography
import Testing

@testable import TeamCoding

/// An id of a code in these tests.
func code(_ number: UInt64) -> RecordID { RecordID(high: 0xC0DE, low: number) }

@Suite struct CodebookTests {
    private let cryptography = OpenSSLCryptography()

    @Test func mergesAreFollowedToTheirEnd() {
        let book = Codebook([
            CodeRecord(id: code(1), name: "a", mergedInto: code(2)),
            CodeRecord(id: code(2), name: "b", mergedInto: code(3)),
            CodeRecord(id: code(3), name: "c"), CodeRecord(id: code(4), name: "d", mergedInto: code(99)),
        ])
        #expect(book.effective(code(1)) == code(3))
        #expect(book.effective(code(4)) == code(4), "a redirect to a code that is not here is not followed")
        #expect(book.effective(code(77)) == code(77))
        #expect(book.effective([code(3), code(1), code(2), code(4)]) == [code(3), code(4)])
        #expect(book.code(code(1))?.mergedInto == code(2), "the code itself stays as it is")
    }

    @Test func aRingCountsAsItsLowestCode() {
        let book = Codebook([
            CodeRecord(id: code(5), name: "a", mergedInto: code(3)),
            CodeRecord(id: code(3), name: "b", mergedInto: code(4)),
            CodeRecord(id: code(4), name: "c", mergedInto: code(5)),
            CodeRecord(id: code(1), name: "d", mergedInto: code(4)),
            CodeRecord(id: code(6), name: "e", mergedInto: code(6)),
        ])
        for id in [1, 3, 4, 5] { #expect(book.effective(code(UInt64(id))) == code(3)) }
        #expect(!book.isRedirected(code(3)))
        #expect(!book.isRedirected(code(6)))
        #expect(book.tree().map(\.code.name) == ["b", "e"])
    }

    @Test func aSharedCodeStandsForCodesOfRounds() {
        let book = Codebook([
            CodeRecord(id: code(1), name: "shared", standsFor: [code(8), code(50)]),
            CodeRecord(id: code(2), name: "other", standsFor: [code(8)]),
            CodeRecord(id: code(8), name: "coder's", standsFor: [code(2)], isShared: false),
        ])
        #expect(book.effective(code(8)) == code(1), "the lowest of several")
        #expect(book.effective(code(50)) == code(1), "also where the code cannot be read")
        #expect(book.effective(code(2)) == code(2), "a code of another layer redirects no other")
    }

    @Test func aSharedCodeCountsBeforeAnotherOfItsId() {
        let records = [
            CodeRecord(id: code(1), name: "a", isShared: false), CodeRecord(id: code(1), name: "b"),
            CodeRecord(id: code(2), name: "y"), CodeRecord(id: code(2), name: "x"),
        ]
        #expect(Codebook(records) == Codebook(records.reversed()))
        #expect(Codebook(records).codes.map(\.name) == ["b", "x"])
    }

    @Test func theTreeIsInOrderAndFollowsMerges() {
        let book = Codebook([
            CodeRecord(id: code(1), name: "Zebra"), CodeRecord(id: code(2), name: "apple"),
            CodeRecord(id: code(3), name: "old", mergedInto: code(2)),
            CodeRecord(id: code(4), name: "seed", parent: code(3)),
            CodeRecord(id: code(5), name: "core", parent: code(2)),
            CodeRecord(id: code(6), name: "lost", parent: code(99)),
        ])
        #expect(
            book.tree().map { "\($0.depth) \($0.code.name)" } == ["0 apple", "1 core", "1 seed", "0 lost", "0 Zebra"])
        #expect(book.tree(includesRedirected: true).count == 6)
        #expect(book.path(of: code(4)).map(\.name) == ["apple", "seed"])
        #expect(book.path(of: code(99)).isEmpty)
        #expect(book.isWithin(code(4), code(2)))
        #expect(!book.isWithin(code(2), code(4)))
    }

    @Test func aRingOfMovesHangsUnderItsLowestCode() {
        let book = Codebook([
            CodeRecord(id: code(3), name: "a", parent: code(2)), CodeRecord(id: code(2), name: "b", parent: code(1)),
            CodeRecord(id: code(1), name: "c", parent: code(3)), CodeRecord(id: code(4), name: "d", parent: code(3)),
        ])
        #expect(book.tree().map { "\($0.depth) \($0.code.name)" } == ["0 c", "1 b", "2 a", "3 d"])
        #expect(book.path(of: code(4)).map(\.name) == ["c", "b", "a", "d"])
    }

    @Test func deepTreesAndLongChainsAreRead() {
        let count: UInt64 = 50_000
        let deep = (0..<count).map { CodeRecord(id: code($0), name: "n", parent: $0 == 0 ? nil : code($0 - 1)) }
        #expect(Codebook(deep).tree().last?.depth == Int(count) - 1)
        let chain = (0..<count).map { CodeRecord(id: code($0), name: "n", mergedInto: $0 == 0 ? nil : code($0 - 1)) }
        #expect(Codebook(chain).effective(code(count - 1)) == code(0))
    }

    @Test func theRevisionNamesWhatBearsOnCoding() {
        let base = CodeRecord(id: code(1), name: "a", definition: "d")
        func revision(_ change: (inout CodeRecord) -> Void) -> Digest {
            var record = base
            change(&record)
            return Codebook([CodeRecord(id: code(2), name: "b"), record]).revision(using: cryptography)
        }
        let known = revision { _ in }
        #expect(Codebook([base, CodeRecord(id: code(2), name: "b")]).revision(using: cryptography) == known)
        #expect(revision { $0.colour = "#000000" } == known)
        #expect(revision { $0.shortcut = "x" } == known)
        let others = [
            revision { $0.name = "c" }, revision { $0.definition = nil }, revision { $0.include = "d" },
            revision { $0.exclude = "d" }, revision { $0.parent = code(2) }, revision { $0.mergedInto = code(2) },
            revision { $0.isCodable = false }, revision { $0.isRetired = true }, revision { $0.splitFrom = [code(2)] },
            revision { $0.standsFor = [code(2)] }, revision { $0.isShared = false },
        ]
        #expect(Set(others + [known]).count == others.count + 1)
    }

    @Test func theCanonicalBytesAreAsDescribed() {
        let book = Codebook([CodeRecord(id: code(1), name: "a", parent: code(2), definition: "é")])
        var expected = [UInt8]("variorum codebook 1\n".utf8) + [0, 0, 0, 0, 0, 0, 0, 1] + code(1).bytes + [1]
        expected += [0, 0, 0, 0, 0, 0, 0, 1, 0x61]
        expected += [1, 0, 0, 0, 0, 0, 0, 0, 2, 0xC3, 0xA9, 0, 0]
        expected += [1] + code(2).bytes + [0] + [UInt8](repeating: 0, count: 16)
        #expect(book.canonicalBytes == expected)
    }
}

@Suite struct WorklistTests {
    private let cryptography = OpenSSLCryptography()
    private let before = Codebook([
        CodeRecord(id: code(1), name: "a"), CodeRecord(id: code(2), name: "b"), CodeRecord(id: code(3), name: "c"),
        CodeRecord(id: code(4), name: "d", mergedInto: code(1)),
    ])

    private func worklist(_ now: Codebook, _ codes: [RecordID], all: Bool = false) -> [StaleCoding] {
        let (old, new) = (before.revision(using: cryptography), now.revision(using: cryptography))
        return now.worklist(
            of: [Coding(id: code(9), codes: codes, revision: old)], revision: new, older: [old: before],
            includesUnaffected: all)
    }

    @Test func whatBecameOfACodingsCodesIsSaid() {
        let now = before.replacing([
            CodeRecord(id: code(2), name: "b", definition: "new", mergedInto: code(3)),
            CodeRecord(id: code(5), name: "part", splitFrom: [code(1)]),
        ])
        #expect(
            worklist(now, [code(2)]).map(\.differences) == [
                [
                    CodeDifference(
                        code: code(2), nature: .changed, fields: [Field.Code.definition, Field.Code.mergedInto],
                        parts: [], countsAs: code(3))
                ]
            ])
        #expect(worklist(now, [code(1)]).first?.differences?.map(\.parts) == [[code(5)]])
        #expect(worklist(now, [code(4)]).first?.differences?.map(\.code) == [code(1)], "by the code it counted as")
        #expect(worklist(now, [code(3)]).isEmpty, "its own code is what it was")
        #expect(worklist(now, [code(3)], all: true).first?.differences == [])
    }

    @Test func codesThatCameAndWentAreSaid() {
        let now = Codebook(before.codes.filter { $0.id != code(2) } + [CodeRecord(id: code(6), name: "n")])
        #expect(worklist(now, [code(2), code(6)]).first?.differences?.map(\.nature) == [.removed, .added])
    }

    @Test func anUnknownStateIsNotGuessedAt() {
        let revision = before.revision(using: cryptography)
        let codings = [
            Coding(id: code(20), codes: [code(1)], revision: nil),
            Coding(id: code(21), codes: [code(1)], revision: .zero),
            Coding(id: code(22), codes: [code(1)], revision: revision),
            Coding(id: code(23), codes: [], revision: nil),
        ]
        let list = before.worklist(of: codings, revision: revision, older: [:])
        #expect(list.map(\.coding.id) == [code(20), code(21)])
        #expect(list.allSatisfy { $0.differences == nil })
    }
}
