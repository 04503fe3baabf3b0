import Foundation
import Glibc

/// The directory of a daemon's sockets, where no configuration names one.
package enum SocketDirectory {
    /// The one of this user's own daemon; of root, the machine's.
    package static func own(_ environment: [String: String], _ user: UInt32 = geteuid()) -> String {
        if let directory = environment["XDG_RUNTIME_DIR"], !directory.isEmpty { return directory + "/ductus" }
        return user == 0 ? ofMachine : "/tmp/ductus-\(user)"
    }

    /// The directory that a client uses: that of this user's own daemon if it runs, else the machine's. Sockets that a stranger could have put there
    /// are nobody's.
    package static func ofRunningDaemon(
        _ environment: [String: String] = ProcessInfo.processInfo.environment, _ user: UInt32 = geteuid()
    ) -> String {
        let own =
            environment["RUNTIME_DIRECTORY"]?.split(separator: ":").first.map(String.init) ?? own(environment, user)
        let runs =
            FileManager.default.fileExists(atPath: own + "/control")
            && DirectoryTrust.danger(of: own, user: user) == nil
        return !runs && FileManager.default.fileExists(atPath: ofMachine + "/control") ? ofMachine : own
    }

    private static let ofMachine = "/run/ductus"
}
