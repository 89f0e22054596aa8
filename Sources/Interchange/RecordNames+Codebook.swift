import AnnotationModel
public import ChangeLog
public import LocalStore
public import TeamCoding

extension CodeRecord {
    /// - Parameter isShared: Whether the code's layer is the shared one.
    public init(_ item: CodeItem, isShared: Bool) {
        self.init(
            id: item.info.id, name: item.name, parent: item.parent, definition: item.definition, include: item.include,
            exclude: item.exclude, colour: item.colour, shortcut: item.shortcut, isCodable: item.isCodable,
            isRetired: item.isRetired, mergedInto: item.mergedInto, splitFrom: item.splitFrom,
            standsFor: item.standsFor, isShared: isShared)
    }
}

extension RecordNames {
    /// The state of the shared codebook, as codings made now are stamped with it.
    public func codebookRevision(using cryptography: some CryptographyProvider) -> Digest {
        codebook.revision(using: cryptography)
    }

    /// The annotations and statements that carry codes, in the order in which they are given, annotations first.
    public func codings(_ annotations: [AnnotationItem], _ statements: [StatementItem]) -> [Coding] {
        annotations.map {
            Coding(id: $0.info.id, codes: $0.codes, revision: $0.codebookRevision.flatMap { Digest(bytes: $0) })
        }
            + statements.map {
                Coding(
                    id: $0.info.id, codes: $0.concept.map { [$0] } ?? [],
                    revision: $0.codebookRevision.flatMap { Digest(bytes: $0) })
            }
    }
}
