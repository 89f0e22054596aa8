import Glibc

/// What the system says of this process.
struct ProcessFigures: Sendable {
    let residentBytes: Int
    let openDescriptors: Int
    let descriptorsMax: Int
    let processorSeconds: Double
    let startSeconds: Int

    /// - Parameter startSeconds: When the process started, since 1970.
    init(startSeconds: Int) {
        self.startSeconds = startSeconds
        let pages = (try? Files.read("/proc/self/statm", atMost: 4096)).flatMap { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Int($0) }
        }
        residentBytes = (pages ?? 0) * sysconf(Int32(_SC_PAGESIZE))
        var count = 0
        if let folder = opendir("/proc/self/fd") {
            while readdir(folder) != nil { count += 1 }
            closedir(folder)
        }
        // Beside ".", ".." and the folder itself.
        openDescriptors = max(0, count - 3)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        descriptorsMax = Int(clamping: limit.rlim_cur)
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        processorSeconds = seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
