/// What a program tells the shell about how it went; the numbers are those of BSD's sysexits.h.
public struct ExitCode: Sendable, Hashable {
    public let rawValue: Int32

    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let success = ExitCode(rawValue: 0)
    /// The command ran and the answer is no, or something went wrong for which there is no better number.
    public static let failure = ExitCode(rawValue: 1)
    /// The command line itself is wrong (EX_USAGE).
    public static let usage = ExitCode(rawValue: 64)
    /// The data given is wrong (EX_DATAERR).
    public static let dataError = ExitCode(rawValue: 65)
    /// A file to read is not there (EX_NOINPUT).
    public static let noInput = ExitCode(rawValue: 66)
    /// A service that is needed cannot be reached (EX_UNAVAILABLE).
    public static let unavailable = ExitCode(rawValue: 69)
    /// A bug of ours (EX_SOFTWARE).
    public static let software = ExitCode(rawValue: 70)
    /// An output file cannot be made (EX_CANTCREAT).
    public static let cannotCreate = ExitCode(rawValue: 73)
    /// Reading or writing failed (EX_IOERR).
    public static let inputOutput = ExitCode(rawValue: 74)
    /// It failed now and may succeed later (EX_TEMPFAIL).
    public static let temporaryFailure = ExitCode(rawValue: 75)
    /// Not allowed (EX_NOPERM).
    public static let noPermission = ExitCode(rawValue: 77)
    /// The configuration is wrong (EX_CONFIG).
    public static let configuration = ExitCode(rawValue: 78)
}

extension ExitCode {
    /// The codes that the programs give, for help and documentation.
    public static let meanings: [(code: ExitCode, meaning: String)] = [
        (.success, "done"),
        (.failure, "done, and the answer is no: a check found problems, or some of several things failed"),
        (.usage, "the command line is wrong"),
        (.dataError, "the data given is wrong: not UTF-8, ambiguous, too large, or it does not verify"),
        (.noInput, "not found: no store here, no such file, document, record or layer"),
        (.unavailable, "the server cannot be reached"),
        (.software, "a bug of the program"),
        (.cannotCreate, "a file or store cannot be made: it exists already, or its folder does not"),
        (.inputOutput, "reading or writing failed, or the disk is full"),
        (.temporaryFailure, "busy; try again"),
        (.noPermission, "not allowed: the layer, file or disk may only be read"),
        (.configuration, "the store belongs to another workspace or server, or to a newer version of the program"),
    ]
}
