public import AnnotationModel
public import ChangeLog

/// Every case of role x kind x field x deed x maker x layer, and what is to become of it: from the model's table and the
/// rules'. Who runs it makes the records first, then has the asker write each case.
public struct AccessMatrix: Sendable {
    public enum Person: String, Sendable, CaseIterable { case asker, other }

    public enum Place: String, Sendable, CaseIterable {
        case shared, ownPersonal = "own personal", ownPrivate = "own private", othersPersonal = "another's personal"
        /// Not readable to the asker, who must not learn that it is there.
        case othersPrivate = "another's private"
    }

    public struct Case: Sendable, CustomStringConvertible {
        public let role: Role
        public let place: Place
        /// Who made the record; `nil` where it is not there.
        public let maker: Person?
        public let operation: ChangeLog.Operation
        public let isAllowed: Bool

        public var description: String {
            let kind = Model.definition(of: operation.kind)?.name ?? "\(operation.kind.rawValue)"
            return "\(role.name) does \(operation.action) to a \(kind) of \(maker?.rawValue ?? "nobody") in the "
                + "\(place.rawValue) layer"
        }
    }

    public let cases: [Case]

    public init(role: Role, asker: MemberID, other: MemberID) {
        var cases: [Case] = []
        var next: UInt64 = 1
        func record(_ kind: Kind, of maker: MemberID?) -> RecordID {
            // A member's record is that member's; all deeds are tried on one.
            if kind == .member, let maker { return RecordID(high: maker.high, low: maker.low) }
            next += 1
            return RecordID(high: 0x70, low: next)
        }
        for kind in Model.kinds.map(\.kind) + [Self.unknownKind] {
            for action in Self.actions(on: kind) {
                for maker in [Person.asker, .other, nil] {
                    let member = maker.map { $0 == .asker ? asker : other }
                    let operation = ChangeLog.Operation(record: record(kind, of: member), kind: kind, action: action)
                    let isAllowed = AccessRules.allows(
                        operation.deed(by: asker), to: kind, record: operation.record, maker: member, by: asker,
                        as: role, in: .shared, owner: nil)
                    cases.append(
                        Case(role: role, place: .shared, maker: maker, operation: operation, isAllowed: isAllowed))
                }
                for place in Place.allCases where place != .shared {
                    let operation = ChangeLog.Operation(record: record(kind, of: nil), kind: kind, action: action)
                    let isAllowed = place == .ownPrivate || place == .ownPersonal && role >= .analyst
                    cases.append(
                        Case(role: role, place: place, maker: nil, operation: operation, isAllowed: isAllowed))
                }
            }
        }
        self.cases = cases
    }

    public func cases(in place: Place) -> [Case] { cases.filter { $0.place == place } }

    /// The creations that have to be in the shared layer first, each by its maker as an owner.
    public func creations(by maker: Person) -> [ChangeLog.Operation] {
        cases.filter { $0.maker == maker }.map {
            ChangeLog.Operation(
                record: $0.operation.record, kind: $0.operation.kind, action: Self.creation(of: $0.operation.kind))
        }
    }

    /// Without fields where nobody asks for them.
    private static func creation(of kind: Kind) -> OperationAction {
        guard kind == .round else { return .create([]) }
        return .create([
            FieldValue(Field.Round.isBlind, .boolean(true)),
            FieldValue(Field.Round.revealRule, .text(RevealRule.hand.rawValue)),
        ])
    }

    private static let unknownKind = Kind(rawValue: 999)

    /// Every operation that a kind's fields allow, and one of a newer version.
    private static func actions(on kind: Kind) -> [OperationAction] {
        var actions: [OperationAction] = [
            creation(of: kind), .delete(covers: []), .restore, .unknown([0x81, 0x18, 0x63]),
        ]
        for field in Model.definition(of: kind)?.fields ?? [] {
            switch field.rule {
            case .writeOnce: break
            case .register, .contested:
                // What roles and states there are is held to elsewhere.
                let isRole = kind == .member && field.field == Field.Member.role
                let isState = kind == .round && field.field == Field.Round.state
                guard !isRole && !isState else { break }
                actions.append(.write(field.field, .text("x"), isContested: field.rule == .contested))
            case .addWinsSet:
                actions += [.add(field.field, .text("x")), .remove(field.field, .text("x"))]
            }
        }
        return actions
    }
}
