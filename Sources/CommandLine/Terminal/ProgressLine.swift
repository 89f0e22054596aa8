/// One line on standard error that tells how far long work has come; nothing at all where that is no terminal.
///
/// May be used by one task at a time. Errors of writing are ignored: progress is never worth a failure.
public final class ProgressLine {
    private let output: FileOutput
    private let terminal: Terminal
    private let clock = ContinuousClock()
    private var lastUpdate: ContinuousClock.Instant?
    private var isShown = false

    public init(output: FileOutput = .standardError(), terminal: Terminal? = nil) {
        self.output = output
        self.terminal = terminal ?? Terminal(fileDescriptor: output.fileDescriptor)
    }

    /// Shows a state of the work; calls that follow the last within a tenth of a second show nothing.
    ///
    /// - Parameters:
    ///   - label: What is being done.
    ///   - completed: How much is done, in any unit.
    ///   - total: How much there is in the same unit; nil when nobody knows.
    public func update(_ label: String, completed: Int, total: Int?) {
        guard terminal.isTerminal else { return }
        let now = clock.now
        if let lastUpdate, lastUpdate.duration(to: now) < .milliseconds(100), completed != total { return }
        lastUpdate = now
        isShown = true
        let line = Self.line(label, completed: completed, total: total, width: terminal.width)
        try? output.write("\r\(line)\u{1B}[K")
    }

    /// Takes the line away, before a result or an error is written.
    public func finish() {
        if isShown { try? output.write("\r\u{1B}[K") }
        isShown = false
        lastUpdate = nil
    }

    /// - Returns: The line, one column shorter than the terminal, so that it never wraps.
    static func line(_ label: String, completed: Int, total: Int?, width: Int) -> String {
        guard let total, total > 0 else { return truncated("\(printable(label)): \(completed)", to: width - 1) }
        let part = Double(min(max(completed, 0), total)) / Double(total)
        let figures = " \(Int(part * 100))%  \(completed) of \(total)"
        let barWidth = 20
        if displayWidth(of: label) + barWidth + figures.count + 4 > width - 1 {
            return truncated("\(printable(label)):\(figures)", to: width - 1)
        }
        let filled = Int(part * Double(barWidth))
        let bar = String(repeating: "━", count: filled) + String(repeating: "┄", count: barWidth - filled)
        return "\(printable(label))  \(bar)\(figures)"
    }
}
