import DuctusFoundations
import Foundation
import Glibc

/// Where the HTTP server is and what opens it: two files in the runtime directory, for `ductus pad` and for other programs of this user.
///
/// `http.address` holds the URL, `http.token` the token of this start; both have mode 0600, and both go when the server stops.
package struct WebAddressFiles: Sendable {
    package static let addressName = "http.address"
    package static let tokenName = "http.token"

    private let runtime: String

    package init(runtime: String) {
        self.runtime = runtime
    }

    package var addressPath: String { runtime + "/" + Self.addressName }
    package var tokenPath: String { runtime + "/" + Self.tokenName }

    /// What a client finds.
    package struct Contents: Sendable, Equatable {
        /// Scheme, host and port: `http://127.0.0.1:7718`.
        package var address: String
        package var token: String

        /// The pad's address; the token is in the fragment, which a browser never sends.
        package var padAddress: String { "\(address)/#token=\(token)" }
    }

    /// - Throws: `WebAddressFault.unwritable`.
    package func write(_ contents: Contents) throws(WebAddressFault) {
        try write(contents.token, to: tokenPath)
        try write(contents.address, to: addressPath)
    }

    /// - Throws: `WebAddressFault`.
    package func read() throws(WebAddressFault) -> Contents {
        Contents(address: try read(addressPath), token: try read(tokenPath))
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
    }

    private func read(_ path: String) throws(WebAddressFault) -> String {
        do throws(PlainFile.Failure) {
            let bytes = try PlainFile(path, atMost: 4096).bytes
            return String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self)
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
