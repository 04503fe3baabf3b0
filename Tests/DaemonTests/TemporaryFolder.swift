import DuctusDaemon
import DuctusTransportZeroMQ
import Foundation

/// A folder of one test, gone with it; holds a model folder so that the default pipeline finds one.
final class TemporaryFolder {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory.resolvingSymlinksInPath().appendingPathComponent(
                "ductus-\(UUID().uuidString)"
            ).path
        try FileManager.default.createDirectory(atPath: path + "/models/english", withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Points at this folder and nothing of the machine's.
    var environment: [String: String] {
        [
            "XDG_CONFIG_HOME": path + "/none", "XDG_RUNTIME_DIR": "/run/t", "XDG_STATE_HOME": path,
            "DUCTUS_DIRECTORIES_MODELS": path + "/models",
        ]
    }

    /// The defaults, as `environment` sets them.
    var defaults: Configuration {
        var configuration = Configuration()
        configuration.directories.models = path + "/models"
        return configuration
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    /// A server's key and an allow-list with one client, as systemd lays credentials out.
    func writeKeys() throws {
        try KeyFile.write(try CurveKeyPair(), to: path + "/keys_server.key", comment: "test")
        let key = try CurveKeyPair().publicKey.text
        try write(
            "keys_clients.yaml",
            "clients:\n  - {name: desk, key: '\(key)', rights: [publish, subscribe], streams: [desk-]}\n")
    }
}
