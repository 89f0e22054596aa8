import Testing
import XMLReading

@Suite struct XMLDocumentTests {
    private func read(_ text: String, _ limits: XMLDocument.Limits = .init()) throws -> XMLElement {
        try XMLDocument.read(Array(text.utf8), limits: limits)
    }

    private func code(_ text: String, _ limits: XMLDocument.Limits = .init()) -> XMLReadingError.Code? {
        do {
            _ = try read(text, limits)
            return nil
        } catch { return (error as? XMLReadingError)?.code }
    }

    @Test func elementsAttributesAndTextAreRead() throws {
        let root = try read(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- a remark --><x:a xmlns:x="urn:x" x:k="1&#10;2" l="&lt;é&gt;">one<b/><![CDATA[<two>]]><b>  </b> &amp; three</x:a>
            """)
        #expect(root.name == "a" && root.namespace == "urn:x")
        #expect(root.attributes == ["k": "1\n2", "l": "<é>"])
        #expect(root.text == "one<two> & three")
        #expect(root.children.map(\.name) == ["b", "b"])
        #expect(root.children(named: "b").last?.text == "  ")
        #expect(root.line == 2)
    }

    @Test func otherEncodingsAreRead() throws {
        let latin = Array(#"<?xml version="1.0" encoding="ISO-8859-1"?><a>"#.utf8) + [0xE9] + Array("</a>".utf8)
        #expect(try XMLDocument.read(latin).text == "é")
    }

    @Test(arguments: ["", " ", "no XML", "<a>", "<a></b>", "<a/><b/>", "<a k=1/>", "<a>&unknown;</a>", "<a>\u{1}</a>"])
    func whatIsNoXMLIsRefused(text: String) { #expect(code(text) == .malformed) }

    @Test func brokenBytesAreRefused() {
        #expect(throws: XMLReadingError.self) {
            try XMLDocument.read([0x3C, 0x61, 0x3E, 0xFF, 0x3C, 0x2F, 0x61, 0x3E])
        }
    }

    @Test func theLineOfAMistakeIsSaid() {
        #expect { try read("<a>\n\n<b>\n</a>") } throws: { error in (error as? XMLReadingError)?.line == 4 }
    }

    @Test func documentTypesAndEntitiesAreRefused() {
        #expect(code("<!DOCTYPE a><a/>") == .forbidden)
        #expect(code(#"<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>"#) == .forbidden)
        #expect(code(#"<!DOCTYPE a SYSTEM "http://localhost:1/a.dtd"><a/>"#) == .forbidden)
        let laughs = (1...12).map { "<!ENTITY e\($0) \"\(String(repeating: "&e\($0 - 1);", count: 10))\">" }
        let bomb = "<!DOCTYPE a [<!ENTITY e0 \"ha\">\(laughs.joined())]><a k=\"&e12;\">&e12;</a>"
        #expect(code(bomb) != nil)
    }

    @Test func limitsHold() {
        #expect(code("<a><b><c/></b></a>", .init(depthMax: 3)) == nil)
        #expect(code("<a><b><c/></b></a>", .init(depthMax: 2)) == .tooLarge)
        #expect(code("<a><b/><b/></a>", .init(elementsMax: 3)) == nil)
        #expect(code("<a><b/><b/></a>", .init(elementsMax: 2)) == .tooLarge)
        #expect(code("<a></a>", .init(bytesMax: 7)) == nil)
        #expect(code("<a></a>", .init(bytesMax: 6)) == .tooLarge)
        let deep = String(repeating: "<a>", count: 100_000)
        // libxml2 reads ahead, and may find it too deep by its own limit first.
        #expect([.tooLarge, .malformed].contains(code(deep)))
    }

    @Test func noCutOfADocumentTraps() {
        let whole = Array(#"<?xml version="1.0"?><a k="v"><b>text &amp; more</b><![CDATA[x]]></a>"#.utf8)
        for end in whole.indices {
            #expect(throws: XMLReadingError.self) { try XMLDocument.read(Array(whole[..<end])) }
        }
    }
}
