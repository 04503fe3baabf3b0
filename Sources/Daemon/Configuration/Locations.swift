import DuctusTransport
import DuctusTransportZeroMQ
import Foundation

/// The directories in use: those of the configuration, else those of systemd, else those of the user.
package struct Locations: Equatable, Sendable {
    /// Sockets.
    package var runtime: String
    /// Journal and generations.
    package var state: String
    /// Folders searched for a model by name, in this order.
    package var models: [String]

    /// - Parameter executable: The program's own path: an installed one finds its models in `../share/ductus/models`.
    package init(
        _ directories: Configuration.Directories = .init(), environment: [String: String],
        user: UInt32 = geteuid(), executable: String = CommandLine.arguments.first ?? ""
    ) {
        runtime =
            directories.runtime ?? Self.first(environment["RUNTIME_DIRECTORY"])
            ?? SocketDirectory.own(environment, user)
        state = directories.state ?? Self.first(environment["STATE_DIRECTORY"]) ?? Self.state(environment, user)
        if let models = directories.models {
            self.models = [models]
        } else {
            let binaries = URL(fileURLWithPath: executable).resolvingSymlinksInPath().deletingLastPathComponent()
            let beside = binaries.deletingLastPathComponent().appendingPathComponent("share/ductus/models").path
            models = [beside, "/usr/share/ductus/models", "models"]
        }
    }

    /// An ipc endpoint with a relative path, placed in the runtime directory.
    package func resolve(_ endpoint: Endpoint) -> Endpoint {
        guard let path = endpoint.path, !path.hasPrefix("/") else { return endpoint }
        return Endpoint(ipc: "\(runtime)/\(path)")
    }

    /// The folder or file of a model; nil if there is none.
    package func model(_ name: String) -> String? {
        let candidates = name.hasPrefix("/") || name.hasPrefix(".") ? [name] : models.map { "\($0)/\(name)" }
        return candidates.first { FileManager.default.fileExists(atPath: $0) }
    }

    private static func state(_ environment: [String: String], _ user: UInt32) -> String {
        if let directory = environment["XDG_STATE_HOME"], !directory.isEmpty { return directory + "/ductus" }
        if user == 0 { return "/var/lib/ductus" }
        return (environment["HOME"] ?? "/tmp/ductus-\(user)") + "/.local/state/ductus"
    }

    /// systemd separates several directories by colons.
    private static func first(_ list: String?) -> String? {
        list?.split(separator: ":").first.map(String.init)
    }
}
