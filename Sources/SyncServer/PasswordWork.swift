import Cryptography
import Dispatch
import Synchronization

/// Hashes passwords one at a time: each takes 32 MiB and a tenth of a second, on purpose.
final class PasswordWork: Sendable {
    private static let waitingMax = 32

    private let queue = DispatchQueue(label: "variorum.passwords", qos: .utility)
    private let waiting = Atomic<Int>(0)
    /// How many hashes were made: whoever is let in or not, as many.
    let hashCount = Atomic<Int>(0)
    /// Checked where there is no such user, so that the answer takes as long.
    private static let decoy = PasswordHash(of: "nobody has this password")

    /// Has the decoy made, so that no check is the one that makes it.
    init() { queue.async { _ = Self.decoy } }

    /// - Throws: `Problem` 503 when too many wait already.
    func hash(_ password: String) async throws -> String { try await run { PasswordHash(of: password).description } }

    /// Whether `password` belongs to the stored hash. Without a hash it takes the same time and is false.
    func check(_ password: String, against stored: String?) async throws -> Bool {
        let hash = stored.flatMap(PasswordHash.init)
        return try await run { (hash ?? Self.decoy).matches(password) && hash != nil }
    }

    private func run<T: Sendable>(_ body: @escaping @Sendable () -> T) async throws -> T {
        defer { waiting.subtract(1, ordering: .relaxed) }
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.waitingMax else {
            throw Problem(503, "busy", "too many people log in at once", headers: [("Retry-After", "5")])
        }
        hashCount.add(1, ordering: .relaxed)
        return await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}
