import Glibc

extension [UInt8] {
    func containsBytes(_ needle: [UInt8]) -> Bool {
        guard let first = needle.first, count >= needle.count else { return false }
        return withUnsafeBytes { hay in
            needle.withUnsafeBytes { needle in
                guard let start = hay.baseAddress, let wanted = needle.baseAddress else { return false }
                var place = 0
                let last = hay.count - needle.count
                while place <= last, let found = memchr(start + place, Int32(first), last - place + 1) {
                    if memcmp(found, wanted, needle.count) == 0 { return true }
                    place = start.distance(to: found) + 1
                }
                return false
            }
        }
    }
}
