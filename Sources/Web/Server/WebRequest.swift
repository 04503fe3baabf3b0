import DuctusTransport
import NIOHTTP1

/// A whole request, once its head was let in and its body has come.
package struct WebRequest: Sendable {
    package var method: HTTPMethod
    /// The path without the query, as it came: nothing is decoded, so nothing can be hidden in it.
    package var path: String
    /// Names and values, percent-decoded, in their order.
    package var query: [(name: String, value: String)]
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// The client that asks; nil on a route that needs no proof.
    package var peer: PeerIdentity?
    /// The address from which the connection comes.
    package var address: String

    package init(
        method: HTTPMethod, uri: String, headers: HTTPHeaders = [:], body: [UInt8] = [], peer: PeerIdentity? = nil,
        address: String = ""
    ) {
        self.method = method
        (path, query) = Self.split(uri)
        self.headers = headers
        self.body = body
        self.peer = peer
        self.address = address
    }

    /// The value of a query's parameter; nil if it is not there.
    package func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The media type of the body, without parameters, in lower case.
    package var contentType: String? {
        headers.first(name: "content-type").map { value in
            String(value.prefix { $0 != ";" }).trimmed.lowercased()
        }
    }

    static func split(_ uri: String) -> (path: String, query: [(name: String, value: String)]) {
        guard let mark = uri.firstIndex(of: "?") else { return (uri, []) }
        let pairs = uri[uri.index(after: mark)...].split(separator: "&").prefix(64).map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: decoded(parts[0]), value: parts.count > 1 ? decoded(parts[1]) : "")
        }
        return (String(uri[..<mark]), Array(pairs))
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            if byte == UInt8(ascii: "+") {
                bytes.append(0x20)
            } else if byte == UInt8(ascii: "%"), let high = rest.next(), let low = rest.next(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            {
                bytes.append(value)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension String {
    /// The text without spaces and tabs at both ends.
    var trimmed: String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
