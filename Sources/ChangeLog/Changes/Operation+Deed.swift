public import AnnotationModel

extension Operation {
    /// What the operation does, as far as access is concerned.
    ///
    /// - Parameter author: Who made it.
    public func deed(by author: MemberID) -> Deed {
        switch action {
        case .create: .create
        case .delete: .delete
        case .write(Field.Member.role, .text(Role.formerName), _)
        where kind == .member && record.high == author.high && record.low == author.low:
            .leave
        case .write(let field, _, _), .add(let field, _), .remove(let field, _): .edit(field)
        case .restore, .unknown: .edit(nil)
        }
    }
}
