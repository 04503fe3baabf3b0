import DuctusWeb
import Glibc

/// The address and the token of the HTTP server, in two files of the runtime directory, for `ductus pad` and other programs of this user.
///
/// `http.address` holds the URL for this machine and, on further lines, where it listens and under which other names; `http.token` holds
/// the token of this start. Both have mode 0600, and both go when the server stops.
package struct WebAddressFiles: Sendable {
    package static let addressName = "http.address"
    package static let tokenName = "http.token"

    private let runtime: String

    package init(runtime: String) {
        self.runtime = runtime
    }

    package var addressPath: String { runtime + "/" + Self.addressName }
    package var tokenPath: String { runtime + "/" + Self.tokenName }

    /// The contents of the files.
    package struct Contents: Sendable, Equatable {
        /// Scheme, host and port: `http://127.0.0.1:7718`.
        package var address: String
        package var token: String
        /// The address at which it listens: `127.0.0.1`, `0.0.0.0`.
        package var host: String
        /// Further names.
        package var names: [String]

        package init(address: String, token: String, host: String, names: [String] = []) {
            self.address = address
            self.token = token
            self.host = host
            self.names = names
        }

        /// The pad's address; the token is in the fragment, which a browser never sends.
        package var padAddress: String { "\(address)/#token=\(token)" }

        /// The pad's addresses for other devices; empty if only this machine can connect.
        package var sharedAddresses: [String] {
            guard let scheme = address.range(of: "://"), let colon = address.lastIndex(of: ":") else { return [] }
            let (prefix, port) = (address[..<scheme.upperBound], address[colon...])
            let own: [String] =
                switch host {
                case "0.0.0.0", "*": WebNames.localAddresses.filter { !$0.hasPrefix("127.") && !$0.contains(":") }
                case "::": WebNames.localAddresses.filter { !$0.hasPrefix("127.") && $0 != "::1" }
                case "localhost", "::1": []
                default: host.hasPrefix("127.") ? [] : [host]
                }
            let numeric = own.map { "\(prefix)\($0.contains(":") ? "[\($0)]" : $0)\(port)" }
            // A proxy in front encrypts.
            return (names.map { "https://\($0)" } + numeric).map { "\($0)/#token=\(token)" }
        }
    }

    /// - Throws: `WebAddressFault.unwritable`.
    package func write(_ contents: Contents) throws(WebAddressFault) {
        try write(contents.token, to: tokenPath)
        try write(
            [contents.address, contents.host, contents.names.joined(separator: " ")].joined(separator: "\n"),
            to: addressPath)
    }

    /// - Throws: `WebAddressFault`.
    package func read() throws(WebAddressFault) -> Contents {
        let lines = try read(addressPath)
        return Contents(
            address: lines.first ?? "", token: try read(tokenPath).first ?? "", host: lines.dropFirst().first ?? "",
            names: lines.dropFirst(2).first?.split(separator: " ").map(String.init) ?? [])
    }

    /// The token of a start that was not ended but killed; nil if there is none, or if others could have read it.
    package var tokenLeftBehind: String? {
        guard let file = try? PlainFile(tokenPath, atMost: 256), file.mode & 0o077 == 0 else { return nil }
        let token = String(decoding: file.bytes.prefix { $0 != 0x0a }, as: UTF8.self)
        return token.utf8.count == 48 && token.allSatisfy(\.isHexDigit) ? token : nil
    }

    package func remove() {
        unlink(addressPath)
        unlink(tokenPath)
        unlink(redirectionPath)
    }

    private var redirectionPath: String { runtime + "/pad.html" }

    /// Writes a page that leads to `address`, and gives its path.
    ///
    /// - Throws: `WebAddressFault.unwritable`.
    package func writeRedirection(to address: String) throws(WebAddressFault) -> String {
        let page = """
            <!doctype html>
            <meta charset="utf-8">
            <meta name="referrer" content="no-referrer">
            <meta http-equiv="refresh" content="0; url=\(address)">
            <title>Ductus pad</title>
            """
        try write(page, to: redirectionPath)
        return redirectionPath
    }

    private func read(_ path: String) throws(WebAddressFault) -> [String] {
        do throws(PlainFile.Failure) {
            let text = String(decoding: try PlainFile(path, atMost: 4096).bytes, as: UTF8.self)
            return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        } catch {
            if case .missing = error { throw .missing(path) }
            throw .unreadable(path, reason: error.reason)
        }
    }

    /// Under another name first, so that nobody reads half of it; never through a link that somebody left there.
    private func write(_ text: String, to path: String) throws(WebAddressFault) {
        let partial = path + ".partial"
        unlink(partial)
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .unwritable(path, reason: String(cString: strerror(errno))) }
        let bytes = Array((text + "\n").utf8)
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        guard written == bytes.count, rename(partial, path) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(partial)
            throw .unwritable(path, reason: reason)
        }
    }
}

package enum WebAddressFault: Error, Equatable, CustomStringConvertible {
    case missing(String)
    case unreadable(String, reason: String)
    case unwritable(String, reason: String)

    package var description: String {
        switch self {
        case .missing(let path):
            "there is no \(path): no daemon serves HTTP there; start ductusd, set its http.address, or name its directory with --connect"
        case .unreadable(let path, let reason):
            "cannot read \(path) (\(reason)): the token belongs to the daemon's user; run this as that user, or as root"
        case .unwritable(let path, let reason): "cannot write \(path): \(reason)"
        }
    }
}
