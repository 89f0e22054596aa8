import AnnotationModel

extension ServerCommand {
    private static let data = OptionSpecification.value(
        "data", "d", "DIR", "the server's data folder", environmentVariable: "VARIORUM_DATA")
    private static let role = OptionSpecification.value(
        "role", "r", "ROLE", "what they may do", choices: Role.allCases.map(\.name), defaultValue: "analyst")
    private static let json = OptionSpecification.flag("json", nil, "print JSON instead of text")

    private static let serve: CommandSpecification = {
        var serve = CommandSpecification(
            "serve", summary: "run the server until SIGTERM or SIGINT",
            discussion: """
                Plain HTTP is served on loopback alone, for a reverse proxy in front; elsewhere the server needs a certificate: its \
                own, which 'init --tls-self-signed' makes, or files. SIGHUP reads the certificate again.

                Options go before environment variables, those before the configuration file, that before defaults. The variable of \
                a setting is its name in capitals, such as VARIORUM_LIMITS_CONNECTIONS.
                """,
            options: Configuration.options,
            examples: [
                CommandExample("variorumd serve --data /srv/variorum", "serve on 127.0.0.1:8642"),
                CommandExample(
                    "variorumd serve -d data -l 0.0.0.0:8642 --tls-certificate cert.pem --tls-key key.pem",
                    "serve a network over TLS"),
            ])
        serve.appendices = [ConfigurationPage.appendix]
        return serve
    }()

    /// Everything that `variorumd` takes.
    public static let specification = CommandSpecification(
        "variorumd", summary: "The Variorum sync server and its administration",
        discussion: """
            The server keeps accounts, layers and feeds in one folder. Administration works beside a running server.

            Exit codes: 0 done, 1 failed, 64 usage, 65 a name is taken or unknown, or what was verified is damaged, 66 no data \
            folder, 69 the address cannot be used, 73 there is something already, 74 the disk cannot be read or written, 75 another server runs on the folder, 77 no \
            permission, 78 the configuration is wrong, or the data is a newer version's.
            """,
        options: [data],
        subcommands: [
            CommandSpecification(
                "init", summary: "make a data folder",
                options: [
                    .value(
                        "tls-self-signed", nil, "NAME[,NAME…]",
                        "make a key and a certificate for these host names or IP addresses, and print its pin"),
                    .value("workspace", "w", "TITLE", "make a first workspace …"),
                    .value("url", "u", "URL", "… and a link with which its owner joins at this address of the server"),
                    .value("days", nil, "N", "for how long the link is good", defaultValue: "7"),
                    json,
                ],
                examples: [
                    CommandExample("variorumd init --data /srv/variorum", "a folder for a new server"),
                    CommandExample(
                        "variorumd init -d data --tls-self-signed sync.example.org,192.0.2.7",
                        "a server with a certificate of its own"
                    ),
                    CommandExample(
                        "variorumd init -d data --tls-self-signed 192.0.2.7 -w Treaty -u https://192.0.2.7:8642",
                        "everything for a team: certificate, workspace, and the owner's link"),
                ]),
            serve, ConfigCommand.specification, BackupCommand.specification, RestoreCommand.specification,
            VerifyCommand.specification, StatisticsCommand.specification, DoctorCommand.specification,
            Administration.deviceSpecification,
            CommandSpecification(
                "invite", summary: "print a single-use link with which somebody joins a workspace",
                options: [
                    json, role,
                    .value("url", "u", "URL", "the server's address, as devices reach it"),
                    .value("days", nil, "N", "for how long it is good", defaultValue: "7"),
                ],
                positionals: [PositionalSpecification("workspace", "its title")],
                examples: [
                    CommandExample(
                        "variorumd invite Treaty -r owner -u https://192.0.2.7:8642 -d data", "a link for an owner")
                ]),
            CommandSpecification(
                "audit", summary: "show what was done administratively, the newest first",
                options: [json, .value("limit", "n", "N", "how many lines", defaultValue: "100")],
                examples: [CommandExample("variorumd audit -d data", "who did what")]),
            CommandSpecification(
                "user", summary: "people who may connect",
                subcommands: [
                    CommandSpecification(
                        "invite", summary: "print a single-use link for a further device",
                        options: [
                            json, .value("url", "u", "URL", "the server's address, as devices reach it"),
                            .value("days", nil, "N", "for how long it is good", defaultValue: "7"),
                        ],
                        positionals: [PositionalSpecification("name", "the user")],
                        examples: [
                            CommandExample("variorumd user invite ana -u https://192.0.2.7:8642 -d data", "for ana")
                        ]),
                    CommandSpecification(
                        "password", summary: "set a user's password, read from standard input",
                        options: [.flag("remove", nil, "take the password away instead")],
                        positionals: [PositionalSpecification("name", "the user")],
                        examples: [CommandExample("variorumd user password ana -d data", "a new password for ana")]),
                    CommandSpecification(
                        "add", summary: "add a user and print a token for their first device", options: [json],
                        positionals: [PositionalSpecification("name", "what others call them")],
                        examples: [CommandExample("variorumd user add ana -d data", "add ana")]),
                    CommandSpecification(
                        "token", summary: "print a token for a further device", options: [json],
                        positionals: [PositionalSpecification("name", "the user")],
                        examples: [CommandExample("variorumd user token ana -d data", "for ana's tablet")]),
                    CommandSpecification(
                        "revoke", summary: "end all tokens of a user",
                        positionals: [PositionalSpecification("name", "the user")],
                        examples: [CommandExample("variorumd user revoke ana -d data", "lock ana's devices out")]),
                    CommandSpecification(
                        "list", summary: "list users", options: [json],
                        examples: [CommandExample("variorumd user list -d data", "who there is")]),
                ]),
            CommandSpecification(
                "workspace", summary: "teams' projects",
                subcommands: [
                    CommandSpecification(
                        "create", summary: "make a workspace", options: [json],
                        positionals: [PositionalSpecification("title", "its title")],
                        examples: [CommandExample("variorumd workspace create Treaty -d data", "make 'Treaty'")]),
                    CommandSpecification(
                        "archive", summary: "make a workspace read-only",
                        positionals: [PositionalSpecification("title", "its title")],
                        examples: [CommandExample("variorumd workspace archive Treaty -d data", "the work is done")]),
                    CommandSpecification(
                        "reopen", summary: "let an archived workspace be written again",
                        positionals: [PositionalSpecification("title", "its title")],
                        examples: [CommandExample("variorumd workspace reopen Treaty -d data", "it goes on")]),
                    Administration.quotaSpecification, Administration.deletionSpecification,
                    CommandSpecification(
                        "list", summary: "list workspaces", options: [json],
                        examples: [CommandExample("variorumd workspace list -d data", "what there is")]),
                ]),
            CommandSpecification(
                "member", summary: "who works in which workspace",
                subcommands: [
                    CommandSpecification(
                        "add", summary: "add a user to a workspace, or give a member another role",
                        options: [role],
                        positionals: [
                            PositionalSpecification("workspace", "its title"),
                            PositionalSpecification("user", "the user"),
                        ],
                        examples: [CommandExample("variorumd member add Treaty ana -d data", "ana works in 'Treaty'")]),
                    CommandSpecification(
                        "remove", summary: "end a membership; what they made stays",
                        positionals: [
                            PositionalSpecification("workspace", "its title"),
                            PositionalSpecification("user", "the user"),
                        ],
                        examples: [CommandExample("variorumd member remove Treaty ana -d data", "ana has left")]),
                ]),
        ],
        examples: [
            CommandExample("variorumd init --data data && variorumd serve --data data", "a server on this machine")
        ])
}
