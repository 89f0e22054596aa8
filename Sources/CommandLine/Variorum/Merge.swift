import AnnotationModel
import Interchange
import LocalStore

/// Letting one code or entity stand for another: a redirect, so that nothing is rewritten and all can be undone.
enum Merge {
    static func codes(_ context: CommandContext, _ from: String, into: String) throws -> ExitCode {
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let (source, target) = (try names.code(named: from), try names.code(named: into))
        try perform(source.info, source.name, target.info, target.name, Field.Code.mergedInto, store, names, context)
        return .success
    }

    static func entities(_ context: CommandContext, _ from: String, into: String) throws -> ExitCode {
        let store = try context.openStore()
        let names = try store.read { try RecordNames(reading: $0) }
        let (source, target) = (try names.entity(named: from), try names.entity(named: into))
        try perform(source.info, source.name, target.info, target.name, Field.Entity.mergedInto, store, names, context)
        return .success
    }

    /// Merges two records of one kind, codes or entities, named in any way.
    static func either(_ context: CommandContext, _ from: String, into: String) throws -> ExitCode {
        let store = try context.openStore()
        let kind = try store.read { reader in
            try reader.record(named: from, RecordNames(reading: reader), kinds: [.code, .entity]).kind
        }
        return kind == .code ? try codes(context, from, into: into) : try entities(context, from, into: into)
    }

    private static func perform(
        _ source: RecordInfo, _ sourceName: String, _ target: RecordInfo, _ targetName: String, _ field: Field,
        _ store: LocalStore, _ names: RecordNames, _ context: CommandContext
    ) throws {
        guard source.id != target.id else {
            throw CommandFailure(
                .dataError, "both names mean '\(sourceName)' (\(source.id.short)); use ids to tell them apart")
        }
        var edits = RecordEdits(source)
        edits.set(field, .identifier(target.id))
        edits.sentence = "merged  \(source.id.short) \(sourceName)  into  \(target.id.short) \(targetName)"
        try edits.perform(in: store, context)
    }
}
