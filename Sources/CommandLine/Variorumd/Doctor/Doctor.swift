import HTTPServing

/// Looks at a data folder and what belongs to it, and changes nothing.
struct Doctor {
    let folder: String
    /// Milliseconds since 1970.
    let now: Int64

    static let dayMilliseconds: Int64 = 86_400_000

    /// Everything, in the order in which an operator would ask. What cannot be looked at is a finding too.
    ///
    /// - Parameter configuration: Loads it.
    func findings(_ configuration: () throws -> Configuration) async -> [Finding] {
        var findings: [Finding] = []
        let (loaded, plan) = examine(configuration, into: &findings)
        findings.append(files())
        findings.append(diskSpace())
        findings += database(loaded)
        findings.append(lastBackup())
        findings.append(leftovers())
        let process = ServingProcess(folder: folder)
        if let plan {
            findings += listening(plan)
            findings.append(openFiles(plan, process))
        }
        findings.append(await server(plan, process))
        return findings
    }

    private func examine(
        _ configuration: () throws -> Configuration, into findings: inout [Finding]
    ) -> (Configuration?, ServingPlan?) {
        let name = "configuration"
        let loaded: Configuration
        do {
            loaded = try configuration()
        } catch {
            findings.append(.problem(name, oneLine("\(error)"), "the server does not start with it"))
            return (nil, nil)
        }
        do {
            let plan = try ServingPlan(loaded, folder: folder, activated: nil)
            findings.append(.ok(name, "in order"))
            return (loaded, plan)
        } catch {
            findings.append(.problem(name, oneLine("\(error)"), "the server does not start with it"))
            return (loaded, nil)
        }
    }

    func oneLine(_ text: String) -> String { text.replacing("\n", with: "; ") }

    /// "3 days".
    func days(_ milliseconds: Int64) -> String { counted(Int(milliseconds / Self.dayMilliseconds), "day") }

    /// At most five of many names.
    func some(_ names: [String]) -> String {
        names.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
            + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }
}
