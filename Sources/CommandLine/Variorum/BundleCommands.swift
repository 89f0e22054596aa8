import AnnotationModel
import ChangeLog
import Compression
import Interchange
import LocalStore
import WireFormat

extension Command {
    static let bundle = Command(
        "bundle", summary: "exchange work in files, without any server",
        discussion: """
            A bundle holds all that a store has of its layers, with the history, signed. Reading one takes in what is \
            missing here; what is here stays. Order and repetition do not matter.
            """,
        [bundleWrite, bundleRead])

    private static let bundleWrite = Command(
        CommandSpecification(
            "write", summary: "write a bundle for a colleague",
            discussion: "Private layers are left out unless they are named.",
            options: [.values("layer", "l", "layer", "Only this layer: shared, personal, private, or an id")],
            positionals: [PositionalSpecification("file", "The file to write")],
            examples: [
                CommandExample("variorum bundle write nino.bundle", "Write everything that is not private"),
                CommandExample(
                    "variorum bundle write all.bundle -l shared -l personal -l private", "For another device of yours"),
            ]),
        json: "`{output, bytes, layers, changes}`: the file, its size, and how many layers and changes it holds"
    ) { context in
        let store = try context.openStore()
        let wanted = context.arguments.values("layer")
        let layers: Set<LayerID>? =
            wanted.isEmpty
            ? nil
            : try store.read { reader in
                let names = try RecordNames(reading: reader)
                return Set(try wanted.map { try names.layer(named: $0).id })
            }
        let bundle = try store.bundle(layers: layers)
        let encoded = bundle.encoded
        guard encoded.count <= Bundle.bytesMax else {
            throw CommandFailure(
                .dataError,
                "the bundle would have \(size(encoded.count)), and no store reads more than \(size(Bundle.bytesMax)); name layers with --layer"
            )
        }
        let file = context.arguments.positional("file") ?? ""
        let bytes = Bundle.magic + Zstd.compress(encoded)
        try Files.replace(context.surroundings.absolute(file), with: bytes)
        let count = bundle.segments.reduce(0) { $0 + $1.entries.count }
        if context.isJSON {
            try context.write([
                "output": .text(file), "bytes": .number(bytes.count), "layers": .number(bundle.layers.count),
                "changes": .number(count),
            ])
        } else {
            try context.writeLine(
                printable(
                    "wrote \(file), \(size(bytes.count)): \(counted(count, "change")) in \(counted(bundle.layers.count, "layer"))"
                ))
        }
        return .success
    }

    private static let bundleRead = Command(
        CommandSpecification(
            "read", summary: "take in a colleague's bundle",
            discussion: "A store that holds nothing yet joins the bundle's workspace.",
            positionals: [PositionalSpecification("file", "The file to read")],
            examples: [CommandExample("variorum bundle read nino.bundle", "Take in Nino's work")]),
        json: """
            `{applied, known, new_layers, unvouched_devices, rejected: [{layer_id, replica, reason}]}`: changes that were new \
            here, and that were here already
            """
    ) { context in
        let store = try context.openStore()
        let file = context.arguments.positional("file") ?? ""
        let outcome = try store.read(try readBundle(file, context))
        let rejected = outcome.rejected.sorted { ($0.key.layer, $0.key.replica) < ($1.key.layer, $1.key.replica) }
        if context.isJSON {
            try context.write([
                "applied": .number(outcome.appliedCount), "known": .number(outcome.knownCount),
                "new_layers": .number(outcome.newLayers), "unvouched_devices": .number(outcome.unvouchedDevices),
                "rejected": .array(
                    rejected.map {
                        [
                            "layer_id": .text("\($0.key.layer)"), "replica": .text("\($0.key.replica)"),
                            "reason": .text($0.value),
                        ]
                    }),
            ])
        } else {
            try context.writeLine("\(counted(outcome.appliedCount, "change")) new, \(outcome.knownCount) known already")
            if outcome.unvouchedDevices > 0 {
                context.remark(
                    "no server vouches for \(counted(outcome.unvouchedDevices, "device")): whose work it is, you know from whoever gave you the file"
                )
            }
            for (chain, reason) in rejected {
                context.remark("not taken: changes of replica \("\(chain.replica)".prefix(8)): \(reason)")
            }
            let conflicts = try store.read { try $0.conflicts().count }
            if conflicts > 0 { context.remark("\(counted(conflicts, "conflict")): see 'variorum conflicts'") }
        }
        return rejected.isEmpty ? .success : .failure
    }

    /// - Throws: `dataError` for what is no bundle.
    static func readBundle(_ file: String, _ context: CommandContext) throws -> Bundle {
        let bytes = try Files.read(context.surroundings.absolute(file), atMost: Bundle.bytesMax)
        guard bytes.starts(with: Bundle.magic) else {
            throw CommandFailure(.dataError, "\(file) is no bundle, or one of a newer version")
        }
        do {
            let encoded = try Zstd.decompress(Array(bytes[Bundle.magic.count...]), maximumSize: Bundle.bytesMax)
            return try Bundle(decoding: encoded)
        } catch {
            throw CommandFailure(.dataError, "\(file) is damaged or cut off: \(error)")
        }
    }
}
