import Glibc

/// What is known about the terminal that a file descriptor may be connected to.
public struct Terminal: Sendable, Hashable {
    /// Whether it is a terminal at all, and not a pipe or a file.
    public var isTerminal: Bool
    /// The size in columns and rows; 80 by 24 when it cannot be found out.
    public var width: Int
    public var height: Int
    /// Whether colours and other styles are wanted.
    public var isStyled: Bool

    public init(isTerminal: Bool, width: Int = 80, height: Int = 24, isStyled: Bool = false) {
        self.isTerminal = isTerminal
        self.width = width
        self.height = height
        self.isStyled = isStyled
    }

    /// Asks the system about a file descriptor.
    ///
    /// The size is the terminal's own; where there is none, the variable COLUMNS counts.
    public init(fileDescriptor: Int32, environment: (String) -> String? = environmentVariable) {
        isTerminal = isatty(fileDescriptor) == 1
        var size = winsize()
        let isKnown = ioctl(fileDescriptor, UInt(TIOCGWINSZ), &size) == 0
        let columns = environment("COLUMNS").flatMap { Int($0) } ?? 0
        width = isKnown && size.ws_col > 0 ? Int(size.ws_col) : (1...10_000).contains(columns) ? columns : 80
        height = isKnown && size.ws_row > 0 ? Int(size.ws_row) : 24
        isStyled = Self.isStyled(isTerminal: isTerminal, environment: environment)
    }

    /// Whether output should have colours.
    ///
    /// Not when NO_COLOR is set to anything (no-color.org); else when CLICOLOR_FORCE is set and not 0
    /// (bixense.com/clicolors); else on terminals that can.
    public static func isStyled(isTerminal: Bool, environment: (String) -> String?) -> Bool {
        if let value = environment("NO_COLOR"), !value.isEmpty { return false }
        if let value = environment("CLICOLOR_FORCE"), !value.isEmpty, value != "0" { return true }
        return isTerminal && environment("TERM") != "dumb"
    }
}

/// The value of a variable in the process's environment.
public func environmentVariable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}
