/// What an offset into a text counts.
///
/// The store and the wire count code points. The others are for the borders: UTF-16 for Hypothesis, DNA,
/// QDPX and every JavaScript or Cocoa front end, bytes for SQLite and other C libraries, graphemes for
/// what a person sees. Grapheme borders change with the Unicode version of the program: never store them.
public enum OffsetUnit: Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// Bytes of UTF-8.
    case utf8
    /// Unicode code points. A text of valid UTF-8 holds scalar values only, so the two are the same here.
    case codePoint
    /// Code units of UTF-16.
    case utf16
    /// Extended grapheme clusters (Unicode Standard Annex 29), which Swift calls characters.
    case grapheme

    public var description: String {
        switch self {
        case .utf8: "UTF-8"
        case .codePoint: "code point"
        case .utf16: "UTF-16"
        case .grapheme: "grapheme"
        }
    }
}
