import DuctusTransport
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
