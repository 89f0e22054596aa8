import AnnotationModel
import ChangeLog
import Cryptography
import Foundation
import Interchange
import LocalStore
import ServerStore
import TeamCoding
import TestSupport
import Testing

@testable import CommandLine

/// The commands on a round that a team has coded and revealed.
@Suite struct RoundResultTests {
    private func material(_ team: RevealedTeam, _ device: Device? = nil) throws -> RoundMaterial {
        try (device ?? team.cora).store.read { reader in
            try RoundReading(
                #require(reader.rounds().first), reading: reader, names: RecordNames(reading: reader)
            ).material
        }
    }

    @Test func `A round is read alike on every device`() async throws {
        let team = try await RevealedTeam()
        let material = try material(team)
        #expect(material.codings.count == 5 && material.setAside.isEmpty && material.coders.count == 2)
        #expect(material.documents.map(\.coders.count) == [2])
        #expect(
            material.documents.first?.text == RevealedTeam.text + (material.documents[0].text?.last == "\n" ? "\n" : "")
        )
        let said = try #require(material.codings.first { !$0.statements.isEmpty })
        #expect(said.statements[0][.builtIn(.concept)] == [.record(team.sovereignty)])
        #expect(said.statements[0][.builtIn(.speaker)] == [.record(team.minister)])
        for device in [team.ana, team.ben] { #expect(try self.material(team, device) == material) }
    }

    @Test func `A hidden round tells nothing`() async throws {
        let team = try await RevealedTeam(isRevealed: false)
        for words in [
            ["agreement"], ["adjudicate"], ["export", "-f", "csv"], ["export", "-f", "jsonld"],
            ["report", "-o", "report"],
        ] {
            let result = try await team.desk("ana").run(["round", words[0], "First round"] + words.dropFirst())
            #expect(result.code == ExitCode.noPermission.rawValue && result.output.isEmpty, "\(words)")
            #expect(result.errors.contains("is not revealed"))
        }
    }

    @Test func `Merged codes count as the code that stands for them, and keep their names`() async throws {
        let team = try await RevealedTeam()
        let shared = try team.cora.layer(.shared)
        try team.cora.store.write {
            _ = try $0.set(Field.Code.mergedInto, of: team.mediation, in: shared, to: .identifier(team.sovereignty))
        }
        let material = try material(team)
        #expect(material.codings.allSatisfy { !$0.codes.contains(team.mediation) })
        #expect(material.codings.count { $0.appliedCodes == [team.mediation] && $0.codes == [team.sovereignty] } == 2)
        #expect(material.names[team.mediation] == "mediation")
    }

    @Test func `Late codings are shown as late, and count in no agreement`() async throws {
        let team = try await RevealedTeam()
        let late = try team.ana.store.read { try $0.ownLayer(.late, of: team.round) }
        let before = try material(team, team.ana)
        try team.annotate(team.ana, "both sides agreed", [team.mediation], in: late)
        let after = try material(team, team.ana)
        #expect(after.codings.count { $0.isLate } == 1)
        let tables = try RoundAgreementTables(after)
        let earlier = try RoundAgreementTables(before)
        #expect(tables.lateCount == 1 && tables.ratings == earlier.ratings)
        let merge = PreMerge(.incompleteAndAgreeing)
        let cluster = try #require(after.clusters().first { $0.codings.contains(where: \.isLate) })
        #expect(merge.proposal(for: cluster) != nil && DecisionDraft.proposed(by: merge, for: cluster) == nil)
    }

    @Test func `Agreement says what it is of, and what is undefined`() async throws {
        let team = try await RevealedTeam()
        let desk = team.desk()
        let answer = try await desk.json("round", "agreement", "First round", "--pairs")
        let lines = try #require(answer["lines"] as? [[String: Any]])
        #expect(
            lines.map { $0["subject"] as? String } == [
                "all codes", "mediation", "sovereignty", "variable speaker", "variable concept", "variable position",
                "Treaty", "ana and ben",
            ])
        #expect(lines.map { $0["units"] as? Int } == [3, 3, 3, 1, 1, 1, 3, 3])
        #expect(lines.map { $0["incomplete"] as? Int } == [0, 0, 0, 0, 0, 0, 0, 0])
        #expect(lines.map { $0["variable"] as? String }[2...5] == [nil, "speaker", "concept", "position"])
        #expect(lines[3]["parameters"] as? String == "metric=masi overlap=50 variable=speaker")
        let sovereignty = try #require(lines[2]["value"] as? String)
        #expect(sovereignty == "1.0")
        let kappa = try await desk.succeed("round", "agreement", "First round", "-m", "kappa", "--code", "sovereignty")
        #expect(kappa.contains("cohen-kappa") && kappa.contains("1.000"))
        let spans = try await desk.succeed("round", "agreement", "First round", "-m", "gamma", "--code", "mediation")
        #expect(spans.contains("gamma"))
        try await desk.fail(64, "round", "agreement", "First round", "-m", "beta")
        try await desk.fail(66, "round", "agreement", "Second round")
    }

    @Test func `A round's annotations have the targets that the workspace's have`() async throws {
        let team = try await RevealedTeam()
        func items(_ text: String) throws -> [String: [String: Any]] {
            let file = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            let page = try #require(file["first"] as? [String: Any])
            let items = try #require(page["items"] as? [[String: Any]])
            return Dictionary(items.map { ($0["id"] as? String ?? "", $0) }, uniquingKeysWith: { first, _ in first })
        }
        let text = try await team.desk().succeed("round", "export", "First round", "-f", "jsonld")
        let whole = try items(try await team.desk().succeed("export", "-f", "jsonld"))
        let round = try items(text)
        #expect(round.count == 5)
        for (id, item) in round {
            let (mine, its) = (item["target"] as? NSDictionary, whole[id]?["target"] as? NSDictionary)
            #expect(mine != nil && mine == its)
            #expect(item["creator"] as? NSDictionary == whole[id]?["creator"] as? NSDictionary)
        }
        #expect(try await team.desk("ben").succeed("round", "export", "First round", "-f", "jsonld") == text)
        let letters = try await team.desk().succeed("round", "export", "First round", "-f", "jsonld", "--anonymous")
        for device in [team.ana, team.ben] {
            let member = try device.store.read { try $0.ownMember() }
            #expect(!letters.contains(urn(member)) && text.contains(urn(member)))
        }
        #expect(letters.contains("\"Coder A\"") && letters.contains("\"Coder B\""))
    }

    private func urn(_ member: MemberID) -> String {
        let digits = "\(member)"
        return String(digits.prefix(8)) + "-" + String(digits.dropFirst(8).prefix(4))
    }

    @Test func `JSON lines hold a revealed round's work, and its decisions once they are published`() async throws {
        let team = try await RevealedTeam()
        try await team.desk().succeed("round", "agreement", "First round", "--record")
        let gold = try team.cora.store.read { try $0.ownLayer(.gold, of: team.round) }
        _ = try team.cora.store.write { transaction in
            try transaction.create(
                .decision, in: gold,
                [
                    (Field.Decision.round, .identifier(team.round)),
                    (Field.Decision.document, .identifier(team.document)),
                    (Field.Decision.version, .identifier(team.version)),
                    (Field.Decision.range, .list([.integer(0), .integer(5)])),
                    (Field.Decision.inputs, .bytes([])),
                    (Field.Decision.inputHash, .bytes(Array(repeating: 7, count: 32))),
                    (Field.Decision.outcome, .text("reject")), (Field.Decision.rationale, .text("A heading.")),
                ])
        }
        func lines(_ words: String...) async throws -> [[String: Any]] {
            try await team.desk().run(["export", "-f", "jsonl"] + words).output.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
        }
        func count(_ kind: String, _ lines: [[String: Any]]) -> Int { lines.count { $0["kind"] as? String == kind } }
        let given = try await lines()
        #expect(count("round", given) == 1 && count("assignment", given) == 2 && count("submission", given) == 2)
        // Both are in the gold layer, which is its curators' until it is published.
        #expect(count("agreement_run", given) == 0 && count("decision", given) == 0)
        let all = try await lines("--include-private")
        #expect(count("agreement_run", all) == 7)
        let decision = try #require(all.first { $0["kind"] as? String == "decision" })
        #expect(decision["rationale"] as? String == "A heading." && decision["end"] as? Int == 5)
        let one = try await lines("--document", "\(team.document)")
        #expect(count("round", one) == 1 && count("submission", one) == 2 && count("agreement_run", one) == 0)
        let rows = try await team.desk().run(["export", "-f", "csv"]).errors
        #expect(rows.contains("not in this format: rounds (1)"))
    }

    @Test func `Variables that a type defines are compared at the level that is asked for`() async throws {
        let team = try await RevealedTeam(certainties: [(ana: 2, ben: 2), (ana: 5, ben: 4)])
        let certainty = try #require(team.claim).variable
        let desk = team.desk()
        let words = ["round", "agreement", "First round", "--variable", "Certainty", "--level", "interval", "--pairs"]
        let answer = try await desk.run(words + ["--json"])
        let object = try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any]
        let lines = try #require(object?["lines"] as? [[String: Any]])
        #expect(
            lines.map { $0["subject"] as? String } == [
                "variable certainty", "variable certainty: Treaty", "variable certainty: ana and ben",
            ])
        // By hand: units (2, 2), (5, 4): D_o = 2·1/4, squares over 2 2 5 4: 2·(2·9 + 2·4 + 1)/12 = 4.5; 1 − 0.5/4.5.
        #expect(lines.count { abs((Double($0["value"] as? String ?? "") ?? 0) - 8.0 / 9) < 1e-12 } == 3)
        #expect(lines.allSatisfy { $0["left_out"] as? Int == 0 })
        #expect(lines.allSatisfy { $0["variable"] as? String == "\(certainty)" })
        try await desk.succeed(words[0], words[1], words[2], words[3], "\(certainty)", "--level", "ordinal", "--record")
        let runs = try team.cora.store.read { try $0.agreementRuns(of: team.round) }
        #expect(
            runs.map(\.parameters).sorted() == [
                "metric=ordinal overlap=50 variable=\(certainty)",
                "metric=ordinal overlap=50 variable=\(certainty) document=\(team.document)",
            ])
        var request = RoundAgreement.Request()
        request.variables = [.defined(certainty)]
        request.level = .ordinal
        for line in try RoundAgreement(try material(team), request, cryptography: OpenSSLCryptography()).lines {
            let run = try #require(runs.first { $0.parameters == line.parameters })
            #expect(run.inputHash == line.row.run.inputHash.bytes)
            #expect(run.value == line.row.run.coefficient.value.map { "\($0)" } && run.value != nil)
        }
        try await desk.succeed("round", "report", "First round", "--output", "report")
        #expect(try desk.read("report/round.html").contains("variable certainty"))

        // What has no such order, no levels, no variables, or is not there.
        let ranks = try await desk.run(["round", "agreement", "First round", "--variable", "speaker", "-l", "ordinal"])
        #expect(ranks.code == 65 && ranks.errors.contains("the values of 'speaker' have no ordinal scale"))
        try await desk.fail(64, "round", "agreement", "First round", "--level", "ordinal")
        try await desk.fail(64, "round", "agreement", "First round", "-m", "gamma", "--variable", "speaker")
        try await desk.fail(
            64, "round", "agreement", "First round", "-m", "ac1", "--variable", "certainty", "-l", "ordinal")
        let unknown = try await desk.run(["round", "agreement", "First round", "--variable", "certanty"])
        #expect(unknown.code == 66 && unknown.errors.contains("Did you mean 'certainty'?"))
    }

    @Test func `Recorded figures can be computed again from what they say`() async throws {
        let team = try await RevealedTeam()
        try await team.desk().succeed(
            "round", "agreement", "First round", "--record", "--bootstrap", "50", "--seed", "7")
        let runs = try team.cora.store.read { try $0.agreementRuns(of: team.round) }
        #expect(runs.count == 7 && runs.allSatisfy { $0.seed == 7 && $0.measure == "krippendorff-alpha" })
        var request = RoundAgreement.Request()
        request.bootstrap = Bootstrap(resamples: 50, seed: 7)
        let again = try RoundAgreement(try material(team), request, cryptography: OpenSSLCryptography())
        for line in again.lines {
            let run = try #require(runs.first { $0.parameters == line.parameters })
            #expect(run.inputHash == line.row.run.inputHash.bytes)
            #expect(run.value == line.row.run.coefficient.value.map { "\($0)" })
            #expect(run.units == line.row.run.coefficient.counts.units)
        }
        // Who is no curator may not write them.
        try await team.team.server.addMember(workspace: Team.workspace, user: "ben", role: .analyst)
        try await team.syncAll()
        try await team.desk("ben").fail(77, "round", "agreement", "First round", "--record")
    }

    @Test func `Decisions are written with their results, and replaced by later ones`() async throws {
        let team = try await RevealedTeam()
        let desk = team.desk()
        var clusters = try await desk.list("clusters", "round", "adjudicate", "First round", "--list")
        #expect(clusters.count == 3)
        let both = try #require(
            clusters.first { ($0["coders"] as? [String])?.count == 2 && $0["disagreement"] as? Int != 0 })
        let name = try #require(both["cluster"] as? String)
        try await desk.succeed(
            "round", "adjudicate", "First round", "--decide", name, "--accept", "ana", "--rationale", "Says who.")
        var material = try material(team)
        let first = try #require(material.decisions.first)
        #expect(first.outcome == .accept && first.rationale == "Says who." && first.inputs.count == 2)
        let gold = try #require(material.goldCodings.first)
        #expect(gold.id == first.result && gold.codes == [team.sovereignty])
        #expect(gold.statements.first?[.builtIn(.speaker)] == [.record(team.minister)])
        clusters = try await desk.list("clusters", "round", "adjudicate", "First round", "--list")
        #expect(clusters.count == 2)

        try await desk.succeed(
            "round", "adjudicate", "First round", "--decide", name, "--replace", "mediation", "--replace", "sovereignty"
        )
        material = try self.material(team)
        let standing = try #require(material.standingDecisions().first)
        #expect(standing.decision.outcome == .replace && standing.superseded.map(\.id) == [first.id])
        #expect(standing.rivals.isEmpty)
        for arguments in [
            ["--decide", name], ["--decide", name, "--reject", "--unresolved"], ["--reject"],
            ["--pre-merge", "threshold:0:5"], ["--list", "--pre-merge", "complete-agreeing"],
        ] {
            let result = try await desk.run(["round", "adjudicate", "First round"] + arguments)
            #expect(result.code == 64, "\(arguments)")
        }
        try await desk.fail(66, "round", "adjudicate", "First round", "--decide", "ffffffffffff", "--reject")
        #expect(try self.material(team).decisions.count == 2)
    }

    @Test func `A strategy decides what it can, once`() async throws {
        let team = try await RevealedTeam()
        let desk = team.desk()
        let answer = try await desk.json("round", "adjudicate", "First round", "--pre-merge", "complete-agreeing")
        #expect(answer["decided"] as? Int == 1 && answer["left"] as? Int == 2)
        let again = try await desk.json("round", "adjudicate", "First round", "--pre-merge", "complete-agreeing")
        #expect(again["decided"] as? Int == 0 && again["left"] as? Int == 2)
        let decision = try #require(try material(team).decisions.first)
        #expect(decision.strategy == "complete-agreeing ranges=overlapping" && decision.outcome == .accept)
    }

    @Test func `What is published is the same on every device, byte for byte`() async throws {
        let team = try await RevealedTeam()
        try await team.desk().succeed("round", "adjudicate", "First round", "--pre-merge", "threshold:1:50")
        try await team.syncAll()
        try await team.syncAll()
        var all: [[String]] = []
        for name in ["cora", "ana"] {
            let desk = team.desk(name)
            var files: [String] = []
            for format in ["csv", "jsonl"] {
                files.append(try await desk.succeed("round", "export", "First round", "--format", format))
            }
            for format in ["graphml", "csv", "svg"] {
                files.append(
                    try await desk.succeed(
                        "round", "network", "First round", "--mode", "actor-concept", "--format", format, "--actor",
                        "speaker", "--source", "everybody"))
            }
            try await desk.succeed("round", "report", "First round", "--output", "report", "--bootstrap", "20")
            for file in ["round.html", "document-\(team.document).html"] {
                files.append(try desk.read("report/" + file))
            }
            all.append(files)
        }
        #expect(all[0] == all[1])
        #expect(
            all[0][0].contains("sovereignty") && all[0][2].contains("Minister") && all[0][5].contains("First round"))
        let anonymous = try await team.desk().succeed("round", "export", "First round", "-f", "csv", "--anonymous")
        #expect(anonymous.contains("Coder A") && !anonymous.contains("ana"))
    }
}
