public import AnnotationModel

/// How a code of the shared codebook differs from what it was in an older state.
public struct CodeDifference: Hashable, Sendable {
    public let code: RecordID
    public let nature: Nature
    /// The fields that have another value, ascending; none of colour and shortcut.
    public let fields: [Field]
    /// The codes that have taken a part of it since, ascending.
    public let parts: [RecordID]
    /// The code that stands for it now, where another one did.
    public let countsAs: RecordID?

    public enum Nature: Hashable, Sendable {
        /// It was made since.
        case added
        /// It was deleted since.
        case removed
        case changed
    }
}

extension Codebook {
    /// How some codes differ from what they were in an older state; those that do not are left out. Codes of other layers than the
    /// shared one are no part of a codebook's history and are left out, too.
    ///
    /// The codes that stood for them then are looked at as well: who applies a code that was merged means the other one.
    ///
    /// - Returns: Ascending by code.
    /// - Complexity: O(k × n), k = codes asked for, n = codes of both states.
    public func differences(in codes: some Sequence<RecordID>, since older: Codebook) -> [CodeDifference] {
        var asked: Set<RecordID> = []
        for id in codes { asked.formUnion([id, older.effective(id)]) }
        return asked.sorted().compactMap { difference(in: $0, since: older) }
    }

    private func difference(in id: RecordID, since older: Codebook) -> CodeDifference? {
        let (before, now) = (older.sharedCode(id), sharedCode(id))
        if before == nil && now == nil { return nil }
        let known = Set(older.parts(of: id))
        let parts = self.parts(of: id).filter { !known.contains($0) && sharedCode($0) != nil }
        let end = effective(id)
        let countsAs = end == older.effective(id) ? nil : end
        let fields = before.flatMap { before in now.map { $0.fields(differingFrom: before) } } ?? []
        let nature: CodeDifference.Nature = before == nil ? .added : now == nil ? .removed : .changed
        if nature == .changed && fields.isEmpty && parts.isEmpty && countsAs == nil { return nil }
        return CodeDifference(code: id, nature: nature, fields: fields, parts: parts, countsAs: countsAs)
    }

    private func sharedCode(_ id: RecordID) -> CodeRecord? { code(id).flatMap { $0.isShared ? $0 : nil } }
}

extension CodeRecord {
    fileprivate func fields(differingFrom other: CodeRecord) -> [Field] {
        var fields: [Field] = []
        func compare<Value: Equatable>(_ field: Field, _ path: KeyPath<CodeRecord, Value>) {
            if self[keyPath: path] != other[keyPath: path] { fields.append(field) }
        }
        compare(Field.Code.name, \.name)
        compare(Field.Code.parent, \.parent)
        compare(Field.Code.definition, \.definition)
        compare(Field.Code.include, \.include)
        compare(Field.Code.exclude, \.exclude)
        compare(Field.Code.isCodable, \.isCodable)
        compare(Field.Code.status, \.isRetired)
        compare(Field.Code.mergedInto, \.mergedInto)
        compare(Field.Code.splitFrom, \.splitFrom)
        compare(Field.Code.standsFor, \.standsFor)
        return fields.sorted()
    }
}
