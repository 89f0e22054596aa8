/// Why a file could not be read as a codebook.
public struct CodebookFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Counted from 1; 0 where no line is to blame.
    public let line: Int
    let reason: String

    init(line: Int = 0, _ reason: String) {
        self.line = line
        self.reason = reason
    }

    public var description: String { line > 0 ? "line \(line): \(reason)" : reason }
}
