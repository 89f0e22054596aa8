import Cryptography
import DocumentText
import Foundation
import LocalStore

/// A store in a folder of its own, which goes with it.
final class TemporaryStore {
    let store: LocalStore
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("variorum-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let options = LocalStore.Options(cryptography: OpenSSLCryptography(), clock: { 1_426_672_800_000 })
        store = try LocalStore.create(
            in: StoreFolder(path: folder.path + "/" + StoreFolder.name), memberName: "Nino", title: "Test",
            options: options)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func importText(_ text: String, title: String = "A") throws -> ImportedDocument {
        try store.importDocument(
            try CanonicalText(importing: Array(text.utf8)), title: title, source: "-", rawBytes: Array(text.utf8),
            importer: "test")
    }
}
