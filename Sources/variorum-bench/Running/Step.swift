import CommandLine

/// One round of a group of cases, or a part of one that needs a process of its own.
struct Step {
    let count: Int
    let folder: String
    let values: ArgumentValues
    private let output: FileOutput

    init(_ values: ArgumentValues, output: FileOutput) throws {
        self.values = values
        self.output = output
        count = try values.integer("n", in: 1...1_000_000) ?? 10_000
        folder = values.value("folder") ?? "/tmp"
    }

    func run() async throws {
        let name = values.positional("group") ?? ""
        switch name {
        case CaseGroup.raw.rawValue: try RawSQLite(self).run()
        case CaseGroup.local.rawValue: try LocalWriting(self).run()
        case CaseGroup.sync.rawValue: try await Syncing(self, batch: LocalWriting.batch).run()
        case CaseGroup.single.rawValue: try await Syncing(self, batch: 1).run()
        case CaseGroup.bytes.rawValue: try await BytesOnTheWire(self).run()
        case CaseGroup.edits.rawValue: try await Editing(self).run()
        case CaseGroup.merge.rawValue: try Merging(self).run()
        case CaseGroup.round.rawValue: try await RoundResults(self).run()
        case CaseGroup.agreement.rawValue: try Reliability(self).run()
        case CaseGroup.crowd.rawValue: try await Crowd(self).run()
        case CaseGroup.bootstrap.rawValue: try await Bootstrap(self).run()
        case CaseGroup.history.rawValue: try await LongHistory(self).run()
        case CaseGroup.growth.rawValue: try await Growth(self).run()
        case CrowdClients.stepName: try await CrowdClients(self).run()
        case CaseGroup.live.rawValue: try await LiveUpdates(self).run()
        case Listeners.stepName: try await Listeners.listen(self)
        case BenchServer.stepName: try await BenchServer.serve(self)
        case NewReplica.stepName: try await NewReplica.pull(self)
        case EditingClient.stepName: try await EditingClient(self).run()
        default: throw UsageError(.invalidValue, in: values.commandPath, "there is no group '\(name)'")
        }
    }

    func report(_ sample: Sample) throws { try say(sample.line) }

    /// Tells the process that started this one.
    func say(_ line: String) throws { try output.writeLine(line) }
}
