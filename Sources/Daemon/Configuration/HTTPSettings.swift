extension Configuration {
    /// The pad, the API, metrics and health.
    package struct HTTP: ConfigurationSection {
        /// `host:port`; nil: off. Another one than loopback needs a certificate.
        package var address: String? = "127.0.0.1:7718"
        /// A certificate chain, PEM.
        package var certificate: String?
        /// The file of the private key, PEM.
        package var key: String?
        /// Further names under which the server may be addressed: a proxy's, or this machine's.
        package var names: [String] = []
        /// A file with the keys of the iink-batch-compatible endpoints; nil: on loopback they ask for none.
        package var inkServiceKeys: String?
        /// The index of the daemon's own user's notes, which the pad searches; nil: where `ductus index` puts it.
        package var notes: String?
        /// Connections at one time.
        package var connections = 512
        /// Bytes of the largest body of a request.
        package var body = 4 << 20

        package init() {}

        static let fields: [Field<HTTP>] = [
            .value("address", \.address, Notation.webAddress.optional("off"), .restart),
            .value("certificate", \.certificate, Notation.path.optional("none"), .restart),
            .value("key", \.key, Notation.path.optional("none"), .restart),
            .list("names", \.names, .hostName, .restart),
            .value("ink_service_keys", \.inkServiceKeys, Notation.path.optional("none"), .restart),
            .value("notes", \.notes, Notation.path.optional("auto"), .restart),
            .value("connections", \.connections, .integer, in: 16...100_000, .restart),
            .value("body", \.body, .bytes, in: 4096...64 << 20, .restart),
        ]

        /// Whether only programs of this machine can connect.
        package var isLoopback: Bool { address.flatMap { TCPAddress($0) }?.isLoopback ?? true }
    }
}

extension Notation<String> {
    static let webAddress = Notation(
        expected: "an address and port, like '127.0.0.1:7718' or, with a certificate, '0.0.0.0:7718'",
        read: { text in TCPAddress(text) == nil ? nil : text }, write: { $0 })

    static let hostName = Notation(
        expected: "the name of a host, like 'ink.example.org'",
        read: { text in
            let isName =
                !text.isEmpty && text.utf8.count <= 253
                && text.unicodeScalars.allSatisfy {
                    $0.isASCII
                        && ($0.properties.isAlphabetic || ("0"..."9").contains($0)
                            || ".-_:[]".unicodeScalars.contains($0))
                }
            return isName ? text.lowercased() : nil
        }, write: { $0 })
}
