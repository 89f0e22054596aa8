import AnnotationModel
import CXML
import ChangeLog
import Cryptography
import Foundation
import Testing

@testable import Interchange
@testable import TeamCoding

/// An id of a code in these tests.
private func code(_ number: UInt64) -> RecordID { RecordID(high: 0xC0DE, low: number) }

@Suite("Codebook files")
struct CodebookFileTests {
    private let cryptography = OpenSSLCryptography()
    private let book = Codebook([
        CodeRecord(id: code(1), name: "framing", isCodable: false),
        CodeRecord(
            id: code(2), name: "a \"b\" <c> & d\n\te", parent: code(1), definition: "Two\r\nlines, <x> & \"y\" 🇬🇪",
            include: "yes", exclude: "no", colour: "#00ff7f", shortcut: "k", isRetired: true, splitFrom: [code(4)]),
        CodeRecord(id: code(3), name: "old", mergedInto: code(4)),
        CodeRecord(id: code(4), name: "top", standsFor: [code(70), code(71)]),
        CodeRecord(id: code(5), name: "below", parent: code(2)),
    ])

    private func read(_ text: String) throws -> CodebookFile { try CodebookFile(refiQDA: Array(text.utf8)) }

    private func csv(_ text: String, known: Codebook = Codebook([])) throws -> CodebookFile {
        try CodebookFile(commaSeparated: Array(text.utf8), known: known, using: cryptography)
    }

    private func reason(_ body: () throws -> some Any) -> String {
        do {
            _ = try body()
            return ""
        } catch { return "\(error)" }
    }

    // MARK: REFI-QDA

    @Test("a REFI-QDA codebook comes back as it was, but for what is reported")
    func refiRoundTrip() throws {
        let export = try #require(book.refiQDA(origin: "test"))
        let file = try CodebookFile(refiQDA: export.bytes)
        #expect(file.losses.isEmpty)
        #expect(file.codes.map(\.id) == [code(1), code(2), code(5), code(4)])
        let second = try #require(file.codes.first { $0.id == code(2) })
        let written = try #require(book.code(code(2)))
        #expect(second.name == written.name)
        #expect(second.definition == written.definition)
        #expect(second.colour == written.colour)
        #expect(second.parent == code(1))
        #expect(file.codes.map(\.isCodable) == [false, true, true, true])
        #expect(
            Dictionary(uniqueKeysWithValues: export.losses.losses.map { ($0.what, $0.count) }) == [
                "codes with examples": 1, "shortcuts": 1, "codes that are retired": 1,
                "codes for which others stand": 1, "splits": 1,
            ])
        #expect(Codebook(book.codes.reversed()).refiQDA(origin: "test")?.bytes == export.bytes)
        #expect(Codebook(file.codes).refiQDA(origin: "test")?.bytes == export.bytes)
    }

    @Test("an empty codebook cannot be said in REFI-QDA, and is no bytes")
    func refiEmpty() { #expect(Codebook([]).refiQDA(origin: "test") == nil) }

    @Test("characters that XML has no place for are replaced and reported")
    func refiControlCharacters() throws {
        let export = try #require(Codebook([CodeRecord(id: code(1), name: "a\u{1}b\u{FFFF}")]).refiQDA(origin: "test"))
        #expect(export.losses.losses.map(\.what) == ["control characters"])
        #expect(try CodebookFile(refiQDA: export.bytes).codes.map(\.name) == ["a\u{FFFD}b\u{FFFD}"])
    }

    @Test("codebooks of other programs are read")
    func refiOfOthers() throws {
        let file = try read(
            """
            <?xml version="1.0" encoding="utf-8" standalone="no"?>
            <CodeBook xmlns="urn:QDA-XML:codebook:1:0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
              xsi:schemaLocation="urn:QDA-XML:codebook:1:0 Codebook.xsd" origin="NVivo">
              <Codes>
                <Code guid="{0A1B2C3D-0000-4000-8000-0123456789AB}" name="Barriers" color="#F0a" isCodable="1">
                  <Description>What gets in the way</Description>
                  <NoteRef targetGUID="0a1b2c3d-0000-4000-8000-0123456789ac"/>
                  <Code guid="0a1b2c3d-0000-4000-8000-0123456789ad" name="Time" isCodable="false" color="blue"/>
                </Code>
              </Codes>
              <Sets><Set guid="0a1b2c3d-0000-4000-8000-0123456789ae" name="s"/></Sets>
            </CodeBook>
            """)
        let id = try #require(RecordID("0a1b2c3d0000400080000123456789ab"))
        #expect(file.codes.map(\.name) == ["Barriers", "Time"])
        #expect(file.codes[0].id == id && file.codes[0].colour == "#ff00aa")
        #expect(file.codes[0].definition == "What gets in the way")
        #expect(file.codes[1].parent == id && !file.codes[1].isCodable && file.codes[1].colour == nil)
        #expect(file.losses.losses.map(\.what) == ["sets of codes", "references to notes", "colours"])
        #expect(id.guid == "0a1b2c3d-0000-4000-8000-0123456789ab")
    }

    @Test(
        "what is wrong with a REFI-QDA codebook is said, with its line",
        arguments: [
            ("<a/>", "no REFI-QDA codebook"),
            ("<CodeBook><Codes>\n<Code guid='x' name='n'/></Codes></CodeBook>", "line 2"),
            ("<CodeBook><Codes><Code guid='0a1b2c3d-0000-4000-8000-0123456789ad'/></Codes></CodeBook>", "no name"),
            ("<CodeBook>", "line 1"), ("<!DOCTYPE x><CodeBook/>", "document type"), ("", "empty"),
        ])
    func refiMistakes(text: String, words: String) { #expect(reason { try read(text) }.contains(words)) }

    @Test("one GUID twice is refused")
    func refiDoubles() {
        let twice = String(repeating: "<Code guid='0a1b2c3d-0000-4000-8000-0123456789ad' name='n'/>", count: 2)
        #expect(reason { try read("<CodeBook><Codes>\(twice)</Codes></CodeBook>") }.contains("another one"))
    }

    /// VARIORUM_REFI_SCHEMA names the standard's Project.xsd, whose types of codes are those of its Codebook.xsd.
    private static let schema =
        ProcessInfo.processInfo.environment["VARIORUM_REFI_SCHEMA"] ?? "../shared/corpus/refi-qda/Project.xsd"

    @Test(
        "a REFI-QDA codebook is valid by the standard's schema",
        .enabled(if: FileManager.default.fileExists(atPath: schema)))
    func refiSchema() throws {
        var schema = try String(contentsOfFile: Self.schema, encoding: .utf8)
            .replacingOccurrences(of: "urn:QDA-XML:project:1.0", with: "urn:QDA-XML:codebook:1.0")
        // What Codebook.xsd has beyond: the root, its origin.
        let type = try #require(schema.range(of: "<xsd:complexType name=\"CodeBookType\">"))
        let end = try #require(schema.range(of: "</xsd:complexType>", range: type.upperBound..<schema.endIndex))
        schema.replaceSubrange(
            end, with: "<xsd:attribute name=\"origin\" type=\"xsd:string\"/></xsd:complexType>")
        schema.insert(contentsOf: "<xsd:element name=\"CodeBook\" type=\"CodeBookType\"/>\n", at: type.lowerBound)
        let plover = Codebook(try CodebookFile.plover(using: cryptography).codes)
        for book in [book, plover] {
            let bytes = try #require(book.refiQDA(origin: "test")).bytes
            #expect(Self.isValid(bytes, by: schema))
        }
        let wrong = "<CodeBook xmlns=\"urn:QDA-XML:codebook:1.0\"><Codes><Code name=\"n\"/></Codes></CodeBook>"
        #expect(!Self.isValid(Array(wrong.utf8), by: schema), "the schema judges")
    }

    private static func isValid(_ bytes: [UInt8], by schema: String) -> Bool {
        let text = Array(schema.utf8)
        return text.withUnsafeBytes { schemaBytes in
            bytes.withUnsafeBytes { documentBytes in
                let parser = xmlSchemaNewMemParserCtxt(
                    schemaBytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(schemaBytes.count))
                defer { xmlSchemaFreeParserCtxt(parser) }
                guard let compiled = xmlSchemaParse(parser) else { return false }
                defer { xmlSchemaFree(compiled) }
                let document = xmlReadMemory(
                    documentBytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(documentBytes.count), nil,
                    nil,
                    Int32(bitPattern: XML_PARSE_NONET.rawValue))
                defer { xmlFreeDoc(document) }
                let context = xmlSchemaNewValidCtxt(compiled)
                defer { xmlSchemaFreeValidCtxt(context) }
                return document != nil && xmlSchemaValidateDoc(context, document) == 0
            }
        }
    }

    // MARK: Comma-separated values

    @Test("a CSV codebook comes back whole")
    func csvRoundTrip() throws {
        let export = book.commaSeparated()
        #expect(export.losses.isEmpty)
        let file = try CodebookFile(commaSeparated: export.bytes, known: Codebook([]), using: cryptography)
        #expect(Codebook(file.codes) == book)
        #expect(file.losses.isEmpty)
    }

    @Test("a hand-made CSV needs names alone, and parents by name or path, in any order")
    func csvByHand() throws {
        let text = "\u{FEFF}Name,Parent,note\nlegal,framing,x\nframing,,\n\ndeep,framing/legal,\n"
        let file = try csv(text)
        let again = Codebook(try csv("name,parent\nframing,\ndeep,legal\nlegal,framing\n").codes)
        let book = Codebook(file.codes)
        #expect(book.tree().map { "\($0.depth) \($0.code.name)" } == ["0 framing", "1 legal", "2 deep"])
        #expect(again == book, "the ids follow from the paths")
        #expect(file.losses.losses.map(\.what) == ["columns"])
        #expect(Codebook(try csv(text, known: book).codes) == book, "codes at their places are the same codes")
        let known = Codebook([CodeRecord(id: code(1), name: "Framing")])
        #expect(try csv("name,parent\nnew,framing\n", known: known).codes.map(\.parent) == [code(1)])
    }

    @Test(
        "what is wrong with a CSV codebook is said, with its line",
        arguments: [
            ("", "empty"), ("parent\nx\n", "no column 'name'"), ("name,name\nx,y\n", "twice"),
            ("name\na\n\"b\n", "line 3: a quote is not closed"), ("name\na\nb\"c\n", "line 3: a quote stands"),
            ("name,id\nx,12\n", "line 2"), ("name,parent\nx,y\n", "no code 'y'"),
            ("name,parent\nx,y\ny,x\n", "stands under itself"), ("name\nx\nx\n", "there twice"),
            ("name,colour\nx,red\n", "#rrggbb"), ("name,is_codable\nx,perhaps\n", "yes or no"),
            ("name,status\nx,gone\n", "active or retired"), ("name,merged_into\nx,y\n", "no id"),
            ("name,parent\na,\nb,\nx,a\nx,b\ny,x\n", "several codes"), ("name\n \n", "no name"),
        ])
    func csvMistakes(text: String, words: String) {
        let reason = reason { try csv(text) }
        #expect(reason.contains(words), "\(reason)")
    }

    @Test("no cut of a file traps")
    func cuts() throws {
        let (xml, rows) = (try #require(book.refiQDA(origin: "test")).bytes, book.commaSeparated().bytes)
        for end in stride(from: 0, to: xml.count, by: 7) { _ = try? CodebookFile(refiQDA: Array(xml[..<end])) }
        for end in rows.indices {
            _ = try? CodebookFile(commaSeparated: Array(rows[..<end]), known: book, using: cryptography)
        }
    }

    // MARK: PLOVER

    @Test("PLOVER has its sixteen event types, the same for everybody")
    func plover() throws {
        let file = try CodebookFile.plover(using: cryptography)
        #expect(file.codes.count == 17)
        #expect(Set(file.codes.map(\.id)).count == 17)
        #expect(file.codes.dropFirst().allSatisfy { $0.parent == file.codes[0].id && $0.definition != nil })
        let names = file.codes.dropFirst().map(\.name)
        #expect(names.contains("AGREE") && names.contains("ACCUSE") && Set(names).count == 16)
        #expect(try CodebookFile.plover(using: cryptography).codes == file.codes)
    }
}
