import HTTPServing
import Interchange

/// `variorumd config`: what is in force and where it comes from.
struct ConfigCommand {
    let folder: String
    let values: ArgumentValues
    let output: FileOutput

    static let specification: CommandSpecification = {
        var specification = CommandSpecification(
            "config", summary: "show the settings in force and where each comes from",
            discussion: """
                Takes what 'serve' takes. With --check it says whether a server would start with it: also whether settings go \
                together and the certificate fits its key.
                """,
            options: Configuration.options + [
                .flag("json", nil, "print a JSON line for each setting"),
                .flag("check", nil, "print what is wrong, or that nothing is"),
                .flag("markdown", nil, "print the table of settings for docs/operate.md"),
                .flag("manual", nil, "print the manual page variorumd.conf(5)"),
            ],
            examples: [
                CommandExample("variorumd config -d data", "what a server on this folder would go by"),
                CommandExample("variorumd config -d data --check -c new.conf", "whether a new file is good"),
            ])
        specification.appendices = [ConfigurationPage.appendix]
        return specification
    }()

    func run() throws {
        if values.flag("markdown") { return try output.write(ConfigurationPage.markdown) }
        if values.flag("manual") { return try output.write(ConfigurationPage.manual) }
        let configuration = try Configuration.load(values, folder: folder)
        if values.flag("check") {
            let plan = try ServingPlan(configuration, folder: folder, activated: nil)
            try plan.tls?.check()
            return try output.writeLine("The configuration is in order.")
        }
        for setting in Setting.all where values.flag("json") {
            let value = configuration.value(setting)
            let line: JSON = [
                "key": .text(setting.key), "value": .optional(value?.text),
                "source": .text(value?.source.description ?? Configuration.Source.standard.description),
            ]
            try output.write(line.compact + [UInt8(ascii: "\n")])
        }
        if values.flag("json") { return }
        let rows = Setting.all.map { setting in
            let value = configuration.value(setting)
            return [setting.key, value?.text ?? "-", (value?.source ?? .standard).description]
        }
        let table = TextTable(
            [TextTable.Column("key"), TextTable.Column("value"), TextTable.Column("source")], rows: rows)
        try output.write(table.text(width: nil))
    }
}
