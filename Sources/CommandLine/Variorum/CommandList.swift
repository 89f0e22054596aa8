extension Command {
    /// Every command, in the order of the help page.
    static let all: [Command] = [
        // Beginning
        .initialise, .workspace, .importing,
        // Reading
        .documents, .read, .list, .search,
        // Working
        .annotate, .code, .codebook, .comment, .entity, .statement, .memo, .edit, .delete, .restore, .undo,
        // Working together
        .round, .connect, .sync, .status, .conflicts, .resolve, .refused, .bundle, .member, .leave, .device, .password,
        // Keeping
        .log, .verify, .check, .rebuild, .export,
    ]
}
