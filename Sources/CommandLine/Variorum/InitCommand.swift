import Interchange
import LocalStore

extension Command {
    static let initialise = Command(
        CommandSpecification(
            "init", summary: "make a store in this folder",
            discussion: """
                The store is a folder .variorum with everything in it. It has a workspace of its own at once, so work can \
                begin before any server is known; 'variorum connect' takes what was made along.
                """,
            options: [
                .value(
                    "name", "n", "name", "What others call you (default: your user name)",
                    environmentVariable: "VARIORUM_NAME"),
                .value("title", "t", "title", "The workspace's title (default: the folder's name)"),
            ],
            examples: [
                CommandExample("variorum init --name \"Nino Kapanadze\" --title Treaties", "Make a store here"),
                CommandExample("variorum init --store ~/treaties", "Make one in another folder, which exists"),
            ]),
        json: "`{store, workspace, title, member, member_name}`: the store's path, ids and names"
    ) { context in
        let folder =
            context.arguments.value("store").map { context.surroundings.absolute($0) }
            ?? context.surroundings.currentFolder
        let storeFolder = CommandContext.storeFolder(in: folder)
        let user = ["USER", "LOGNAME"].lazy.compactMap(context.surroundings.environment).first { !$0.isEmpty }
        guard let name = context.arguments.value("name") ?? user, !name.allSatisfy(\.isWhitespace) else {
            throw context.usage("there is no user name to take; say who you are with --name")
        }
        let parent = storeFolder.path.split(separator: "/").dropLast().last.map(String.init)
        let title = context.arguments.value("title") ?? parent ?? "workspace"
        let store = try LocalStore.create(
            in: storeFolder, memberName: name, title: title, options: context.storeOptions)
        let names = try store.read { try RecordNames(reading: $0) }
        if context.isJSON {
            try context.write([
                "store": .text(storeFolder.path), "workspace": .text("\(names.workspace)"), "title": .text(title),
                "member": .text("\(names.ownMember)"), "member_name": .text(name),
            ])
        } else {
            try context.writeLine("Made a store for \(printable(name)) in \(printable(storeFolder.path)).")
            try context.writeLine("Next: 'variorum import FILE', then 'variorum read 1'.")
        }
        return .success
    }
}
