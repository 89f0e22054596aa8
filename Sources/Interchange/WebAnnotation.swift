import AnnotationModel
import ChangeLog
import LocalStore

/// What W3C Web Annotation exports are made of, the workspace's and a round's alike, so that both name one document
/// version and one passage in the same way.
enum WebAnnotation {
    /// The members that a file begins with: terms of our own have the prefix `variorum:`.
    static let context: JSON = [
        "@context": ["http://www.w3.org/ns/anno.jsonld", ["variorum": "urn:x-variorum:"]]
    ]

    /// An AnnotationCollection with its one page, without the context.
    static func collection(_ id: String, label: String, _ items: [JSON]) -> JSON {
        var collection: JSON = [
            "id": .text(id), "type": "AnnotationCollection", "label": .text(label),
            "generator": ["id": "urn:x-variorum:software", "type": "Software", "name": "Variorum"],
            "total": .number(items.count),
        ]
        if !items.isEmpty {
            collection = collection.adding([
                "first": [
                    "id": .text(id + (id.contains("#") ? "-page1" : "#page1")), "type": "AnnotationPage",
                    "partOf": .text(id), "startIndex": 0, "items": .array(items),
                ]
            ])
        }
        return collection
    }

    static func body(_ text: String, purpose: String) -> JSON {
        ["type": "TextualBody", "purpose": .text(purpose), "format": "text/plain", "value": .text(text)]
    }

    static func selectors(_ position: TextPositionSelector, _ quote: TextQuoteSelector) -> [JSON] {
        [
            self.position(position),
            [
                "type": "TextQuoteSelector", "exact": .text(quote.exact), "prefix": .text(quote.prefix),
                "suffix": .text(quote.suffix),
            ],
        ]
    }

    static func position(_ position: TextPositionSelector) -> JSON {
        ["type": "TextPositionSelector", "start": .number(position.start), "end": .number(position.end)]
    }

    /// One motivation stands alone, several in a list, none is highlighting.
    static func motivation(_ motivations: [JSON]) -> JSON {
        motivations.count > 1 ? .array(motivations) : motivations.first ?? "highlighting"
    }
}

extension WebAnnotation {
    /// What a target says of its document and version; all of it may be unknown.
    struct Source: Sendable, Hashable {
        var address: String?
        var title: String?
        var language: String?
        /// When the version was taken in, in milliseconds since 1970.
        var takenIn: Int64?
        var sha256: [UInt8]?

        init() {}

        init(_ document: DocumentItem?, _ version: VersionItem?) {
            address = document?.uris.first(where: Self.isAbsolute)
            title = document?.title
            language = document?.language
            takenIn = version?.info.createdAt
            sha256 = version?.sha256
        }

        /// A SpecificResource: the document, as it was in the version, and a place in it.
        func target(_ document: RecordID, selectors: [JSON]) -> JSON {
            let source = JSON.object([
                JSON.Member("id", .text(address ?? urn(document))),
                JSON.Member("type", "Text"), JSON.Member("format", "text/plain"),
                JSON.Member("language", .optional(language)),
                JSON.Member("variorum:document", .text(urn(document))),
                JSON.Member("variorum:title", .optional(title)),
                JSON.Member("variorum:text", takenIn == nil ? textName : .null),
            ]).withoutNulls
            return JSON.object([
                JSON.Member("type", "SpecificResource"), JSON.Member("source", source),
                JSON.Member("state", state),
                JSON.Member("selector", selectors.isEmpty ? .null : .array(selectors)),
            ]).withoutNulls
        }

        /// The text by RFC 6920.
        private var textName: JSON { .optional(sha256.map { "ni:///sha-256;" + base64URL($0) }) }

        /// The model wants a date of a TimeState; where none is known, the document names the text.
        private var state: JSON {
            guard let takenIn, sha256 != nil else { return .null }
            return [
                "type": "TimeState", "sourceDate": .text(timestamp(ofMilliseconds: takenIn)), "cached": textName,
            ]
        }

        /// Whether a text may stand where the model wants an IRI: a scheme, and no white space or control characters.
        private static func isAbsolute(_ text: String) -> Bool {
            guard let colon = text.firstIndex(of: ":"), colon != text.startIndex, text[text.startIndex].isASCII,
                text[text.startIndex].isLetter
            else { return false }
            return text[..<colon].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
                && text.unicodeScalars.allSatisfy { $0.value > 0x20 && !"<>\"{}|\\^`".unicodeScalars.contains($0) }
        }
    }
}

/// An id as an IRI: its 16 bytes in the form of RFC 9562.
func urn<Tag>(_ id: Identifier<Tag>) -> String {
    let digits = Array("\(id)")
    let groups = [digits[0..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20..<32]]
    return "urn:uuid:" + groups.map { String($0) }.joined(separator: "-")
}
