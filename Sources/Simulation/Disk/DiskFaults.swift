/// What is wrong with a machine's disk, call by call.
final class DiskFaults {
    enum Fault {
        /// The call fails and does nothing.
        case fail
        /// The call does half of its work and fails.
        case short
        /// The process ends in the middle of the call.
        case crash
    }

    enum Outcome {
        case none
        case fail
        case short
        case crash
        case full
    }

    /// Every write fails for want of room.
    var isFull = false
    private var countdown = 0
    private var fault = Fault.fail
    /// How many calls fail in a row once it has begun.
    private var repetitions = 1
    private(set) var injectedCount = 0

    /// The `number`-th call from now on goes wrong, and `repetitions - 1` more after it.
    func arm(_ fault: Fault, atCall number: Int, repetitions: Int = 1) {
        self.fault = fault
        countdown = number
        self.repetitions = repetitions
    }

    func disarm() { countdown = 0 }

    var isArmed: Bool { countdown > 0 }

    private var isSuspended = false

    /// Runs `body` on a disk without faults.
    func suspended<T>(_ body: () throws -> T) rethrows -> T {
        isSuspended = true
        defer { isSuspended = false }
        return try body()
    }

    func next(isWrite: Bool) -> Outcome {
        if isSuspended { return .none }
        if countdown > 0 {
            countdown -= 1
            if countdown == 0 {
                injectedCount += 1
                if repetitions > 1 {
                    repetitions -= 1
                    countdown = 1
                }
                switch fault {
                case .fail: return .fail
                case .short: return isWrite ? .short : .fail
                case .crash: return .crash
                }
            }
        }
        if isFull && isWrite {
            injectedCount += 1
            return .full
        }
        return .none
    }
}
