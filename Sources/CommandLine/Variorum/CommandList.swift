extension Command {
    /// Every command, in the order of the help page.
    static let all: [Command] = [
        .initialise,
        .importing, .documents, .read,
        .annotate, .list,
        .status,
        .export,
    ]
}
