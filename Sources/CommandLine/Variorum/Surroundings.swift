import Glibc

/// What a program has from outside. Tests put their own in the place of each.
///
/// Used by one task at a time.
public final class Surroundings {
    public let environment: (String) -> String?
    public let input: LineInput
    public let output: FileOutput
    public let errorOutput: FileOutput
    /// An absolute path.
    public let currentFolder: String
    /// Milliseconds since 1970.
    public let clock: @Sendable () -> Int64
    /// What standard output goes to.
    public let terminal: Terminal
    /// What standard error goes to.
    public let errorTerminal: Terminal
    /// Returns when somebody wants a command to end that would go on for ever: SIGINT or SIGTERM.
    public let interruption: @Sendable () async -> Void

    public init(
        environment: @escaping (String) -> String?, input: LineInput, output: FileOutput, errorOutput: FileOutput,
        currentFolder: String, clock: @escaping @Sendable () -> Int64, terminal: Terminal? = nil,
        errorTerminal: Terminal? = nil,
        interruption: (@Sendable () async -> Void)? = nil
    ) {
        self.interruption = interruption ?? { await StopSignal().wait() }
        self.environment = environment
        self.input = input
        self.output = output
        self.errorOutput = errorOutput
        self.currentFolder = currentFolder
        self.clock = clock
        self.terminal = terminal ?? Terminal(fileDescriptor: output.fileDescriptor, environment: environment)
        self.errorTerminal =
            errorTerminal ?? Terminal(fileDescriptor: errorOutput.fileDescriptor, environment: environment)
    }

    /// Those of this process.
    public static func ofProcess() -> Surroundings {
        Surroundings(
            environment: environmentVariable, input: LineInput(fileDescriptor: STDIN_FILENO),
            output: .standardOutput(), errorOutput: .standardError(), currentFolder: workingFolder(),
            clock: wallTime)
    }

    /// Whether there is somebody to ask.
    public var isInteractive: Bool { input.isTerminal && errorTerminal.isTerminal }

    /// An absolute path for one that may be relative to the current folder.
    public func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : currentFolder == "/" ? "/" + path : currentFolder + "/" + path
    }

    private static func workingFolder() -> String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}

/// Milliseconds since 1970 by the system's clock.
@Sendable public func wallTime() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
}

/// A moment for people, in their time zone: `2015-03-18 14:00`.
func localTime(_ milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    guard localtime_r(&seconds, &parts) != nil else { return "?" }
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return
        "\(Int(parts.tm_year) + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) \(two(parts.tm_hour)):\(two(parts.tm_min))"
}
