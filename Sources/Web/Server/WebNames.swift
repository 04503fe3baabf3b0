import Glibc

/// The names under which the server may be addressed: exact, so that a name that somebody else's DNS points here is none of them.
package struct WebNames: Sendable, Equatable {
    /// Allowed values of `Host`, in lower case.
    package let hosts: Set<String>
    /// Allowed values of `Origin`.
    package let origins: Set<String>

    /// - Parameters:
    ///   - host: where the server listens; `0.0.0.0` and `::` stand for all addresses of this machine.
    ///   - names: further names, for example those of a proxy in front.
    package init(host: String, port: Int, isEncrypted: Bool, names: [String] = []) {
        var addresses: [String] = []
        switch host {
        case "0.0.0.0", "::", "*": addresses = Self.localAddresses + ["localhost"]
        case "localhost", "::1": addresses = ["127.0.0.1", "localhost", "::1"]
        case _ where host.hasPrefix("127."): addresses = [host, "127.0.0.1", "localhost", "::1"]
        default: addresses = [host]
        }
        let scheme = isEncrypted ? "https" : "http"
        let usual = isEncrypted ? 443 : 80
        var (hosts, origins): (Set<String>, Set<String>) = ([], [])
        func allow(_ host: String) {
            hosts.insert(host)
            origins.insert("\(scheme)://\(host)")
        }
        for address in addresses.map({ $0.contains(":") ? "[\($0)]" : $0.lowercased() }) {
            allow("\(address):\(port)")
            if port == usual { allow(address) }
        }
        for name in names.map({ $0.lowercased() }) {
            allow(name)
            allow("\(name):\(port)")
            // The proxy in front speaks TLS.
            origins.insert("https://\(name)")
        }
        self.hosts = hosts
        self.origins = origins
    }

    /// The addresses of this machine's interfaces, numeric.
    package static var localAddresses: [String] {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return ["127.0.0.1", "::1"] }
        defer { freeifaddrs(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ifa_next
            guard let address = entry.pointee.ifa_addr else { continue }
            let family = Int32(address.pointee.sa_family)
            guard family == AF_INET || family == AF_INET6 else { continue }
            let size = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            guard getnameinfo(address, socklen_t(size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
            else { continue }
            let name = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // A scope is no part of a name in a URL.
            if !name.contains("%") { addresses.append(name) }
        }
        return addresses
    }
}
