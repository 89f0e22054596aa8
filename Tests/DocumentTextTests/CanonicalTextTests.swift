import DocumentText
import Testing

@Suite("Canonical text")
struct CanonicalTextTests {
    @Test(
        "drops the byte order mark, writes every line end as LF and touches nothing else",
        arguments: [
            ("", ""), ("\u{FEFF}", ""), ("\u{FEFF}a\u{FEFF}", "a\u{FEFF}"), ("\u{FEFF}\u{FEFF}a", "a"),
            ("a\r\nb\rc\nd\r\r\n\n\r", "a\nb\nc\nd\n\n\n\n"), ("\r\n", "\n"),
            ("e\u{301}\u{A0}\u{2028} \t", "e\u{301}\u{A0}\u{2028} \t"),
            ("საქართველო 🇬🇪\r\n", "საქართველო 🇬🇪\n"),
        ])
    func canonicalForm(source: String, expected: String) throws {
        let text = try CanonicalText(importing: Array(source.utf8))
        #expect(text.utf8 == Array(expected.utf8))
        #expect(try CanonicalText(importing: text.utf8) == text)
        #expect(try CanonicalText(canonical: text.utf8) == text)
    }

    @Test(
        "refuses what is not UTF-8 and names the byte",
        arguments: [
            ([0xFF], 0), ([0x61, 0xC3], 1), ([0x61, 0xC3, 0x28], 1), ([0xC0, 0xAF], 0),
            ([0x0D, 0x0A, 0xED, 0xA0, 0x80], 2),
            ([0xEF, 0xBB, 0xBF, 0x62, 0xF5, 0x80, 0x80, 0x80], 4), ([0xE2, 0x82], 0), ([0x80], 0),
        ] as [([UInt8], Int)])
    func invalidBytes(bytes: [UInt8], offset: Int) {
        let error = #expect(throws: DocumentTextError.self) { try CanonicalText(importing: bytes) }
        #expect(error?.code == .invalidUTF8)
        #expect(error?.offset == offset)
        #expect(error?.description.contains("byte \(offset)") == true)
    }

    @Test("refuses NUL and names the byte")
    func nul() {
        let error = #expect(throws: DocumentTextError.self) {
            try CanonicalText(importing: [0x61, 0x0D, 0x0A, 0, 0x62])
        }
        #expect(error?.code == .containsNUL)
        #expect(error?.offset == 3)
    }

    @Test("takes a text of the largest size and refuses one byte more")
    func sizeLimit() throws {
        var bytes = [UInt8](repeating: 0x61, count: CanonicalText.sizeInBytesMax)
        #expect(try CanonicalText(importing: bytes).utf8.count == bytes.count)
        bytes.append(0x61)
        #expect(throws: DocumentTextError.self) { try CanonicalText(importing: bytes) }
        #expect(throws: DocumentTextError.self) { try CanonicalText(canonical: bytes) }
        // What counts is the canonical text.
        bytes[0] = 0x0D
        bytes[1] = 0x0A
        #expect(try CanonicalText(importing: bytes).utf8.count == CanonicalText.sizeInBytesMax)
    }

    @Test("refuses stored bytes that are not canonical, rather than changing what the hash was made over")
    func storedBytes() {
        for (bytes, offset) in [([0x61, 0x0D, 0x0A], 1), ([0xEF, 0xBB, 0xBF, 0x61], 0)] as [([UInt8], Int)] {
            let error = #expect(throws: DocumentTextError.self) { try CanonicalText(canonical: bytes) }
            #expect(error?.code == .notCanonical)
            #expect(error?.offset == offset)
        }
    }

    @Test("compares bytes, not canonical equivalence")
    func equality() throws {
        #expect("\u{E9}" == "e\u{301}")
        #expect(try CanonicalText(importing: Array("\u{E9}".utf8)) != CanonicalText(importing: Array("e\u{301}".utf8)))
    }
}
