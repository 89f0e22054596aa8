import CXML

/// Reading XML 1.0 that may come from anywhere, with libxml2.
///
/// Nothing is fetched from network or disk, entities are not expanded (but for the five that XML itself has), and a document
/// type declaration is refused.
public enum XMLDocument {
    /// What a document may be at most.
    public struct Limits: Sendable {
        public var bytesMax: Int
        /// How deep elements may stand within each other; libxml2 itself ends at 256.
        public var depthMax: Int
        public var elementsMax: Int

        public init(bytesMax: Int = 16 << 20, depthMax: Int = 200, elementsMax: Int = 200_000) {
            self.bytesMax = bytesMax
            self.depthMax = depthMax
            self.elementsMax = elementsMax
        }
    }

    /// Once a process, before threads use the library.
    private static let isReady: Bool = {
        xmlInitParser()
        return true
    }()

    /// Reads a document's root element with all that is in it.
    ///
    /// - Throws: `malformed`, `forbidden`, `tooLarge`, `unavailable`.
    /// - Complexity: O(n), n = bytes.
    public static func read(_ bytes: [UInt8], limits: Limits = Limits()) throws(XMLReadingError) -> XMLElement {
        guard bytes.count <= limits.bytesMax else {
            throw XMLReadingError(.tooLarge, "it has more than \(limits.bytesMax) bytes, which is the limit")
        }
        if bytes.isEmpty { throw XMLReadingError(.malformed, "it is empty") }
        precondition(isReady)
        let options =
            XML_PARSE_NONET.rawValue | XML_PARSE_NOERROR.rawValue | XML_PARSE_NOWARNING.rawValue
            | XML_PARSE_NOCDATA.rawValue
        xmlResetLastError()
        // The library reads from the buffer until the reader is freed.
        let result: Result<XMLElement, XMLReadingError> = bytes.withUnsafeBytes { buffer in
            let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            guard let start, let count = Int32(exactly: buffer.count) else {
                return .failure(XMLReadingError(.tooLarge, "it is more than libxml2 reads"))
            }
            guard let pointer = xmlReaderForMemory(start, count, nil, nil, Int32(bitPattern: options)) else {
                return .failure(XMLReadingError(.unavailable, "there is no memory to read it"))
            }
            defer { xmlFreeTextReader(pointer) }
            var walk = Walk(pointer, limits)
            do throws(XMLReadingError) { return .success(try walk.root()) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

/// One pass over a document.
private struct Walk {
    private let reader: xmlTextReaderPtr
    private let limits: XMLDocument.Limits
    private var open: [XMLElement] = []
    private var elementCount = 0

    init(_ reader: xmlTextReaderPtr, _ limits: XMLDocument.Limits) {
        self.reader = reader
        self.limits = limits
    }

    mutating func root() throws(XMLReadingError) -> XMLElement {
        var root: XMLElement?
        while true {
            let result = xmlTextReaderRead(reader)
            if result == 0 { break }
            guard result == 1 else { throw malformed }
            if let finished = try node() { root = finished }
        }
        guard let root else { throw malformed }
        return root
    }

    /// Takes one node in; gives the root element when it ends.
    private mutating func node() throws(XMLReadingError) -> XMLElement? {
        switch xmlReaderTypes(rawValue: UInt32(bitPattern: xmlTextReaderNodeType(reader))) {
        case XML_READER_TYPE_ELEMENT:
            elementCount += 1
            guard elementCount <= limits.elementsMax else { throw tooLarge("\(limits.elementsMax) elements") }
            guard open.count < limits.depthMax else { throw tooLarge("\(limits.depthMax) elements within each other") }
            let isEmpty = xmlTextReaderIsEmptyElement(reader) == 1
            open.append(element())
            return isEmpty ? close() : nil
        case XML_READER_TYPE_END_ELEMENT: return close()
        case XML_READER_TYPE_TEXT, XML_READER_TYPE_CDATA, XML_READER_TYPE_SIGNIFICANT_WHITESPACE,
            XML_READER_TYPE_WHITESPACE:
            if !open.isEmpty { open[open.count - 1].text += string(xmlTextReaderConstValue(reader)) }
            return nil
        case XML_READER_TYPE_DOCUMENT_TYPE:
            throw XMLReadingError(.forbidden, line: line, "it has a document type declaration, which is not taken")
        case XML_READER_TYPE_ENTITY_REFERENCE:
            throw XMLReadingError(.forbidden, line: line, "it has an entity of its own, which is not taken")
        default: return nil
        }
    }

    private mutating func close() -> XMLElement? {
        guard let finished = open.popLast() else { return nil }
        if open.isEmpty { return finished }
        open[open.count - 1].children.append(finished)
        return nil
    }

    private func element() -> XMLElement {
        let (name, namespace, line) = (
            string(xmlTextReaderConstLocalName(reader)), string(xmlTextReaderConstNamespaceUri(reader)), self.line
        )
        var attributes: [String: String] = [:]
        while xmlTextReaderMoveToNextAttribute(reader) == 1 {
            if xmlTextReaderIsNamespaceDecl(reader) == 1 { continue }
            attributes[string(xmlTextReaderConstLocalName(reader))] = string(xmlTextReaderConstValue(reader))
        }
        xmlTextReaderMoveToElement(reader)
        return XMLElement(name: name, namespace: namespace, attributes: attributes, line: line)
    }

    private func string(_ pointer: UnsafePointer<xmlChar>?) -> String { pointer.map { String(cString: $0) } ?? "" }

    private var line: Int { Int(xmlTextReaderGetParserLineNumber(reader)) }

    private func tooLarge(_ what: String) -> XMLReadingError {
        XMLReadingError(.tooLarge, line: line, "it has more than \(what), which is the limit")
    }

    private var malformed: XMLReadingError {
        guard let error = xmlGetLastError() else { return XMLReadingError(.malformed, "it is no well-formed XML") }
        let message = error.pointee.message.map { String(cString: $0) } ?? ""
        let sentence = message.split(whereSeparator: \.isNewline).first.map(String.init) ?? "it is no well-formed XML"
        return XMLReadingError(.malformed, line: Int(error.pointee.line), sentence)
    }
}
