/// The address on which a socket listens or to which it connects: `ipc:///run/ductus/ink`, `tcp://10.0.0.2:7711`, `inproc://name`.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, CaseIterable, Sendable { case ipc, tcp, inproc }

    package let scheme: Scheme
    /// The part behind `://`.
    package let address: String

    /// - Throws: `TransportFault.endpoint` for any other scheme or an empty address.
    package init(_ text: String) throws(TransportFault) {
        for scheme in Scheme.allCases where text.hasPrefix(scheme.rawValue + "://") {
            let address = text.dropFirst(scheme.rawValue.utf8.count + 3)
            guard !address.isEmpty, !address.utf8.contains(0) else { break }
            self.scheme = scheme
            self.address = String(address)
            return
        }
        throw .endpoint(text)
    }

    /// A socket of this machine at a path.
    package init(ipc path: String) {
        scheme = .ipc
        address = path
    }

    package var description: String { "\(scheme.rawValue)://\(address)" }

    /// The file of an ipc socket; nil for other schemes and for abstract names (`@…`).
    package var path: String? {
        scheme == .ipc && !address.hasPrefix("@") ? address : nil
    }
}
