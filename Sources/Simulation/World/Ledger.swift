import AnnotationModel

/// The beginning of an id, for people.
func shortName<Tag>(_ id: Identifier<Tag>) -> String { String(id.description.prefix(8)) }

/// What one user action did in one layer, known by its action id: it keeps that when it is given new numbers.
struct Work: Hashable {
    let action: ActionID
    /// Of the layer.
    let kind: UInt8
}

/// Everything that anybody made, and what is owed for it.
struct Ledger {
    struct Entry {
        let work: Work
        let device: Int
        /// Whether the server has acknowledged it, in which of its lives.
        var acknowledgedIn: Int?
        /// Nobody holds it any more after a disk was lost or put back; nothing is owed for it.
        var isGone = false
    }

    private(set) var entries: [Work: Entry] = [:]
    /// In the order in which they were made.
    private(set) var order: [Work] = []
    /// Made on each device and not known to be acknowledged.
    private var waiting: [Int: [Work]] = [:]

    mutating func add(_ work: Work, device: Int) {
        guard entries[work] == nil else { return }
        entries[work] = Entry(work: work, device: device)
        order.append(work)
        waiting[device, default: []].append(work)
    }

    func waiting(on device: Int) -> [Work] { waiting[device] ?? [] }

    mutating func acknowledge(_ works: Set<Work>, device: Int, life: Int) {
        guard !works.isEmpty else { return }
        for work in works { entries[work]?.acknowledgedIn = life }
        waiting[device]?.removeAll { works.contains($0) }
    }

    /// The server lives again from an older copy: what it holds then is all that it is held to.
    mutating func forgetAcknowledgements(but held: Set<Work>, life: Int) {
        for work in order {
            guard let entry = entries[work], entry.acknowledgedIn != nil else { continue }
            entries[work]?.acknowledgedIn = held.contains(work) ? life : nil
            if !held.contains(work) { waiting[entry.device, default: []].append(work) }
        }
    }

    mutating func giveUp(_ work: Work) { entries[work]?.isGone = true }

    func acknowledged(in life: Int) -> [Work] { order.filter { entries[$0]?.acknowledgedIn == life } }

    func owed() -> [Entry] { order.compactMap { entries[$0] }.filter { !$0.isGone } }
}
