import Dispatch

/// Runs work one piece after the other, in the order in which it was given; giving it does not wait.
///
/// A dispatch queue in life; simulators put their scheduler here.
public struct WorkQueue: Sendable {
    private let submit: @Sendable (@escaping @Sendable () -> Void) -> Void

    public init(_ submit: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) { self.submit = submit }

    /// A serial queue of the system.
    public static func dispatch(label: String) -> WorkQueue {
        let queue = DispatchQueue(label: label)
        return WorkQueue { work in queue.async(execute: work) }
    }

    func run(_ work: @escaping @Sendable () -> Void) { submit(work) }
}
