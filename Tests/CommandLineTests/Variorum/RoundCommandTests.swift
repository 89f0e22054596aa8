import AnnotationModel
import Foundation
import LocalStore
import ServerStore
import TestSupport
import Testing

@testable import CommandLine

/// A curator, two coders and their server.
private struct Coders {
    let team: Team
    let cora: Device
    let ana: Device
    let ben: Device
    let desk: Desk

    init() async throws {
        team = try await Team(members: ["cora", "ana", "ben"])
        for name in ["ana", "ben"] {
            try await team.server.addMember(workspace: Team.workspace, user: name, role: .analyst)
        }
        cora = try await team.device("cora", of: "cora")
        ana = try await team.device("ana", of: "ana")
        ben = try await team.device("ben", of: "ben")
        desk = try Desk()
        try desk.write(try treaty(), to: "treaty.txt")
        try desk.write("A second report.\n", to: "second.txt")
        try await succeed(cora, "import", "treaty.txt", "second.txt")
        try await succeed(cora, "code", "add", "framing")
        try await syncAll()
    }

    func syncAll() async throws {
        for _ in 0..<2 { for device in [cora, ana, ben] { try await device.sync() } }
    }

    func run(_ device: Device, _ arguments: [String]) async throws -> Desk.Result {
        let folder = String(device.store.folder.path.dropLast("/.variorum".count))
        return try await desk.run(arguments + ["--store", folder])
    }

    @discardableResult
    func succeed(
        _ device: Device, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await run(device, arguments)
        #expect(result.code == 0, "\(arguments): \(result.errors)", sourceLocation: sourceLocation)
        return result.output
    }

    @discardableResult
    func fail(
        _ device: Device, _ code: Int32, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await run(device, arguments)
        #expect(result.code == code, "\(arguments): \(result.output)\(result.errors)", sourceLocation: sourceLocation)
        return result.errors
    }

    @discardableResult
    func json(
        _ device: Device, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [String: Any] {
        let result = try await run(device, arguments + ["--json"])
        #expect(result.code == 0, "\(arguments): \(result.errors)", sourceLocation: sourceLocation)
        return try #require(try result.json() as? [String: Any], sourceLocation: sourceLocation)
    }

    func list(
        _ device: Device, _ name: String, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [[String: Any]] {
        let result = try await run(device, arguments + ["--json"])
        let object = try #require(try result.json() as? [String: Any], sourceLocation: sourceLocation)
        return try #require(object[name] as? [[String: Any]], sourceLocation: sourceLocation)
    }

    /// A round of both documents for both coders, under way.
    func start(_ options: String...) async throws {
        let result = try await run(cora, ["round", "create", "Pilot", "--coders", "ana", "-c", "ben"] + options)
        #expect(result.code == 0, "\(result.errors)")
        try await succeed(cora, "round", "start", "pilot")
        try await syncAll()
    }
}

@Suite("Rounds", .serialized)
struct RoundCommandTests {
    @Test("a blind round from its beginning to its publication")
    func blindRound() async throws {
        let team = try await Coders()
        let (cora, ana, ben) = (team.cora, team.ana, team.ben)
        let made = try await team.json(
            cora, "round", "create", "Pilot", "--coders", "ana", "-c", "ben", "--reveal", "hand", "--codebook",
            "-i", "Mark what is claimed.")
        #expect(made["state"] as? String == "draft" && made["is_blind"] as? Bool == true)
        #expect((made["assignments"] as? [Any])?.count == 4 && made["codebook_revision"] as? String != nil)
        try await team.syncAll()
        #expect(try await team.succeed(ana, "round", "worklist").contains("not open yet"))
        try await team.succeed(cora, "round", "start", "Pilot")
        try await cora.sync()
        try await team.syncAll()
        let work = try await team.succeed(ana, "round", "worklist")
        #expect(work.contains("not begun") && work.contains("Mark what is claimed."))

        // What ana makes goes to her coding layer, and nothing tells of it.
        let first = try await team.json(
            ana, "annotate", "1", "-q", "no legal standing", "-c", "framing", "--create", "-c", "own idea")
        let annotation = try #require(first["id"] as? String)
        #expect(first["layer"] as? String == "coding")
        #expect(
            try await team.json(ana, "statement", annotation, "--speaker", "Psaki", "--create")["layer"] as? String
                == "coding")
        #expect(try await team.json(ana, "comment", annotation, "hm")["layer"] as? String == "coding")
        #expect(try await team.json(ana, "memo", "add", "odd", "--about", "1")["layer"] as? String == "coding")
        #expect(try await team.json(ana, "memo", "add", "on the project")["layer"] as? String == "personal")
        let codes = try await team.list(ana, "codes", "code", "list")
        #expect(codes.first { $0["name"] as? String == "own idea" }?["layer"] as? String == "coding")
        #expect(try await team.list(ana, "entities", "entity", "list")[0]["layer"] as? String == "coding")
        #expect(try await team.list(ana, "codes", "code", "add", "another")[0]["layer"] as? String == "coding")
        #expect(try await team.json(ana, "entity", "add", "Kerry")["layer"] as? String == "coding")
        // The stamp is of the shared codebook, which has not changed.
        #expect(first["codebook_revision"] as? String == made["codebook_revision"] as? String)
        let refusal = try await team.fail(ana, 77, "annotate", "1", "-q", "issued special", "--layer", "personal")
        #expect(refusal.contains("blind round 'Pilot'") && refusal.contains("--outside-round"))
        let draft = try await team.json(ana, "annotate", "1", "-q", "issued special", "--private")
        #expect(draft["layer"] as? String == "private")
        #expect(try await team.fail(ana, 77, "code", "add", "told", "--shared").contains("curator"))

        let given = try await team.succeed(ana, "export", "-f", "jsonl")
        #expect(!given.contains("own idea") && !given.contains(annotation) && given.contains("\"annotation_count\":0"))
        #expect(try await team.succeed(ana, "export", "-f", "jsonl", "--include-private").contains("own idea"))
        try await team.syncAll()
        #expect(try await team.list(ben, "annotations", "list").isEmpty)
        #expect(try await team.list(cora, "codes", "code", "list").count == 1)
        #expect(try await team.list(cora, "entities", "entity", "list").isEmpty)

        // Submitting, and thinking better of it.
        #expect(try await team.fail(ana, 65, "round", "submit", "--all").contains("--empty"))
        #expect(try await team.succeed(ana, "round", "submit", "1").contains("1 coding"))
        try await team.succeed(ana, "round", "submit", "--all", "--empty")
        #expect(try await team.fail(ana, 77, "annotate", "1", "-q", "issued special").contains("reopen"))
        #expect(try await team.fail(ana, 77, "edit", annotation, "note=x").contains("reopen"))
        #expect(try await team.fail(ana, 77, "delete", annotation).contains("reopen"))
        try await team.succeed(ana, "round", "reopen", "1")
        #expect(try await team.fail(ana, 65, "round", "reopen", "1").contains("not submitted"))
        try await team.succeed(ana, "edit", annotation, "note=sure")
        #expect(try await team.json(ana, "round", "submit", "1")["unfinished"] as? [String] == [])

        try await team.succeed(ben, "annotate", "1", "-q", "no legal standing", "--create", "-c", "Own Idea")
        try await team.succeed(ben, "annotate", "2", "-q", "second")
        let bens = try #require(try await team.json(ben, "round", "submit", "-a")["unfinished"] as? [String])
        #expect(bens.count == 1 && bens[0].contains("no code and no statement"))
        for device in [cora, ana, ben] {
            let given = try await team.succeed(device, "export", "-f", "jsonl")
            #expect(given.contains("\"kind\":\"assignment\"") && !given.contains("\"kind\":\"submission\""))
        }
        #expect(try await team.fail(cora, 77, "round", "publish", "Pilot").contains("not revealed"))
        #expect(try await team.fail(cora, 77, "round", "join", "Pilot").contains("not revealed"))
        try await team.syncAll()
        #expect(try await team.fail(ana, 77, "round", "reveal", "Pilot").contains("curator"))
        try await team.succeed(cora, "round", "reveal", "Pilot")
        try await team.syncAll()

        for device in [cora, ana, ben] {
            #expect(
                try await team.list(device, "annotations", "list").filter { $0["layer"] as? String == "coding" }.count
                    == 3)
        }
        let shown = try await team.list(cora, "assignments", "round", "show", "Pilot")
        #expect(shown.count == 4 && shown.allSatisfy { $0["is_unaltered"] as? Bool == true })
        #expect(shown.compactMap { $0["submitted_codings"] as? Int } == [1, 0, 1, 1])
        #expect(try await team.succeed(ben, "round", "show", "Pilot").contains("fits"))
        #expect(try await team.fail(ana, 77, "round", "reopen", "1").contains("takes nothing any more"))
        #expect(try await team.succeed(ana, "export", "-f", "jsonl").contains("own idea"))

        // The coders' codes become the team's, without a word of theirs being rewritten.
        #expect(try await team.fail(ana, 77, "round", "join", "Pilot").contains("curator"))
        let joined = try await team.list(cora, "codes", "round", "join", "Pilot")
        #expect(joined.compactMap { ($0["stands_for"] as? [Any])?.count } == [1, 2])
        #expect(try await team.list(cora, "annotations", "list", "--code", "own idea").count == 2)
        let psaki = try #require(try await team.list(cora, "entities", "entity", "list").last)
        #expect(psaki["layer"] as? String == "shared" && (psaki["stands_for"] as? [Any])?.count == 1)
        #expect(try await team.list(cora, "statements", "statement", "list", "-s", "Psaki").count == 1)
        #expect(try await team.run(cora, ["round", "join", "Pilot"]).errors.contains("nothing to join"))
        #expect(try await team.list(cora, "conflicts", "conflicts").isEmpty)

        try await team.succeed(cora, "round", "publish", "Pilot")
        try await team.syncAll()
        #expect(try await team.list(ana, "rounds", "round")[0]["stage"] as? String == "published")
    }

    @Test("what is altered after it was submitted does not fit its seal")
    func altered() async throws {
        let team = try await Coders()
        try await team.start("--reveal", "hand")
        let made = try await team.json(team.ana, "annotate", "1", "-q", "no legal standing", "-c", "framing")
        let annotation = try #require((made["id"] as? String).flatMap { RecordID($0) })
        try await team.succeed(team.ana, "round", "submit", "-a", "--empty")
        // As another program would.
        let layers = try team.ana.store.read { try $0.layers() }
        let layer = try #require(layers.first { $0.kind == LayerKind.coding.rawValue })
        try team.ana.store.write {
            try $0.set(Field.Annotation.note, of: annotation, in: layer.id, to: .text("later"))
        }
        try await team.ana.sync()
        try await team.succeed(team.cora, "round", "reveal", "Pilot")
        try await team.syncAll()
        let shown = try await team.list(team.ben, "assignments", "round", "show", "Pilot")
        #expect(shown.compactMap { $0["is_unaltered"] as? Bool } == [false, true])
        #expect(shown.allSatisfy { $0["is_submitted"] as? Bool != nil })
        #expect(try await team.succeed(team.ben, "round", "show", "Pilot").contains("altered since"))
    }

    @Test("what comes too late is kept for the adjudicators")
    func late() async throws {
        let team = try await Coders()
        try await team.start("--reveal", "hand")
        try await team.succeed(team.ana, "annotate", "1", "-q", "no legal standing", "-c", "framing")
        try await team.succeed(team.cora, "round", "close", "Pilot")
        try await team.cora.sync()
        try await team.ana.sync()
        #expect(try await team.succeed(team.ana, "refused").contains("--keep-late"))
        #expect(
            try await team.fail(team.ana, 77, "annotate", "1", "-q", "issued special").contains("no codings any more"))
        #expect(try await team.fail(team.ana, 64, "refused", "--keep-late", "--dismiss", "1").contains("one thing"))
        #expect(try await team.json(team.ana, "refused", "--keep-late")["kept"] as? Int == 1)
        #expect(try await team.run(team.ana, ["refused", "--keep-late"]).errors.contains("nothing came too late"))
        try await team.ana.sync()
        try await team.succeed(team.cora, "round", "reveal", "Pilot")
        try await team.syncAll()
        #expect(try await team.succeed(team.cora, "round", "show", "Pilot").contains("late: 1 annotation by ana"))
        #expect(try await team.list(team.cora, "annotations", "list")[0]["layer"] as? String == "late")
        #expect(try await team.list(team.ben, "annotations", "list").isEmpty)
    }

    @Test("a curator who codes blind is told that the codebook is everybody's")
    func sharedWhileBlind() async throws {
        let team = try await Coders()
        let cora = team.cora
        try await team.succeed(
            cora, "round", "create", "Pilot", "--coders", "cora", "--coders", "ana", "--reveal", "hand")
        let before = try await team.run(cora, ["code", "rename", "framing", "Framing"])
        #expect(!before.errors.contains("everybody sees this"))
        try await team.succeed(cora, "round", "start", "Pilot")
        try await team.syncAll()
        try await team.syncAll()
        for words in [
            ["code", "rename", "framing", "frames"], ["code", "split", "frames", "denial", "blame"],
            ["statement", "type", "add", "claim", "--variable", "strength:integer"],
        ] {
            let told = try await team.run(cora, words)
            #expect(told.errors.contains("although you code blind in round 'Pilot'"), "\(words): \(told.errors)")
        }
    }

    @Test("what is changed too late of a coding made in time is shown, and changes nothing")
    func lateEdits() async throws {
        let team = try await Coders()
        try await team.start("--reveal", "hand")
        let made = try await team.json(team.ana, "annotate", "1", "-q", "no legal standing", "-c", "framing")
        let id = try #require(made["id"] as? String)
        try await team.ana.sync()
        try await team.succeed(team.ana, "edit", id, "note=on second thoughts")
        try await team.succeed(team.ana, "annotate", "1", "-q", "issued special", "-c", "framing")
        try await team.succeed(team.cora, "round", "close", "Pilot")
        try await team.cora.sync()
        try await team.ana.sync()
        #expect(try await team.json(team.ana, "refused", "--keep-late")["kept"] as? Int == 2)
        try await team.ana.sync()
        try await team.succeed(team.cora, "round", "reveal", "Pilot")
        try await team.syncAll()

        let late = try await team.list(team.cora, "late", "round", "late", "Pilot")
        #expect(late.compactMap { $0["is_in_time"] as? Bool } == [true, false])
        #expect(late.allSatisfy { $0["name"] as? String == "ana" })
        let text = try await team.succeed(team.cora, "round", "late", "Pilot")
        #expect(text.contains("made in time") && text.contains("on second thoughts"))
        #expect(text.contains("“no legal standing”"))
        #expect(text.contains("“issued special”"))
        let queue = try await team.run(team.cora, ["round", "adjudicate", "Pilot", "--list"])
        #expect(queue.errors.contains("1 late edits of codings made in time"))
        #expect(try await team.list(team.ben, "late", "round", "late", "Pilot").isEmpty)
        #expect(try await team.run(team.ben, ["round", "late", "Pilot"]).errors.contains("nothing that may be read"))
    }

    @Test("a round of all is revealed by the last submission, and waits for nothing that was withdrawn")
    func all() async throws {
        let team = try await Coders()
        try await team.start()
        #expect(try await team.fail(team.cora, 77, "round", "reveal", "Pilot").contains("all of its assignments"))
        try await team.succeed(team.ana, "annotate", "1", "-q", "no legal standing", "-c", "framing")
        try await team.succeed(team.ana, "round", "submit", "-a", "--empty")
        try await team.syncAll()
        #expect(try await team.list(team.cora, "annotations", "list").isEmpty)
        #expect(try await team.fail(team.cora, 64, "round", "withdraw", "Pilot").contains("--coder"))
        #expect(
            try await team.fail(team.cora, 66, "round", "withdraw", "Pilot", "-c", "cora").contains("does not code"))
        let withdrawn = try await team.list(team.cora, "withdrawn", "round", "withdraw", "Pilot", "--coder", "ben")
        #expect(withdrawn.count == 2)
        try await team.syncAll()
        #expect(try await team.list(team.ben, "annotations", "list").count == 1)
        #expect(try await team.list(team.cora, "rounds", "round")[0]["stage"] as? String == "revealed")
    }

    @Test("what cannot be a round is refused, and says why")
    func refusals() async throws {
        let team = try await Coders()
        let (cora, ana) = (team.cora, team.ana)
        let create = ["round", "create", "R", "--coders", "ana"]
        func refusal(_ code: Int32, _ arguments: [String], by device: Device) async throws -> String {
            let result = try await team.run(device, arguments)
            #expect(result.code == code, "\(arguments) \(result.output)\(result.errors)")
            return result.errors
        }
        #expect(try await refusal(65, create, by: cora).contains("1 to 1"))
        #expect(try await refusal(64, create + ["-k", "1", "--blind", "--open"], by: cora).contains("exclude"))
        #expect(try await refusal(64, create + ["-k", "1", "--seed", "3"], by: cora).contains("--random"))
        #expect(try await refusal(64, create + ["-k", "1", "--reveal", "date"], by: cora).contains("--on"))
        #expect(try await refusal(64, create + ["-k", "1", "--on", "2030-01-01"], by: cora).contains("--reveal date"))
        #expect(
            try await refusal(65, create + ["-k", "1", "--reveal", "date", "--on", "2015-03"], by: cora).contains(
                "no day"))
        #expect(
            try await refusal(65, create + ["-k", "1", "--reveal", "date", "--on", "2015-03-18"], by: cora)
                .contains("not ahead"))
        #expect(try await refusal(77, create + ["-k", "1"], by: ana).contains("curator"))
        #expect(
            try await refusal(66, ["round", "create", "R", "-k", "1", "--coders", "eka"], by: cora).contains(
                "ana, ben, cora"))
        #expect(try await refusal(66, ["round", "show", "Pilott"], by: cora).contains("no round"))
        #expect(try await team.list(cora, "rounds", "round").isEmpty)

        // Without a round everything is as it was.
        #expect(try await team.json(ana, "annotate", "1", "-q", "no legal standing")["layer"] as? String == "personal")
        #expect(try await team.fail(ana, 66, "round", "submit", "-a").contains("nothing for you"))

        let random = try await team.json(
            cora, "round", "create", "R", "-c", "ana", "-k", "1", "--random", "--seed", "7")
        #expect(random["seed"] as? Int == 7)
        #expect(try await refusal(65, create + ["-k", "1"], by: cora).contains("already"))
        try await team.succeed(cora, "round", "start", "R")
        try await team.cora.sync()
        // Ana hears of the round before its layers are hers to write.
        _ = try team.ana.store.read(team.cora.store.bundle())
        #expect(try await team.fail(ana, 75, "annotate", "1", "-q", "issued special").contains("sync"))
        #expect(try await team.fail(ana, 75, "round", "submit", "-a").contains("sync"))
        try await team.syncAll()
        try await team.succeed(cora, "round", "create", "S", "-c", "ana", "-k", "1", "--open")
        try await team.succeed(cora, "round", "start", "S")
        try await team.syncAll()
        #expect(try await team.fail(ana, 64, "annotate", "1", "-q", "issued special").contains("--round"))
        #expect(try await team.fail(ana, 64, "round", "submit", "-a").contains("--round"))
        let open = try await team.json(ana, "annotate", "1", "-q", "issued special", "--round", "S")
        #expect(open["layer"] as? String == "coding")
        let outside = try await team.json(ana, "annotate", "1", "-q", "issued special", "--outside-round")
        #expect(outside["layer"] as? String == "personal")
        try await team.syncAll()
        #expect(try await team.list(team.ben, "annotations", "list").count == 3, "an open round hides nothing")
    }
}
