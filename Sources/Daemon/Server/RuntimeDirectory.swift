import Foundation
import Glibc

/// The directory of the ipc sockets, held by one daemon at a time: two would take each other's sockets.
final class RuntimeDirectory: Sendable {
    let path: String
    private let lock: Int32

    /// Makes the directory if need be and locks it until this object goes.
    ///
    /// - Throws: `ServerFault.runtimeDirectory`, also for a directory in which others could replace the sockets;
    ///   `ServerFault.alreadyRunning`.
    init(_ path: String) throws(ServerFault) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
        } catch {
            throw .runtimeDirectory(path: path, reason: error.localizedDescription)
        }
        if let danger = DirectoryTrust.danger(of: path) { throw .runtimeDirectory(path: path, reason: danger) }
        lock = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard lock >= 0 else { throw .runtimeDirectory(path: path, reason: String(cString: strerror(errno))) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw .alreadyRunning(path: path)
        }
    }

    deinit { close(lock) }
}

/// Whether what lies in a directory can be replaced by others: then its sockets may be anybody's.
package enum DirectoryTrust {
    /// What is wrong with it; nil: only this user and root can change what lies there.
    package static func danger(of path: String, user: UInt32 = geteuid(), group: UInt32 = getegid()) -> String? {
        let path = URL(filePath: path).standardizedFileURL.path
        var link = stat()
        var directory = stat()
        guard lstat(path, &link) == 0, stat(path, &directory) == 0 else { return String(cString: strerror(errno)) }
        for entry in [link, directory] where entry.st_uid != user && entry.st_uid != 0 {
            return
                "it belongs to \(MachineUser.name(of: entry.st_uid) ?? "uid \(entry.st_uid)"), who could replace the sockets"
        }
        guard directory.st_mode & S_IFMT == S_IFDIR else { return "it is no directory" }
        if isOpen(directory, group) {
            return "others can write there, and so replace the sockets (mode \(mode(directory)))"
        }
        let parent = URL(filePath: path).deletingLastPathComponent().path
        guard stat(parent, &directory) == 0 else { return String(cString: strerror(errno)) }
        if isOpen(directory, group) {
            return "others can write in \(parent), and so replace it (mode \(mode(directory)))"
        }
        return nil
    }

    /// In a sticky directory, such as /tmp, everybody can write, but touch only what is their own.
    private static func isOpen(_ directory: stat, _ group: UInt32) -> Bool {
        if directory.st_mode & S_ISVTX != 0 { return false }
        let isGroupOpen = directory.st_mode & S_IWGRP != 0 && directory.st_gid != group && directory.st_gid != 0
        return directory.st_mode & S_IWOTH != 0 || isGroupOpen
    }

    private static func mode(_ entry: stat) -> String { "0" + String(entry.st_mode & 0o7777, radix: 8) }
}
