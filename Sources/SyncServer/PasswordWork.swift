import Cryptography
import Dispatch
import Synchronization

/// How passwords become what is kept of them, and where that is worked out; a simulator has a cheap way.
public struct PasswordHashing: Sendable {
    /// What is kept of a password.
    public var hash: @Sendable (_ password: String) -> String
    /// Whether a password belongs to what is kept. Without that, or with something else, as much work, and false.
    public var matches: @Sendable (_ password: String, _ stored: String?) -> Bool
    /// Runs one piece of work after the other.
    public var run: @Sendable (_ work: @escaping @Sendable () -> Void) -> Void

    public init(
        hash: @escaping @Sendable (String) -> String, matches: @escaping @Sendable (String, String?) -> Bool,
        run: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) {
        self.hash = hash
        self.matches = matches
        self.run = run
    }

    /// Each takes 32 MiB and a tenth of a second, on purpose, on a queue of its own.
    public static func scrypt() -> PasswordHashing {
        let queue = DispatchQueue(label: "variorum.passwords", qos: .utility)
        return PasswordHashing(
            hash: { PasswordHash(of: $0).description },
            matches: { password, stored in
                let hash = stored.flatMap(PasswordHash.init)
                // Where there is no such user, too, so that the answer takes as long.
                return (hash ?? .decoy).matches(password) && hash != nil
            },
            run: { work in queue.async(execute: work) })
    }
}

/// Hashes passwords one at a time.
final class PasswordWork: Sendable {
    private let hashing: PasswordHashing
    private let waitingMax: Int
    private let waiting = Atomic<Int>(0)
    /// How many hashes were made: whoever is let in or not, as many.
    let hashCount = Atomic<Int>(0)

    init(_ hashing: PasswordHashing, waitingMax: Int) {
        self.hashing = hashing
        self.waitingMax = waitingMax
    }

    /// - Throws: `Problem` 503 when too many wait already.
    func hash(_ password: String) async throws -> String { try await run { $0.hash(password) } }

    /// Whether `password` belongs to the stored hash. Without a hash it takes the same time and is false.
    func check(_ password: String, against stored: String?) async throws -> Bool {
        try await run { $0.matches(password, stored) }
    }

    private func run<T: Sendable>(_ body: @escaping @Sendable (PasswordHashing) -> T) async throws -> T {
        defer { waiting.subtract(1, ordering: .relaxed) }
        guard waiting.add(1, ordering: .relaxed).newValue <= waitingMax else {
            throw Problem(503, "busy", "too many people log in at once", headers: [("Retry-After", "5")])
        }
        hashCount.add(1, ordering: .relaxed)
        return await withCheckedContinuation { [hashing] continuation in
            hashing.run { continuation.resume(returning: body(hashing)) }
        }
    }
}
