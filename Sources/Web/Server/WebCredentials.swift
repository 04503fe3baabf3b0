import DuctusFoundations
import DuctusTransport
import Synchronization

/// The tokens that are let in: one made anew at each start, for this machine's user, and those of the allow-list, which are kept as
/// hashes only.
package final class WebCredentials: Sendable {
    /// A client of the allow-list: its name and the SHA-256 of its token, hexadecimal.
    package struct Client: Sendable, Equatable {
        package var name: String
        package var tokenHash: String

        package init(name: String, tokenHash: String) {
            self.name = name
            self.tokenHash = tokenHash
        }
    }

    /// Never logged; written to a file of mode 0600 by the daemon.
    package let token: String
    private let tokenHash: String
    private let owner: PeerIdentity
    private let clients: Mutex<[String: String]>

    /// - Parameter owner: who the token of the start stands for.
    package init(owner: PeerIdentity, clients: [Client] = [], token: String = WebCredentials.makeToken()) {
        self.owner = owner
        self.token = token
        tokenHash = Self.hash(token)
        self.clients = Mutex(Self.table(clients))
    }

    /// The credentials that a reload changes.
    package func change(to clients: [Client]) { self.clients.withLock { $0 = Self.table(clients) } }

    /// The owner of a token; nil: nobody.
    ///
    /// Tokens are compared by their hashes, so that the time it takes tells nothing of the token.
    package func peer(token: String) -> PeerIdentity? {
        guard token.utf8.count <= 512 else { return nil }
        let hash = Self.hash(token)
        if hash == tokenHash { return owner }
        return clients.withLock { $0[hash] }.map { PeerIdentity.token($0) }
    }

    /// 192 bits from the system, in 48 hexadecimal digits.
    package static func makeToken() -> String {
        var system = SystemRandomNumberGenerator()
        return (0..<3).map { _ in
            let digits = String(UInt64.random(in: 0...(.max), using: &system), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    package static func hash(_ token: String) -> String {
        Array(token.utf8).withUnsafeBytes { SHA256.hex(of: $0) }
    }

    private static func table(_ clients: [Client]) -> [String: String] {
        Dictionary(clients.map { ($0.tokenHash.lowercased(), $0.name) }, uniquingKeysWith: { first, _ in first })
    }
}
