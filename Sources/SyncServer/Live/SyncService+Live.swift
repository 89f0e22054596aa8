import AnnotationModel
import ChangeLog
import HTTPServing
import ServerStore

extension SyncService {
    /// `GET /v1/live`: a stream of events that tells which readable layers move.
    func listen(_ request: HTTPRequest, _ account: Account, _ tokenHash: Digest) async throws -> HTTPReply {
        guard let items = request.queryItems, items.count == 1, items[0].name == "workspace",
            let workspace = WorkspaceID(items[0].value)
        else {
            throw Problem(400, "malformed", "say which workspace: /v1/live?workspace= and its 32 hexadecimal digits")
        }
        guard let heads = try await store.heads(workspace: workspace, for: account) else { throw Self.noWorkspace }
        return try live.admit(account, token: tokenHash, to: workspace, heads: heads)
    }
}

extension Problem {
    static func tooManyListeners(isOfUser: Bool) -> Problem {
        Problem(
            isOfUser ? 429 : 503, "too_many_listeners",
            isOfUser
                ? "too many of your devices listen at once; stop one, or sync without listening"
                : "too many devices listen to this server at once; sync without listening, or try again later",
            headers: [("Retry-After", "60")])
    }
}
