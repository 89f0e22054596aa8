import Foundation
import LocalStore
import Synchronization
import TestSupport

/// What fails.
enum Fault: String, CaseIterable, Sendable {
    /// One call of the disk; it and all later ones; one write, in the middle.
    case disk, diskGone, halfWritten
    /// One allocation inside SQLite; it and all later ones.
    case memory, memoryGone
    /// Compiling one statement; running one.
    case statement, interrupt
    /// One call for the small files beside the database; it and all later ones.
    case file, fileGone
}

/// Arms one fault at a time and counts.
final class Injector: Sendable {
    let disk = FaultyDisk()

    private struct Files {
        var isArmed = false
        var number = 0
        var persists = false
        var calls = 0
        var failures = 0
    }

    private let files = Mutex(Files())

    /// What the N-th call of the small files gives.
    @Sendable func smallFileFault(_ call: POSIXFileSystem.Call) -> Int32 {
        files.withLock { files in
            guard files.isArmed else { return 0 }
            files.calls += 1
            guard files.calls == files.number || (files.persists && files.calls > files.number) else { return 0 }
            files.failures += 1
            return call == .write ? ENOSPC : EIO
        }
    }

    func arm(_ fault: Fault, _ number: Int) {
        switch fault {
        case .disk: disk.fail(atCall: number)
        case .diskGone: disk.fail(atCall: number, .fromThenOn)
        case .halfWritten: disk.fail(atCall: number, .halfWritten)
        case .memory: SQLiteFaults.fail(.memory, atCall: number)
        case .memoryGone: SQLiteFaults.fail(.memory, atCall: number, persists: true)
        case .statement: SQLiteFaults.fail(.statement, atCall: number)
        case .interrupt: SQLiteFaults.fail(.interrupt, atCall: number)
        case .file, .fileGone:
            files.withLock { $0 = Files(isArmed: true, number: number, persists: fault == .fileGone) }
        }
    }

    /// How many calls there were, and how many of them failed.
    func disarm(_ fault: Fault) -> (calls: Int, failures: Int) {
        switch fault {
        case .disk, .diskGone, .halfWritten: return disk.disarm()
        case .memory, .memoryGone, .statement, .interrupt: return SQLiteFaults.disarm()
        case .file, .fileGone:
            return files.withLock { files in
                files.isArmed = false
                return (files.calls, files.failures)
            }
        }
    }
}

/// Which faults a run tries.
///
/// `VARIORUM_FAULTS=every` tries each call there is, as `scripts/faults` does; else a few for each operation and kind.
/// `VARIORUM_FAULT=operation/kind/number` tries one.
enum FaultPlan {
    private static let one = ProcessInfo.processInfo.environment["VARIORUM_FAULT"]?.split(separator: "/").map(
        String.init)
    private static let isEvery = ProcessInfo.processInfo.environment["VARIORUM_FAULTS"] == "every"

    static func takes(_ operation: String) -> Bool { one == nil || one?.first == operation }
    static func takes(_ fault: Fault) -> Bool {
        guard let one, one.count > 1 else { return true }
        return one[1] == fault.rawValue
    }

    /// Which calls fail of `total` that an undisturbed run makes, and one more, that is not reached.
    static func numbers(_ total: Int, few: Int) -> [Int] {
        if let one, one.count > 2, let number = Int(one[2]) { return [number] }
        if isEvery || total <= few { return Array(1...(total + 1)) }
        // The first, the last and some between.
        var numbers = (0..<few).map { 1 + $0 * (total - 1) / max(few - 1, 1) }
        numbers.append(total + 1)
        return numbers
    }

    static func repetition(_ operation: String, _ fault: Fault, _ number: Int) -> String {
        "repeat with: VARIORUM_FAULT=\(operation)/\(fault)/\(number) swift test --skip-build --disable-xctest "
            + "--no-parallel --filter FaultLoopTests"
    }
}

/// How many times each kind of fault was tried: printed at the end of each suite.
final class FaultTally: Sendable {
    private let counts = Mutex<[Fault: Int]>([:])
    var total: Int { counts.withLock { $0.values.reduce(0, +) } }
    func count(_ fault: Fault) { counts.withLock { $0[fault, default: 0] += 1 } }
    var line: String {
        counts.withLock { counts in
            Fault.allCases.map { "\($0.rawValue) \(counts[$0] ?? 0)" }.joined(separator: ", ")
                + "; \(counts.values.reduce(0, +)) in all"
        }
    }
}
