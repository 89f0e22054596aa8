import CSQLiteFaults
import SQLiteBinding

/// Makes calls inside SQLite fail, whatever connection they are for: for tests that run alone.
public enum SQLiteFaults {
    public enum Kind: Int32, Sendable {
        case memory = 1
        case statement = 2
        case interrupt = 3
    }

    /// Whether the failing allocator is in place: it has to be before SQLite's first use.
    public static var areInstalled: Bool { vr_sqlite_faults_are_installed() != 0 }

    /// How often SQLite was called with something that is no connection or statement any more.
    public static var misuseCount: Int { vr_sqlite_faults_misuses() }

    /// How many statements the connections that are watched have begun to execute.
    public static var statementCount: Int { vr_sqlite_faults_statements() }

    /// Whether connections opened from now on can have statements refused and interrupted, and counted.
    public static func watch(_ isOn: Bool) {
        // The first connection configures the library, which here is too late and said to be misuse.
        _ = try? Connection(path: ":memory:")
        vr_sqlite_faults_watch(isOn ? 1 : 0)
    }

    /// Makes the `number`-th call of one kind from now on fail, with `persists` every later one too.
    public static func fail(_ kind: Kind, atCall number: Int, persists: Bool = false) {
        vr_sqlite_faults_arm(kind.rawValue, number, persists ? 1 : 0)
    }

    /// Ends that; how many calls there were, and how many of them failed.
    @discardableResult
    public static func disarm() -> (calls: Int, failures: Int) {
        var failures = 0
        let calls = vr_sqlite_faults_disarm(&failures)
        return (calls, failures)
    }
}
