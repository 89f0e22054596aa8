public import AnnotationModel
public import ChangeLog

/// The codings of a cluster as bytes that are the same for everybody who sees the same codings. A decision keeps their
/// hash, so that it can be seen later whether what was judged has changed since.
///
/// docs/adjudication.md describes the bytes. Notes are not among them: they explain a coding and change nothing in it.
public struct ClusterInput: Sendable, Hashable {
    /// The codings' ids, ascending.
    public let ids: [RecordID]
    public let canonicalBytes: [UInt8]

    public init(_ codings: some Collection<RoundCoding>) {
        let sorted = codings.sorted { $0.id < $1.id }
        ids = sorted.map(\.id)
        var bytes = Array("variorum cluster 1\n".utf8)
        bytes.append(word: sorted.count)
        for coding in sorted {
            bytes += coding.id.bytes
            bytes += coding.coder.bytes
            bytes += coding.document.bytes
            bytes += coding.version.bytes
            bytes.append(word: coding.range.lowerBound)
            bytes.append(word: coding.range.upperBound)
            bytes.append(word: coding.codes.count)
            for code in coding.codes { bytes += code.bytes }
            bytes.append(word: coding.statements.count)
            for statement in coding.statements {
                bytes += statement.id.bytes
                bytes += statement.contentBytes
            }
        }
        canonicalBytes = bytes
    }

    /// SHA-256 of the canonical bytes.
    public func hash(_ cryptography: any CryptographyProvider) -> Digest { cryptography.sha256(canonicalBytes) }
}

extension CodedStatement {
    /// What the statement says, without its id.
    var contentBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(type == nil ? 0 : 1)
        if let type { bytes += type.bytes }
        bytes.append(word: values.count)
        for entry in values {
            bytes += entry.variable.canonicalBytes
            bytes.append(word: entry.values.count)
            for value in entry.values { bytes += value.canonicalBytes }
        }
        return bytes
    }
}

extension StatementVariable {
    var canonicalBytes: [UInt8] {
        switch self {
        case .builtIn(let variable): [1, variable.place]
        case .defined(let id): [2] + id.bytes
        }
    }
}

extension CodedValue {
    var canonicalBytes: [UInt8] {
        var bytes: [UInt8] = []
        switch self {
        case .boolean(let value): bytes = [1, value ? 1 : 0]
        case .integer(let value):
            bytes = [2]
            bytes.append(word: UInt64(bitPattern: value))
        case .text(let text):
            bytes = [3]
            bytes.append(text: text)
        case .date(let text):
            bytes = [4]
            bytes.append(text: text)
        case .record(let id): bytes = [5] + id.bytes
        }
        return bytes
    }
}
