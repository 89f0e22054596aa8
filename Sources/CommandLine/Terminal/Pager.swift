import Glibc

/// Shows long text a screen at a time.
///
/// Text goes through the program that PAGER names, or through less, when standard output is a terminal; otherwise, and
/// when the pager cannot be started, it is written directly. As git does, the command is run by the
/// shell, so PAGER may hold options, and LESS is set to "FRX" unless the user has set it: less then leaves
/// when everything fits on one screen, shows colours, and leaves the text standing at its end.
public enum Pager {
    /// Shows a text and returns when the reader has seen enough of it.
    ///
    /// - Throws: What the system reports about writing, other than that the reader has gone.
    public static func show(
        _ text: String, on output: FileOutput, terminal: Terminal,
        environment: (String) -> String? = environmentVariable
    ) throws(OutputError) {
        guard let command = command(isTerminal: terminal.isTerminal, environment: environment) else {
            return try output.write(text)
        }
        // 127 is the shell's word for a command that it cannot find: nothing has been shown then.
        if try run(command, text, setsLess: environment("LESS") == nil) == 127 { try output.write(text) }
    }

    /// The shell command to show text with, or nil to write it directly.
    static func command(isTerminal: Bool, environment: (String) -> String?) -> String? {
        guard isTerminal, environment("TERM") != "dumb" else { return nil }
        let command = environment("PAGER") ?? "less"
        return command.isEmpty || command == "cat" ? nil : command
    }

    /// Runs a shell command with a text as its standard input and returns its exit status.
    static func run(_ command: String, _ text: String, setsLess: Bool) throws(OutputError) -> Int32 {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return 127 }
        let (readEnd, writeEnd) = (ends[0], ends[1])
        // Nothing else that is started meanwhile may hold the pipe open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let process = spawn(
            setsLess ? "export LESS=FRX; \(command)" : command, standardInput: readEnd)
        close(readEnd)
        guard let process else {
            close(writeEnd)
            return 127
        }
        // Control-C is for the pager, which shares the terminal with this process.
        let previous = signal(SIGINT, SIG_IGN)
        defer { signal(SIGINT, previous) }
        let result = Result { () throws(OutputError) in try FileOutput(fileDescriptor: writeEnd).write(text) }
        close(writeEnd)
        let status = waitForExit(of: process)
        try result.get()
        return status
    }

    private static func spawn(_ command: String, standardInput: Int32) -> pid_t? {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, standardInput, STDIN_FILENO)
        // What this process ignores, its children would ignore too.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        sigaddset(&defaults, SIGPIPE)
        sigaddset(&defaults, SIGINT)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))

        let arguments: [UnsafeMutablePointer<CChar>?] =
            ["sh", "-c", command].map { (word: String) in strdup(word) } + [nil]
        defer { arguments.forEach { free($0) } }
        var process: pid_t = 0
        return posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, environ) == 0 ? process : nil
    }

    private static func waitForExit(of process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) == -1 {
            if errno != EINTR { return 0 }
        }
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 0
    }
}
