import Glibc
import SQLiteBinding

/// What a figure means nothing without.
struct Machine {
    let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
    let sqlite = SQLiteLibrary.version
    /// Processes that wanted to run in the last minute, others' work included.
    let load: Double
    let date: String
    /// Short hash of the commit in the current folder, with `+` for changes that are not committed.
    let commit: String

    init() {
        var loads = [0.0]
        load = getloadavg(&loads, 1) == 1 ? loads[0] : 0
        var now = Glibc.time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        date = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        commit =
            Self.git(["rev-parse", "--short", "HEAD"]).map { hash in
                let isClean = Self.git(["status", "--porcelain", "--untracked-files=no"]) == ""
                return isClean ? hash : hash + "+"
            } ?? "unknown"
    }

    private static func git(_ arguments: [String]) -> String? {
        guard let child = try? ChildProcess("/usr/bin/env", ["git"] + arguments) else { return nil }
        var lines: [String] = []
        while let line = child.readLine() { lines.append(line) }
        return child.end() == 0 ? lines.joined(separator: "\n") : nil
    }

    /// Processor time that a process has used so far, in seconds of one core, to a hundredth.
    static func processorSeconds(of process: String = "self") -> Double {
        guard let file = fopen("/proc/\(process)/stat", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 1024)
        guard fgets(&line, 1024, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The program's name may hold spaces; after it come the fields from the third on.
        let fields = text.split(separator: ")").last.map { $0.split(separator: " ") } ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Most memory that a process had resident so far, in bytes; 0 where the system does not tell.
    static func peakMemory(of process: String = "self") -> Double { memory("VmHWM:", of: process) }

    /// Memory that a process has resident now, in bytes; 0 where the system does not tell.
    static func residentMemory(of process: String = "self") -> Double { memory("VmRSS:", of: process) }

    private static func memory(_ name: String, of process: String) -> Double {
        guard let file = fopen("/proc/\(process)/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix(name) else { continue }
            let digits = text.filter(\.isNumber)
            return (Double(digits) ?? 0) * 1024
        }
        return 0
    }
}
