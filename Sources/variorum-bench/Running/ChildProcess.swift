import CommandLine
import Glibc

/// A program that runs beside this one, with pipes to its standard input and from its standard output.
final class ChildProcess {
    let processID: pid_t
    private let input: Int32
    private let output: LineInput
    private var status: Int32?
    private var isInputOpen = true

    init(_ program: String, _ arguments: [String]) throws {
        let (toChild, fromChild) = (try Self.pipe(), try Self.pipe())
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild.reading, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, fromChild.writing, STDOUT_FILENO)
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var processID: pid_t = 0
        let result = posix_spawn(&processID, program, &actions, nil, &words, environ)
        close(toChild.reading)
        close(fromChild.writing)
        input = toChild.writing
        output = LineInput(fileDescriptor: fromChild.reading, isTerminal: false)
        self.processID = processID
        if result != 0 {
            status = -1
            throw BenchError("\(program) cannot be started: \(String(cString: strerror(result)))")
        }
    }

    deinit {
        _ = end()
        close(output.fileDescriptor)
    }

    /// This very program with other arguments. Under valgrind, which cannot start `/proc/self/exe`, the environment says
    /// where it is.
    static func ofThisProgram(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(environmentVariable("VARIORUM_BENCH_PROGRAM") ?? "/proc/self/exe", arguments)
    }

    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw BenchError("no pipe: \(String(cString: strerror(errno)))") }
        // Not inherited by later children, which would keep a pipe open that is meant to end.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    /// The next line that the child writes; nil when it has ended.
    func readLine() -> String? { try? output.readLine() }

    /// The next line, from a child that owes one.
    func expectLine() throws -> String {
        guard let line = readLine() else { throw BenchError("a process that takes part has failed (\(end()))") }
        return line
    }

    func writeLine(_ line: String) throws {
        try FileOutput(fileDescriptor: input).writeLine(line)
    }

    /// Closes the child's input, which tells the steps of this program to end, waits for it, and gives its exit code.
    @discardableResult
    func end() -> Int32 {
        if isInputOpen {
            close(input)
            isInputOpen = false
        }
        if let status { return status }
        var raw: Int32 = 0
        while waitpid(processID, &raw, 0) < 0 && errno == EINTR {}
        // An exit code, or 128 and the signal, as shells have it.
        let code = raw & 0x7F == 0 ? (raw >> 8) & 0xFF : 128 + (raw & 0x7F)
        status = code
        return code
    }
}
