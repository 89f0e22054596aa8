import AnnotationModel
import ChangeLog
import Foundation
import LocalStore
import SQLiteBinding
import ServerStore
import SyncClient
import Synchronization
import TestSupport
import Testing
import WireFormat

/// Random teams on real stores: lost and repeated messages, copied stores, stores and servers put back to old states,
/// bundles by hand. Whatever happens, nothing that anybody made is lost, and all agree in the end.
@Suite struct ChaosTests {
    static var seeds: [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["VARIORUM_SEED"].flatMap(UInt64.init) { return [seed] }
        let first = environment["VARIORUM_FIRST_SEED"].flatMap(UInt64.init) ?? 1
        return Array(first..<(first + (environment["VARIORUM_SEEDS"].flatMap(UInt64.init) ?? 12)))
    }

    @Test(arguments: seeds) func everythingMadeIsThereInTheEnd(seed: UInt64) async throws {
        var world = try await World(seed: seed)
        do {
            try await world.live()
            try await world.settle()
            let problems = try world.problems()
            #expect(problems == [], "repeat with: VARIORUM_SEED=\(seed) swift test --filter ChaosTests")
        } catch {
            Issue.record("\(error); repeat with: VARIORUM_SEED=\(seed) swift test --filter ChaosTests")
        }
    }
}

private struct World {
    private struct Actor {
        let name: String
        let member: String
        var device: Device
        var snapshot: SavedFiles?
    }

    private let team: Team
    private var random: SplitMix64
    private var actors: [Actor] = []
    private var made: [RecordID: LayerID] = [:]
    private var serverBackup: String?
    private var log: [String] = []
    private var counter = 0

    init(seed: UInt64) async throws {
        random = SplitMix64(seed: seed)
        let members = ["ana", "ben", "cem"].prefix(2 + random.below(2))
        team = try await Team(members: Array(members), seed: seed)
        for member in members {
            for number in 0..<(1 + random.below(2)) {
                let name = "\(member)-\(number)"
                actors.append(Actor(name: name, member: member, device: try await team.device(name, of: member)))
            }
        }
    }

    mutating func live() async throws {
        for _ in 0..<(40 + random.below(80)) {
            team.clock.advance(Int64(random.below(100_000)))
            // A clock that is ten years off harms nobody.
            if random.chance(1, in: 40) { team.clock.advance(Int64(random.below(2) * 2 - 1) * 315_360_000_000) }
            let place = random.below(actors.count)
            switch random.below(20) {
            case 0..<9: try write(place)
            case 9..<15: await sync(place, isFaulty: true)
            case 15: actors[place].snapshot = try actors[place].device.store.snapshotFiles()
            case 16: try restore(place)
            case 17: if actors.count < 7 { try copy(place) }
            case 18: try exchange(place, random.below(actors.count))
            default: try serverChanges()
            }
        }
    }

    // MARK: Deeds

    private mutating func write(_ place: Int) throws {
        let store = actors[place].device.store
        let layers = try store.read { try $0.layers() }.filter(\.isWritable)
        guard !layers.isEmpty else { return }
        let layer = random.pick(layers).id
        let alive = try store.read { reader in
            try reader.codes().map(\.info).filter { $0.layer == layer }.map(\.id)
        }
        counter += 1
        let text = Value.text("\(actors[place].name) \(counter)")
        if alive.isEmpty || random.chance(1, in: 3) {
            let id = try store.write { try $0.create(.code, in: layer, [(Field.Code.name, text)]) }
            made[id] = layer
            log.append("\(actors[place].name) makes \(id.short)")
            return
        }
        let id = random.pick(alive)
        switch random.below(6) {
        case 0: try store.write { try $0.delete(id, in: layer) }
        case 1: _ = try store.undo()
        case 2:
            try store.write { try $0.set(Field.Code.colour, of: id, in: layer, to: .text("#00000\(random.below(9))")) }
        default: try store.write { try $0.set(Field.Code.name, of: id, in: layer, to: text) }
        }
    }

    private mutating func sync(_ place: Int, isFaulty: Bool) async {
        let dice = Mutex(SplitMix64(seed: random.next()))
        let device = actors[place].device
        log.append("\(actors[place].name) syncs")
        _ = try? await device.sync(faults: { _ in
            guard isFaulty else { return .none }
            return dice.withLock { dice in
                switch dice.below(12) {
                case 0: .loseRequest
                case 1: .loseReply
                case 2: .duplicate
                default: .none
                }
            }
        })
    }

    /// The disk as it was, under the running device: its work since then is gone unless others have it.
    private mutating func restore(_ place: Int) throws {
        guard let snapshot = actors[place].snapshot else { return }
        log.append("\(actors[place].name) is restored")
        actors[place].device.store = try LocalStore.restoreFiles(
            snapshot, into: actors[place].device.store.folder, options: team.options)
        try forgetWhatNobodyHolds()
    }

    /// What was on one disk alone, or on one disk and a server whose disk went too, is gone: nobody can bring it back.
    private mutating func forgetWhatNobodyHolds() throws {
        for (id, layer) in made {
            let isHeld = try actors.contains { actor in
                let store = actor.device.store
                guard try store.read({ try $0.layers() }).contains(where: { $0.id == layer }) else { return false }
                return try store.read { try $0.state(of: id, in: layer) }?.creation != nil
            }
            if isHeld { continue }
            let server = try Connection(path: team.serverFolder + "/server.sqlite")
            let find = try server.prepare("SELECT 1 FROM feed WHERE instr(payload, ?1) LIMIT 1")
            find.bind(id.bytes, at: 1)
            if try !find.step() { made[id] = nil }
        }
    }

    private mutating func copy(_ place: Int) throws {
        counter += 1
        let name = "\(actors[place].name)-copy\(counter)"
        let folder = team.folder.path + "/" + name
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let target = folder + "/" + StoreFolder.name
        try FileManager.default.copyItem(atPath: actors[place].device.store.folder.path, toPath: target)
        log.append("\(actors[place].name) is copied to \(name)")
        var device = actors[place].device
        device.store = try LocalStore.open(StoreFolder(path: target), options: team.options)
        actors.append(
            Actor(name: name, member: actors[place].member, device: device))
    }

    private mutating func exchange(_ from: Int, _ to: Int) throws {
        guard from != to else { return }
        log.append("\(actors[from].name) gives \(actors[to].name) a bundle")
        _ = try actors[to].device.store.read(actors[from].device.store.bundle())
    }

    private mutating func serverChanges() throws {
        if let backup = serverBackup, random.chance(1, in: 2) {
            log.append("the server is restored")
            try team.restoreServer(from: backup)
            try forgetWhatNobodyHolds()
        } else {
            counter += 1
            let path = team.folder.path + "/backup-\(counter)"
            log.append("the server is backed up")
            try team.copyServer(to: path)
            serverBackup = path
        }
    }

    // MARK: In the end

    mutating func settle() async throws {
        for _ in 0..<4 {
            for place in actors.indices {
                log.append("\(actors[place].name) syncs without faults")
                do {
                    let summary = try await actors[place].device.sync()
                    for (_, why) in summary.blocked { log.append("blocked: \(why)") }
                } catch {
                    log.append("\(actors[place].name): \(error)")
                }
            }
        }
    }

    func problems() throws -> [String] {
        var problems: [String] = []
        var prints: [LayerID: (String, String)] = [:]
        // What only a colleague's bundle held when its maker's disk was put back: kept aside, exportable.
        let aside = try Set(
            actors.flatMap { actor in
                try actor.device.store.read { try $0.setAside() }.flatMap { item in
                    item.segment.entries.flatMap { entry -> [RecordID] in
                        guard case .payload(let bytes) = entry.body else { return [] }
                        return (try? Payload(decoding: bytes, by: item.segment.replica).operations.map(\.record)) ?? []
                    }
                }
            })
        for actor in actors {
            let layers = try actor.device.store.read { try $0.layers() }
            for layer in layers where layer.pendingCount > 0 {
                problems.append("\(actor.name) still has \(layer.pendingCount) changes to send in \(layer.kindName)")
            }
            for (layer, print) in try actor.device.fingerprint() {
                if let (name, other) = prints[layer], other != print {
                    problems.append("\(actor.name) and \(name) differ in layer \(layer): \(print) against \(other)")
                }
                prints[layer] = (actor.name, print)
            }
            let report = try actor.device.store.check()
            problems += report.problems.map { "\(actor.name): \($0)" }
            let readable = Set(layers.map(\.id))
            for (id, layer) in made where readable.contains(layer) && !aside.contains(id) {
                if try actor.device.store.read({ try $0.state(of: id, in: layer) })?.creation == nil {
                    problems.append("\(actor.name) lacks \(id.short)")
                }
            }
        }
        return problems.isEmpty ? [] : problems + log.suffix(80)
    }
}
