extension ServerCommand {
    private static let data = OptionSpecification.value(
        "data", "d", "DIR", "the server's data folder", environmentVariable: "VARIORUM_DATA")
    private static let json = OptionSpecification.flag("json", nil, "print JSON instead of text")

    /// Everything that `variorumd` takes.
    public static let specification = CommandSpecification(
        "variorumd", summary: "The Variorum sync server and its administration",
        discussion: """
            The server keeps accounts, layers and feeds in one folder. Administration works beside a running server.

            Exit codes: 0 done, 1 failed, 64 usage, 65 a name is taken or unknown, 66 no data folder, 69 the address \
            cannot be used, 74 the disk cannot be read or written, 75 another server runs on the folder, 77 no \
            permission, 78 the data is a newer version's.
            """,
        options: [data],
        subcommands: [
            CommandSpecification(
                "init", summary: "make a data folder",
                examples: [CommandExample("variorumd init --data /srv/variorum", "a folder for a new server")]),
            CommandSpecification(
                "serve", summary: "run the server until SIGTERM or SIGINT",
                discussion: """
                    Plain HTTP is for loopback and for a reverse proxy in front; elsewhere give a certificate and key.
                    """,
                options: [
                    .value(
                        "listen", "l", "HOST:PORT", "where to listen; port 0 takes a free one",
                        defaultValue: "127.0.0.1:8642"),
                    .value("tls-certificate", nil, "FILE", "PEM file with the certificate chain"),
                    .value("tls-key", nil, "FILE", "PEM file with its private key"),
                    .value("address-file", nil, "FILE", "write the address here once the server listens"),
                    .value(
                        "connections-per-address", nil, "NUMBER",
                        "how many connections one address may have at once, two for each device that syncs with --watch; "
                            + "10000 behind a reverse proxy", defaultValue: "256"),
                    .value("grace", nil, "SECONDS", "how long to let requests end at shutdown", defaultValue: "10"),
                ],
                examples: [
                    CommandExample("variorumd serve --data /srv/variorum", "serve on 127.0.0.1:8642"),
                    CommandExample(
                        "variorumd serve -d data -l 0.0.0.0:8642 --tls-certificate cert.pem --tls-key key.pem",
                        "serve a network over TLS"),
                ]),
            CommandSpecification(
                "user", summary: "people who may connect",
                subcommands: [
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
                        "list", summary: "list workspaces", options: [json],
                        examples: [CommandExample("variorumd workspace list -d data", "what there is")]),
                ]),
            CommandSpecification(
                "member", summary: "who works in which workspace",
                subcommands: [
                    CommandSpecification(
                        "add", summary: "add a user to a workspace",
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
