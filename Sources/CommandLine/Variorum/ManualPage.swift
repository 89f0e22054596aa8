extension VariorumCommand {
    /// The text of docs/cli.md, so that it cannot say anything else than the program.
    ///
    /// `variorum help --markdown` writes it; a test compares.
    static func manual() -> String {
        var parts = [
            """
            # The command line: `variorum`

            <!-- Written by `variorum help --markdown`; a test compares. Change the specifications, not this page. -->

            \(specification.discussion)

            Options of every command:

            \(optionTable(specification.options))

            The variables `NO_COLOR`, `CLICOLOR_FORCE`, `PAGER`, `LESS`, `COLUMNS` and `TZ` mean what they mean elsewhere. Times are shown in the
            local time zone, in JSON in UTC. Whatever comes from documents, notes and names is made harmless before it reaches the
            terminal. Control-C at any moment leaves the store as it was before the command, or after it.

            ## Exit codes

            | code | meaning |
            | ---: | --- |
            \(ExitCode.meanings.map { "| \($0.code.rawValue) | \($0.meaning) |" }.joined(separator: "\n"))

            ## JSON

            With `--json` a command writes one JSON value to standard output, and errors as `{"error": {"exit_code", "message"}}` on one
            line to standard error. Every member that is named here is always there, null where there is nothing; more may be added.
            Ids are 32 hexadecimal digits, moments are UTC (`2015-03-18T10:00:00.000Z`), offsets count Unicode code points and
            exclude the end. Records have these members:

            \(recordForms.map { "- \($0)" }.joined(separator: "\n"))

            ## Commands
            """
        ]
        for command in Command.all { parts += sections(command, path: ["variorum"]) }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static let recordForms = [
        "all: `kind`, `id`, `layer`, `layer_id`, `author`, `author_name`, `created`, `modified`",
        "document: `title`, `publisher`, `published_on`, `language`, `uris`, `tags`, `versions` (SHA-256), `annotation_count`",
        "document_version: `document`, `sha256`, `bytes`, `is_complete`",
        "capture (of a version, in exports alone): `version`, `source`, `importer`, `raw_sha256`",
        "annotation: `document`, `version`, `start`, `end`, `is_corrected`, `recorded_start`, `recorded_end`, `exact`, `prefix`, `suffix`, `note`, `codes` (`{id, name, effective}`: the code itself, and name and id of the one that stands for it after merges), `tags`, `confidence`, `colour`, `has_conflict`, `codebook_revision` (SHA-256 of the codebook that the codes were applied under)",
        "comment: `target`, `reply_to`, `body`, `is_resolved`",
        "code: `name`, `path`, `parent`, `definition`, `colour`, `status`, `merged_into`, `use_count`, `include`, `exclude`, `shortcut`, `is_codable`, `split_from`, `stands_for`, `effective` (the code that stands for it now)",
        "entity: `name`, `type`, `aliases`, `external_ids`, `parent`, `merged_into`, `stands_for`, `effective` (the entity that stands for it now), `attributes` (`{key, value}`), `joined` (null where it stands for no other; else `{entities, aliases, external_ids, attributes}` with those of all that it stands for: `attributes` as `{key, value, from, others: [{value, from}]}`, its own value first)",
        "round: `title`, `state`, `is_blind`, `reveal_rule`, `reveal_on`, `codebook_revision`, `codings_per_document`, `seed`, `instructions`, `stage` (`hidden`, `revealed` or `published`: what the server shows), `documents` (how many), `coders` (`{member, name, assignments}`); `stage` and what follows not in exports",
        "assignment: `round`, `document`, `version`, `coder`, `coder_name`",
        "submission: `round`, `assignment`, `state` (`submitted` or `reopened`), `seal`, `codings` (how many)",
        "decision: `round`, `document`, `version`, `start`, `end`, `inputs` (the codings that were judged), `input_hash`, `outcome`, `result`, `rationale`, `supersedes`, `strategy`",
        "agreement_run: `round`, `measure`, `parameters`, `seed`, `input_hash`, `value`, `interval`, `units`, `incomplete`",
        "statement: `annotation`, `speaker`, `organisation`, `concept`, `position`, `date`, `addressee`, `directness`, `instruments`, `type` (`{id, name}`), `values` (`{variable, name, value}`), `codebook_revision`; entities and the concept as `{id, name, effective}`",
        "statement_type: `name`, `definition`, `colour`, `status`, `variables` (variable)",
        "variable: `name`, `value_type`, `choices`, `is_required`, `definition`",
        "memo: `target`, `title`, `body`",
    ]

    private static func sections(_ command: Command, path: [String]) -> [String] {
        let specification = command.specification
        let path = path + [specification.name]
        var parts = [
            "\(String(repeating: "#", count: path.count + 1)) \(path.joined(separator: " "))",
            sentence(specification.summary),
        ]
        if !specification.discussion.isEmpty { parts.append(specification.discussion) }
        if command.subcommands.isEmpty {
            parts.append("    " + synopsis(specification, path))
            var rows = specification.positionals.map { ("`<\($0.name)>`" + ($0.isRepeatable ? "…" : ""), $0.summary) }
            rows += specification.options.map(row)
            if !rows.isEmpty { parts.append(table(rows)) }
            for example in specification.examples {
                parts.append("\(sentence(example.purpose))\n\n    \(example.commandLine)")
            }
            parts.append("JSON: \(command.json).")
        }
        return parts + command.subcommands.flatMap { sections($0, path: path) }
    }

    private static func synopsis(_ specification: CommandSpecification, _ path: [String]) -> String {
        var words = path
        words += specification.options.filter(\.isRequired).map { "--\($0.name) <\($0.valueName ?? "value")>" }
        if specification.options.contains(where: { !$0.isRequired }) { words.append("[options]") }
        words += specification.positionals.map { positional in
            let word = "<\(positional.name)>" + (positional.isRepeatable ? "…" : "")
            return positional.isOptional ? "[\(word)]" : word
        }
        return words.joined(separator: " ")
    }

    private static func optionTable(_ options: [OptionSpecification]) -> String { table(options.map(row)) }

    private static func row(_ option: OptionSpecification) -> (String, String) {
        var term = "`--\(option.name)" + (option.valueName.map { " <\($0)>" } ?? "") + "`"
        if let letter = option.letter { term = "`-\(letter)`, " + term }
        var notes: [String] = []
        if !option.choices.isEmpty { notes.append("one of " + option.choices.joined(separator: ", ")) }
        if let value = option.defaultValue { notes.append("default: \(value)") }
        if let variable = option.environmentVariable { notes.append("or set `\(variable)`") }
        if option.isRequired { notes.append("required") }
        if option.isRepeatable { notes.append("may be repeated") }
        return (term, option.summary + (notes.isEmpty ? "" : " (" + notes.joined(separator: "; ") + ")"))
    }

    private static func table(_ rows: [(String, String)]) -> String {
        (["| | |", "| --- | --- |"] + rows.map { "| \($0.0) | \($0.1.replacing("|", with: "\\|")) |" }).joined(
            separator: "\n")
    }

    private static func sentence(_ phrase: String) -> String {
        let text = phrase.prefix(1).uppercased() + phrase.dropFirst()
        return text.hasSuffix("?") || text.hasSuffix(".") ? text : text + "."
    }
}
