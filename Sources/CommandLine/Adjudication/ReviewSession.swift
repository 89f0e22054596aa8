import AnnotationModel
import TeamCoding

/// Somebody who goes through what is left to decide of a round: keys in, screens and actions out, without a terminal or a store.
struct ReviewSession {
    /// What is to be done after a key.
    enum Action: Hashable {
        case none
        /// To be written now; then `recorded` or `failed` is called.
        case record(DecisionDraft)
        case leave
    }

    enum Mode: Hashable {
        case looking
        /// The codes that stand are typed.
        case codes(String)
        /// The reason is typed.
        case rationale(DecisionDraft, String)
        /// The decision is being written.
        case recording(DecisionDraft)
        /// Everything has been shown.
        case done
    }

    let material: RoundMaterial
    let entries: [AdjudicationQueue.Entry]
    let coderNames: AnonymousCoders
    private let queue: AdjudicationQueue
    private let codeNamed: @Sendable (String) throws -> RecordID
    private(set) var place = 0
    private(set) var mode = Mode.looking
    /// What there is to say about the last key.
    private(set) var message = ""
    /// Lines of the body that are scrolled away.
    private(set) var scroll = 0
    /// What was decided here, by place.
    private(set) var decided: [Int: Decided] = [:]
    /// Decisions that were replaced here: who replaces one twice makes rivals.
    private var replaced: Set<RecordID> = []

    struct Decided: Hashable {
        let outcome: DecisionOutcome
        let ids: [RecordID]
    }

    /// Characters of a typed line at most.
    static let lineMax = 2000

    /// - Parameter codeNamed: Finds a code by what somebody types; what it throws is shown.
    init(
        _ material: RoundMaterial, queue: AdjudicationQueue, codeNamed: @escaping @Sendable (String) throws -> RecordID
    ) {
        self.material = material
        self.queue = queue
        self.codeNamed = codeNamed
        entries = queue.entries
        coderNames = material.anonymousCoders
        if entries.isEmpty { mode = .done }
    }

    var entry: AdjudicationQueue.Entry? { entries.indices.contains(place) ? entries[place] : nil }

    /// Who marked something in the cluster that is shown, in the order of their letters: the first has key 1.
    var coders: [MemberID] {
        guard let entry else { return [] }
        let here = Set(entry.cluster.codings.map(\.coder))
        return coderNames.order.filter(here.contains)
    }

    mutating func press(_ key: KeyPress) -> Action {
        message = ""
        if key == .interrupt || key == .end { return .leave }
        switch mode {
        case .looking: return look(key)
        case .codes(let text): return type(key, text)
        case .rationale(let draft, let text): return type(key, text, draft)
        case .recording: return .none
        case .done:
            switch key {
            case .character("q"), .enter, .escape: return .leave
            case .character("b"): goBack()
            default: break
            }
            return .none
        }
    }

    /// The decision is written.
    mutating func recorded(_ ids: [RecordID]) {
        guard case .recording(let draft) = mode else { return }
        replaced.formUnion(draft.supersedes)
        decided[place] = Decided(outcome: draft.outcome, ids: ids)
        goOn()
    }

    /// The decision could not be written; it is asked for again.
    mutating func failed(_ reason: String) {
        guard case .recording(let draft) = mode else { return }
        mode = .rationale(draft, draft.rationale)
        message = reason
    }

    // MARK: Keys

    private mutating func look(_ key: KeyPress) -> Action {
        guard let entry else { return .none }
        let supersedes =
            decided[place]?.ids ?? queue.decisionsToReplace(for: entry.cluster).filter { !replaced.contains($0) }
        switch key {
        case .character(let digit) where ("1"..."9").contains(digit):
            let number = digit.wholeNumberValue ?? 0
            guard coders.indices.contains(number - 1),
                let draft = DecisionDraft.accepting(coders[number - 1], in: entry.cluster, supersedes: supersedes)
            else {
                message = "There is no coding \(number) here."
                return .none
            }
            mode = .rationale(draft, "")
        case .character("r"): mode = .rationale(.rejecting(entry.cluster, supersedes: supersedes), "")
        case .character("u"): mode = .rationale(.leavingOpen(entry.cluster, supersedes: supersedes), "")
        case .character("e"): mode = .codes("")
        case .character("s"): goOn()
        case .character("b"): goBack()
        case .character("q"): return .leave
        case .down, .character(" "), .character("j"): scroll += 1
        case .up, .character("k"): scroll = max(0, scroll - 1)
        default: message = "This key means nothing here."
        }
        return .none
    }

    private mutating func type(_ key: KeyPress, _ text: String) -> Action {
        switch key {
        case .enter:
            guard let entry else { return .none }
            var codes: [RecordID] = []
            for word in text.split(separator: ",") {
                let words = word.split(separator: " ")
                guard let first = words.first, let last = words.last else { continue }
                do { codes.append(try codeNamed(String(word[first.startIndex..<last.endIndex]))) } catch {
                    message = "\(error)"
                    return .none
                }
            }
            guard !codes.isEmpty else {
                message = "Type at least one code, or Escape; r decides that nothing belongs here."
                return .none
            }
            let supersedes =
                decided[place]?.ids ?? queue.decisionsToReplace(for: entry.cluster).filter { !replaced.contains($0) }
            mode = .rationale(.replacing(with: codes, in: entry.cluster, supersedes: supersedes), "")
        case .escape: mode = .looking
        default: mode = .codes(Self.edited(text, key))
        }
        return .none
    }

    private mutating func type(_ key: KeyPress, _ text: String, _ draft: DecisionDraft) -> Action {
        switch key {
        case .enter:
            var draft = draft
            draft.rationale = text
            mode = .recording(draft)
            return .record(draft)
        case .escape: mode = .looking
        default: mode = .rationale(draft, Self.edited(text, key))
        }
        return .none
    }

    private static func edited(_ text: String, _ key: KeyPress) -> String {
        switch key {
        case .character(let character): text.count < lineMax ? text + String(character) : text
        case .erase: String(text.dropLast())
        default: text
        }
    }

    private mutating func goOn() {
        scroll = 0
        place += 1
        mode = place < entries.count ? .looking : .done
    }

    private mutating func goBack() {
        guard place > 0 else {
            message = "This is the first one."
            return
        }
        scroll = 0
        place -= 1
        mode = .looking
    }
}
