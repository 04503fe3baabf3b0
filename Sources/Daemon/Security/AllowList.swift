import DuctusTransportZeroMQ
import DuctusWeb
import Foundation

/// The list of clients that may connect, over TCP with a key or over HTTP with a token, and the rights of each.
///
/// ```yaml
/// clients:
///   - name: desk-3
///     key: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7'
///     rights: [publish, subscribe]
///     streams: [desk-3]
///     writers: [ann]
/// ```
package struct AllowList: Equatable, Sendable {
    package var clients: [AllowedClient]

    package init(_ clients: [AllowedClient] = []) {
        self.clients = clients
    }

    /// - Throws: `ConfigurationError` with every fault of the file.
    package init(contentsOf path: String) throws(ConfigurationError) {
        guard FileManager.default.fileExists(atPath: path) else {
            let problem = ConfigurationFault.Problem.missingFile(
                path: path, what: "allow-list", remedy: "'ductus keygen --client NAME' prints an entry for it")
            throw ConfigurationError([ConfigurationFault(problem, at: .file(path, line: nil, column: nil))])
        }
        var file = AllowListFile()
        var reading = ConfigurationReader(file: path)
        do throws(ConfigurationFault) {
            if let root = try ConfigurationLoader.parse(path) { reading.section(root, into: &file) }
        } catch {
            throw ConfigurationError([error])
        }
        var faults = reading.faults
        var owners: [String: String] = [:]
        for client in file.clients {
            let place = reading.places["clients[\(client.name)]"] ?? .file(path, line: nil, column: nil)
            if client.key.isEmpty, client.tokenHash.isEmpty {
                faults.append(
                    ConfigurationFault(.missingKey(example: "key: '…'"), key: "clients[\(client.name)].key", at: place))
            }
            for (name, secret) in [("key", client.key), ("token_sha256", client.tokenHash)] where !secret.isEmpty {
                guard let owner = owners.updateValue(client.name, forKey: secret) else { continue }
                faults.append(
                    ConfigurationFault(
                        .impossible(
                            reason: "has the same \(name) as '\(owner)'", remedy: "give each client one of its own"),
                        key: "clients[\(client.name)].\(name)", at: place))
            }
        }
        guard faults.isEmpty else { throw ConfigurationError(faults) }
        clients = file.clients
    }

    /// The clients that may come by HTTP with a token of their own.
    package var tokens: [WebCredentials.Client] {
        clients.filter { !$0.tokenHash.isEmpty }.map { .init(name: $0.name, tokenHash: $0.tokenHash) }
    }
}

/// One line of the allow-list.
package struct AllowedClient: NamedConfigurationSection {
    package enum Right: String, CaseIterable, Sendable { case publish, subscribe, correct, control }

    /// The name in logs and metrics; the key itself is never shown there.
    package var name = ""
    /// Public key, Z85; empty: it does not come over ZeroMQ.
    package var key = ""
    /// SHA-256 of its token, hexadecimal; empty: it does not come by HTTP.
    package var tokenHash = ""
    package var rights: [Right] = []
    /// Prefixes of the streams it may publish, subscribe to and correct; `''` is every stream.
    package var streams: [String] = []
    /// Prefixes of the writers that it may write and correct as; `''` is every writer. None: it writes under no name.
    package var writers: [String] = []

    package init() {}

    static let nameExample = "- name: desk-3"

    static let fields: [Field<AllowedClient>] = [
        .value("name", \.name, .text, .live) { $0.isEmpty ? "a name that is not empty" : nil },
        .value("key", \.key, .publicKey, .live),
        .value("token_sha256", \.tokenHash, .tokenHash, .live),
        .list("rights", \.rights, .choice, .live),
        .list("streams", \.streams, .text, .live),
        .list("writers", \.writers, .text, .live),
    ]
}

private struct AllowListFile: ConfigurationSection {
    var clients: [AllowedClient] = []

    static let fields: [Field<AllowListFile>] = [.sections("clients", \.clients)]
}

extension Notation<String> {
    fileprivate static let publicKey = Notation(
        expected: "a public key of 40 characters, in single quotes, as 'ductus keygen' prints it",
        read: { text in (try? CurveKey(text))?.text }, write: { $0 })

    fileprivate static let tokenHash = Notation(
        expected: "the SHA-256 of a token, 64 hexadecimal digits, as 'ductus keygen --token' prints it",
        read: { text in text.utf8.count == 64 && text.allSatisfy(\.isHexDigit) ? text.lowercased() : nil },
        write: { $0 })
}
