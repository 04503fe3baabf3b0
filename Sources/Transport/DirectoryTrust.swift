import Foundation
import Glibc

/// A check whether others can replace what lies in a directory. If so, its sockets may be anybody's.
package enum DirectoryTrust {
    /// The fault of a directory; nil: only this user and root can change its files.
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

    /// Whether others may change what is in a directory. In a sticky one, such as /tmp, everybody can create files, but change only their own.
    private static func isOpen(_ directory: stat, _ group: UInt32) -> Bool {
        if directory.st_mode & S_ISVTX != 0 { return false }
        let isGroupOpen = directory.st_mode & S_IWGRP != 0 && directory.st_gid != group && directory.st_gid != 0
        return directory.st_mode & S_IWOTH != 0 || isGroupOpen
    }

    private static func mode(_ entry: stat) -> String { "0" + String(entry.st_mode & 0o7777, radix: 8) }
}
