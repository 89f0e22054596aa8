import AnnotationModel
import Cryptography
import Interchange
import LocalStore
import TeamCoding

/// A round that its results may be made of, as the store has it now.
struct RevealedRound {
    let reading: RoundReading
    let names: RecordNames

    var material: RoundMaterial { reading.material }
    var id: RecordID { material.round }

    /// - Parameter text: Id or title of the round.
    /// - Throws: `noInput` if there is none, `dataError` if several are meant, `noPermission` while it is hidden.
    init(named text: String, reading reader: StoreReader) throws {
        let names = try RecordNames(reading: reader)
        let round = try Self.find(text, in: try reader.rounds(), names)
        let layers = names.layers.filter { $0.round == round.info.id }
        let coding = layers.filter { $0.kind == LayerKind.coding.rawValue }
        guard !coding.isEmpty, coding.allSatisfy({ $0.stage >= .revealed }) else {
            throw CommandFailure(
                .noPermission,
                "the round '\(round.title)' is not revealed: nobody compares codings while others may still code blind"
                    + " ('variorum sync' asks whether it has been revealed meanwhile)")
        }
        self.names = names
        do {
            reading = try RoundReading(round, reading: reader, names: names)
        } catch let error as RoundMaterialError {
            throw CommandFailure(.dataError, "the round '\(round.title)' cannot be compared: \(Self.sentence(error))")
        }
    }

    private static func sentence(_ error: RoundMaterialError) -> String {
        switch error {
        case .tooManyCoders: "it has more than \(RoundMaterial.coderMax) coders"
        case .tooManyCodings: "it has more than \(RoundMaterial.codingMax) codings"
        case .twoDocumentsOfOneID, .twoCodersOfOneID, .twoDecisionsOfOneID: "two of its records have one id"
        }
    }

    private static func find(_ text: String, in rounds: [RoundItem], _ names: RecordNames) throws -> RoundItem {
        let lowered = text.lowercased()
        var found = rounds.filter { $0.title.lowercased() == lowered }
        if found.isEmpty, text.count >= RecordNames.idDigitsMin { found = rounds.filter { $0.info.id.matches(text) } }
        if found.count == 1 { return found[0] }
        if found.count > 1 {
            let list = found.map { "  \($0.info.id.short)  \($0.title)" }.joined(separator: "\n")
            throw CommandFailure(.dataError, "'\(text)' could be several rounds:\n\(list)\nUse the id.")
        }
        let known = rounds.map { "'\($0.title)'" }.joined(separator: ", ")
        throw CommandFailure(
            .noInput, "there is no round '\(text)' here" + (known.isEmpty ? "" : "; there are \(known)"))
    }

    /// The clusters, and what is left to decide.
    func queue(thresholdPercent: Int) -> (clusters: [CodingCluster], queue: AdjudicationQueue) {
        let clusters = material.clusters(thresholdPercent: thresholdPercent)
        return (clusters, AdjudicationQueue(material, clusters: clusters, cryptography: OpenSSLCryptography()))
    }

    /// The gold layer, which the store's member must be allowed to write.
    func goldLayer() throws -> LayerID {
        let gold = names.layers.first { $0.round == id && $0.kind == LayerKind.gold.rawValue }
        guard let gold, gold.isWritable else {
            throw CommandFailure(
                .noPermission,
                "decisions of '\(material.title)' are the curators': you may not write in its gold layer")
        }
        return gold.id
    }

    /// Says on standard error what was left out.
    func remarkOmissions(_ context: CommandContext) {
        let omissions = reading.omissions
        func remark(_ count: Int, _ what: String) { if count > 0 { context.remark("left out: \(count) \(what)") } }
        remark(material.setAside.count, "codings that cannot be compared; 'round report' says why")
        remark(omissions.decisions, "decisions that a newer version of Variorum made")
        remark(omissions.statements, "statements whose annotation is not in the same layer")
        remark(omissions.lateDoubles, "late annotations with the id of one that came in time")
        remark(omissions.lateEdits, "late edits of codings made in time; 'variorum round late' shows them")
        remark(omissions.submissions, "submissions of what is not their maker's to submit")
    }
}
