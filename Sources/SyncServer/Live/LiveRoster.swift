import AnnotationModel
import ChangeLog
import ServerStore

/// Who listens to which workspace: a value, without I/O.
///
/// `Writer` is what reaches a listener; there is none between its admission and the beginning of its stream.
struct LiveRoster<Writer> {
    enum Refusal: Error, Equatable { case tooMany, tooManyOfUser }

    struct Name: Hashable {
        let workspace: WorkspaceID
        let number: Int
    }

    private struct Listener {
        let token: Digest
        let user: Int64
        /// What the listener's heads say of access; see `LiveAccess`.
        var access: Int
        var writer: Writer?
    }

    private var workspaces: [WorkspaceID: [Int: Listener]] = [:]
    private var countsByUser: [Int64: Int] = [:]
    private var lastNumber = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }
    var listenedWorkspaces: [WorkspaceID] { Array(workspaces.keys) }

    func isListenedTo(_ workspace: WorkspaceID) -> Bool { workspaces[workspace] != nil }

    mutating func admit(
        to workspace: WorkspaceID, token: Digest, user: Int64, access: Int, within limits: LiveLimits
    ) throws(Refusal) -> Name {
        guard count < limits.listenersMax else { throw .tooMany }
        guard countsByUser[user, default: 0] < limits.listenersPerUserMax else { throw .tooManyOfUser }
        lastNumber += 1
        workspaces[workspace, default: [:]][lastNumber] = Listener(
            token: token, user: user, access: access, writer: nil)
        countsByUser[user, default: 0] += 1
        count += 1
        return Name(workspace: workspace, number: lastNumber)
    }

    mutating func begin(_ name: Name, _ writer: Writer) { workspaces[name.workspace]?[name.number]?.writer = writer }

    mutating func leave(_ name: Name) {
        guard let listener = workspaces[name.workspace]?.removeValue(forKey: name.number) else { return }
        if workspaces[name.workspace]?.isEmpty == true { workspaces[name.workspace] = nil }
        countsByUser[listener.user] = countsByUser[listener.user].flatMap { $0 > 1 ? $0 - 1 : nil }
        count -= 1
    }

    /// Those who listen by one of the tokens.
    func writers(in workspace: WorkspaceID, by tokens: Set<Digest>) -> [Writer] {
        workspaces[workspace]?.values.compactMap { tokens.contains($0.token) ? $0.writer : nil } ?? []
    }

    /// Those whose tokens do not let them into the workspace any more.
    func strangers(in workspace: WorkspaceID, among accounts: [Digest: Account]) -> [Writer] {
        workspaces[workspace]?.values.compactMap { accounts[$0.token] == nil ? $0.writer : nil } ?? []
    }

    /// The accounts that somebody listens by, each user once.
    func listeningAccounts(in workspace: WorkspaceID, among accounts: [Digest: Account]) -> [Account] {
        var found: [Int64: Account] = [:]
        for listener in workspaces[workspace]?.values ?? [:].values where found[listener.user] == nil {
            found[listener.user] = accounts[listener.token]
        }
        return found.values.sorted { $0.user < $1.user }
    }

    /// Takes down what a user's heads say of access now; those of the user's listeners who were told otherwise.
    mutating func renew(_ access: Int, of user: Int64, in workspace: WorkspaceID) -> [Writer] {
        var told: [Writer] = []
        for (number, listener) in workspaces[workspace] ?? [:]
        where listener.user == user && listener.access != access {
            // One that has not begun will be told at the next look.
            guard let writer = listener.writer else { continue }
            workspaces[workspace]?[number]?.access = access
            told.append(writer)
        }
        return told
    }
}

/// Everything of somebody's heads but where the feeds stand, as one number that differs where they differ.
enum LiveAccess {
    static func mark(of heads: Heads) -> Int {
        var hasher = Hasher()
        for layer in heads.layers {
            hasher.combine(layer.layer)
            hasher.combine(layer.kind)
            hasher.combine(layer.owner)
            hasher.combine(layer.isWritable)
        }
        for member in heads.members {
            hasher.combine(member.member)
            hasher.combine(member.name)
        }
        return hasher.finalize()
    }
}
