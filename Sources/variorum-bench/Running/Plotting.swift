import BenchmarkResults
import CommandLine
import Glibc

/// Draws the results in a file.
struct Plotting {
    private let results: String
    private let folder: String

    init(_ values: ArgumentValues) {
        results = values.positional("results") ?? ""
        folder = values.value("folder") ?? "docs/plots"
    }

    /// - Returns: The files that were written.
    func run() throws -> [String] {
        let rows = try readRows()
        let plots = GrowthPlots.all(of: rows)
        guard !plots.isEmpty else { throw ResultError("\(results) has no line of a case that grows") }
        guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw failure(folder) }
        return try plots.map { name, plot in
            let path = "\(folder)/\(name).svg"
            let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
            guard file >= 0 else { throw failure(path) }
            defer { close(file) }
            try FileOutput(fileDescriptor: file).write(plot.svg)
            return path
        }
    }

    private func readRows() throws -> [ResultRow] {
        let file = open(results, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw failure(results) }
        defer { close(file) }
        let input = LineInput(fileDescriptor: file, isTerminal: false)
        var reader = ResultReader()
        while let line = try input.readLine() {
            do throws(ResultError) {
                try reader.read(line)
            } catch {
                throw ResultError("\(results), \(error)")
            }
        }
        return reader.rows
    }

    private func failure(_ path: String) -> BenchError {
        BenchError("\(path): \(String(cString: strerror(errno)))")
    }
}
