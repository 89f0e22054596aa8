import AnnotationModel
import ChangeLog
public import LocalStore
import WireFormat

extension SyncClient {
    /// Fetches the server's receipts for everything signed that the store has none of, others' work included.
    ///
    /// - Returns: How many came.
    /// - Throws: `SyncError`, `StoreError`; receipts that came before stay.
    public static func fetchReceipts(_ store: LocalStore, over transport: any SyncTransport) async throws -> Int {
        guard let link = try store.syncLink() else {
            throw SyncError(.notConnected, "this store is not connected to a server; see `variorum connect --help`")
        }
        var count = 0
        // What a server put back to an older copy does not hold it cannot give.
        var isDone: Set<LayerID> = []
        while true {
            let missing = try store.unreceipted().filter { !isDone.contains($0.key) }
            if missing.isEmpty { return count }
            for (layer, changes) in missing {
                let request = ReceiptsRequest(workspace: link.workspace, layer: layer, changes: changes)
                let reply = try await transport.receipts(request)
                guard reply.receipts.allSatisfy({ $0.layer == layer }) else {
                    throw SyncError(.protocolError, "the server gave receipts of another layer than was asked for")
                }
                let kept = try store.keep(reply.receipts)
                count += kept
                if kept == 0 || changes.count < WireLimits.receiptsMax { isDone.insert(layer) }
            }
        }
    }
}
