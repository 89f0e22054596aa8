public import AnnotationModel
public import ChangeLog

/// What carries codes, and the state of the codebook that they were applied under.
public struct Coding: Hashable, Sendable {
    /// An annotation or a statement.
    public let id: RecordID
    public let codes: [RecordID]
    /// `nil` where none was recorded.
    public let revision: Digest?

    public init(id: RecordID, codes: [RecordID], revision: Digest?) {
        self.id = id
        self.codes = codes
        self.revision = revision
    }
}

/// A coding that was made under another state of the codebook than the one that counts now.
public struct StaleCoding: Hashable, Sendable {
    public let coding: Coding
    /// What has become of its codes since; `nil` where the state is not known that it was made under.
    public let differences: [CodeDifference]?
}

extension Codebook {
    /// The codings to look at again, in the order given.
    ///
    /// A coding whose codes are what they were is left out, although other codes have changed.
    ///
    /// - Parameters:
    ///   - codings: Those without codes are left out.
    ///   - revision: This codebook's own.
    ///   - older: The older states that are known.
    ///   - includesUnaffected: Whether those whose own codes have not changed are listed, too.
    public func worklist(
        of codings: some Sequence<Coding>, revision: Digest, older: [Digest: Codebook],
        includesUnaffected: Bool = false
    ) -> [StaleCoding] {
        codings.compactMap { coding in
            if coding.codes.isEmpty || coding.revision == revision { return nil }
            guard let before = coding.revision.flatMap({ older[$0] }) else {
                return StaleCoding(coding: coding, differences: nil)
            }
            let differences = differences(in: coding.codes, since: before)
            if differences.isEmpty && !includesUnaffected { return nil }
            return StaleCoding(coding: coding, differences: differences)
        }
    }
}
