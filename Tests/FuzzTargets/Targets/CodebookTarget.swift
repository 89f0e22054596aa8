import Interchange
import TeamCoding

extension FuzzTarget {
    /// A codebook of another program, or a table that somebody made by hand.
    static let codebook = FuzzTarget(
        "codebook", "an imported codebook, REFI-QDA or CSV: what is read comes back when it is written", lengthMax: 4096
    ) { input in
        guard let first = input.first else { return }
        let bytes = Array(input.dropFirst())
        let cryptography = FuzzCryptography()
        func read(_ bytes: [UInt8]) throws(CodebookFileError) -> Codebook {
            let file =
                first.isMultiple(of: 2)
                ? try CodebookFile(refiQDA: bytes)
                : try CodebookFile(commaSeparated: bytes, known: Codebook([]), using: cryptography)
            return Codebook(file.codes)
        }
        let codebook: Codebook
        do throws(CodebookFileError) { codebook = try read(bytes) } catch { return }
        guard let export = first.isMultiple(of: 2) ? codebook.refiQDA(origin: "fuzz") : codebook.commaSeparated() else {
            return try require(codebook.codes.isEmpty, "codes cannot be written")
        }
        try require(try read(export.bytes) == codebook, "a codebook changes when it is written and read")
        try require(codebook.tree(includesRedirected: true).count == codebook.codes.count, "the tree loses codes")
    }
}
