/// The settings as people read them: rows of help, the example file, docs/operate.md and variorumd.conf(5).
enum ConfigurationPage {
    /// What the settings take, for a help page.
    static var appendix: HelpAppendix {
        HelpAppendix(
            "Settings, in the configuration file and with --set",
            Setting.all.map { ($0.key, "\($0.summary): \($0.form)\(standard($0, "; default: "))") })
    }

    private static func standard(_ setting: Setting, _ words: String) -> String {
        setting.standard.map { words + $0 } ?? ""
    }

    /// A file that sets nothing and shows everything.
    static var example: String {
        var lines = [
            "# The configuration of variorumd. Every line here is a comment: it shows a setting with its default.",
            "# Options of 'variorumd serve' and variables such as \(Setting.listen.environmentVariable) go before this file.",
            "# 'variorumd config' shows what is in force, 'variorumd config --check' says what is wrong.",
        ]
        var section = ""
        for setting in Setting.all {
            lines.append("")
            if setting.section != section {
                section = setting.section
                lines += ["[\(section)]", ""]
            }
            lines.append("# \(setting.summary.prefix(1).uppercased() + setting.summary.dropFirst()).")
            lines.append("# It takes \(setting.form).")
            lines.append("#\(setting.name) = \(setting.standard ?? "")")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The table of docs/operate.md.
    static var markdown: String {
        let rows = Setting.all.map { setting in
            let option = setting.option.map { setting.isFlag ? "`--\($0)`" : "`--\($0) …`" } ?? ""
            let range =
                switch setting.kind {
                case .address: "address and port"
                case .file: "file"
                case .number(let range, let unit): "\(range.lowerBound) to \(range.upperBound) \(unit)"
                case .networks: "addresses and networks"
                case .choice(let choices): choices.joined(separator: ", ")
                }
            return
                "| `\(setting.key)` | \(range) | \(setting.standard.map { "`\($0)`" } ?? "") | \(option) | \(setting.summary) |"
        }
        return (["| key | takes | default | option | meaning |", "| --- | --- | --- | --- | --- |"] + rows)
            .joined(separator: "\n") + "\n"
    }

    /// variorumd.conf(5), as roff with the man macros.
    static var manual: String {
        var lines = [
            ".TH VARIORUMD.CONF 5 \"\" \"Variorum \(VariorumCommand.version)\" \"File formats\"",
            ".SH NAME", "variorumd.conf \\- configuration of the Variorum sync server",
            ".SH DESCRIPTION",
            """
            Lines of the form \\fIkey = value\\fR. A line that begins with # is a comment, and so is what follows a blank and #. \
            A section such as [limits] holds for the keys below it: [limits] and connections = 5 is limits.connections = 5. \
            A value in double quotes may hold anything, with \\(rs" and \\(rs\\(rs for the two. A file's path is relative to the \
            configuration file.
            """,
            ".PP",
            """
            Options of variorumd serve go before environment variables, those before the file, that before defaults. The \
            variable of a key is its name in capitals after VARIORUM_, with _ for \\- and . in it.
            """,
            ".SH SETTINGS",
        ]
        for setting in Setting.all {
            lines += [".TP", ".B \(Roff.text(setting.key))"]
            lines.append(Roff.text("\(setting.summary): \(setting.form)\(standard(setting, "; default: "))."))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
