import FoundationEssentials

extension SyncError {
    /// What an error's body says.
    private struct Body: Decodable {
        let error: String
        let message: String

        init?(_ bytes: [UInt8]) {
            guard let body = try? JSONDecoder().decode(Body.self, from: Data(bytes)) else { return nil }
            self = body
        }
    }

    /// Whether it is the workspace that is not there, and not the path.
    static func saysNoWorkspace(_ body: [UInt8]) -> Bool { Body(body)?.error == "no_workspace" }

    /// What an answer other than 200 and 204 means. See docs/sync-protocol.md, "Errors".
    package init(status: Int, body: [UInt8], retryAfterSeconds: Int?) {
        let said = Body(body)
        let message = (said?.message).map { String($0.prefix(500)) } ?? "it answered with status \(status)"
        switch (status, said?.error) {
        case (401, _):
            self.init(
                .unauthorised, "the server does not know this token; ask its operator for a new one and `connect` again"
            )
        case (403, "unknown_device"):
            self.init(.unknownDevice, "the server does not know this device any more; `connect` it again")
        case (403, "access_ended"):
            self.init(
                .accessEnded, "you do not belong to this workspace any more; what others made there was removed here")
        case (403, "wrong_password"), (403, "no_invitation"): self.init(.unauthorised, "the server said: \(message)")
        case (404, _): self.init(.notFound, "the server said: \(message)")
        // Not before somebody has waited: trying again at once makes it worse.
        case (429, "too_many_attempts"):
            self.init(.refused, "the server said: \(message)", retryAfterSeconds: retryAfterSeconds)
        case (507, "quota_exceeded"):
            self.init(
                .full, "the server has no room for this workspace: its quota is used up, and its operator can raise it",
                retryAfterSeconds: retryAfterSeconds)
        // 408: the body came too slowly, as behind a bad network.
        case (408, _), (429, _), (500...599, _):
            self.init(.busy, "the server cannot answer now: \(message)", retryAfterSeconds: retryAfterSeconds)
        default: self.init(.refused, "the server refused the request: \(message)")
        }
    }
}
