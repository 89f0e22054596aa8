import Glibc
import ServerStore

extension Doctor {
    /// Whose the files are and who may read them.
    func files() -> Finding {
        let name = "files"
        var own = stat()
        guard stat(folder, &own) == 0 else {
            return .problem(name, "\(folder) cannot be seen: \(String(cString: strerror(errno)))", "look at its path")
        }
        guard geteuid() == 0 || geteuid() == own.st_uid else {
            return .problem(
                name, "the data folder is another user's",
                "run this as the user who owns it, such as with sudo -u variorum")
        }
        guard own.st_mode & 0o077 == 0 else {
            return .problem(
                name, "others may look into the data folder (mode \(octal(own.st_mode)))",
                "chmod 700 \(shellWord(folder))")
        }
        for file in (try? Files.names(in: folder)) ?? [] {
            let path = folder + "/" + file
            var status = stat()
            // What is gone meanwhile is nobody's concern.
            guard lstat(path, &status) == 0 else { continue }
            guard status.st_uid == own.st_uid else {
                return .problem(
                    name, "\(file) is another user's than the folder, and the server may not be able to write it",
                    "chown --reference=\(shellWord(folder)) \(shellWord(path))")
            }
            if file == "tls-key.pem", status.st_mode & 0o077 != 0 {
                return .problem(
                    name, "others may read the TLS key (mode \(octal(status.st_mode)))", "chmod 600 \(shellWord(path))")
            }
        }
        return .ok(name, "all are the folder's owner's, and nobody else may look at them")
    }

    private func octal(_ mode: mode_t) -> String { String(mode & 0o777, radix: 8) }

    /// An upgrade copies the database beside itself.
    func diskSpace() -> Finding {
        let name = "disk"
        var system = statvfs()
        guard statvfs(folder, &system) == 0 else {
            return .problem(name, "free space is not known: \(String(cString: strerror(errno)))", "look at the disk")
        }
        let free = Int(clamping: UInt64(system.f_bavail) * UInt64(system.f_frsize))
        let used = ["", "-wal"].reduce(0) { $0 + size(of: ServerDatabase.fileName + $1) }
        let text = "\(free / 1_000_000) MB are free, the database has \(used / 1_000_000) MB"
        if free < 64_000_000 {
            return .problem(name, text, "make room, or pushes will be refused soon")
        }
        if free < used {
            return .warning(name, text, "make room: an upgrade makes a copy of the database beside it")
        }
        return .ok(name, text)
    }

    private func size(of file: String) -> Int {
        var status = stat()
        return stat(folder + "/" + file, &status) == 0 ? Int(status.st_size) : 0
    }

    func lastBackup() -> Finding {
        let name = "backup"
        guard let last = LastBackup(in: folder) else {
            return .warning(name, "none is known", "make one every day: variorumd backup TARGET")
        }
        let age = now - last.at
        guard age > -Self.dayMilliseconds else {
            return .warning(name, "the last one is from the future", "look at the clock of this machine")
        }
        if age > 7 * Self.dayMilliseconds {
            return .warning(name, "the last one is \(days(age)) old", "make one every day: variorumd backup TARGET")
        }
        guard Files.isFolder(last.path) else {
            return .warning(
                name, "the last one is not at \(last.path) any more", "make sure that it was kept somewhere else")
        }
        return .ok(name, "the last one is \(days(max(0, age))) old")
    }

    /// What was cut off: by a name that ends with its process.
    func leftovers() -> Finding {
        let places = [folder] + (LastBackup(in: folder).map { [Files.folder(of: $0.path)] } ?? [])
        let found = places.flatMap { place in Leftover.all(in: place).map { place + "/" + $0 } }
        guard !found.isEmpty else { return .ok("leftovers", "nothing was left by what was cut off") }
        return .warning(
            "leftovers", "\(found.joined(separator: ", ")): left by a backup or upgrade that was cut off",
            "remove what no process is working on any more")
    }
}

/// Unfinished work of a process that does not run any more.
enum Leftover {
    /// The names, sorted. A process of another machine that works in a shared folder looks the same: so nothing is removed.
    static func all(in folder: String) -> [String] {
        ((try? Files.names(in: folder)) ?? []).filter { name in
            guard let range = name.firstRange(of: ".unfinished-") else { return false }
            let number = name[range.upperBound...].prefix { $0.isASCII && $0.isNumber }
            guard let process = pid_t(number), process > 0 else { return false }
            return kill(process, 0) != 0 && errno == ESRCH
        }
    }
}
