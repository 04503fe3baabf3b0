import DuctusTransport
import NIOHTTP1

/// Decides on a request's head, before anything of it is routed or kept: name, origin, path, method, token, announced size.
package struct WebGate: Sendable {
    package let names: WebNames
    package let routes: WebRoutes
    package let credentials: WebCredentials
    /// Whether only this machine's own programs can connect.
    package let isLoopback: Bool

    package init(names: WebNames, routes: WebRoutes, credentials: WebCredentials, isLoopback: Bool) {
        self.names = names
        self.routes = routes
        self.credentials = credentials
        self.isLoopback = isLoopback
    }

    package struct Admission: Sendable {
        package var route: WebRoute
        package var peer: PeerIdentity?
    }

    /// - Throws: `Problem`, its `kind` saying which rule refused.
    package func admit(_ head: HTTPRequestHead) throws(Problem) -> Admission {
        let (path, _) = WebRequest.split(head.uri)
        let route = Result { () throws(Problem) in try routes.route(head.method, path) }
        let isProbe = if case .success(let route) = route, case .probe = route.access { true } else { false }
        try checkNames(head, isProbe: isProbe)
        let found = try route.get()
        return Admission(route: found, peer: try peer(of: head, for: found))
    }

    /// The head of a WebSocket's request: its token comes in the first message, for a browser cannot send it here.
    package func admitSocket(_ head: HTTPRequestHead) throws(Problem) { try checkNames(head, isProbe: false) }

    private func checkNames(_ head: HTTPRequestHead, isProbe: Bool) throws(Problem) {
        if !isProbe {
            let hosts = head.headers["host"]
            guard hosts.count == 1, names.hosts.contains(hosts[0].trimmed.lowercased()) else {
                throw Problem(
                    .misdirectedRequest, "host", "the server is not known under this name",
                    remedy: "use its address as 'ductus pad --print' shows it, or add the name to http.names")
            }
        }
        let origins = head.headers["origin"]
        guard origins.allSatisfy({ names.origins.contains($0.trimmed.lowercased()) }) else {
            throw Problem(
                .forbidden, "origin", "pages from elsewhere may not ask here",
                remedy: "open the pad that this server serves, or add its name to http.names")
        }
        if head.headers["sec-fetch-site"].contains("cross-site"), head.method != .GET, head.method != .HEAD {
            throw Problem(
                .forbidden, "origin", "pages from elsewhere may not ask here",
                remedy: "open the pad that this server serves")
        }
    }

    private func peer(of head: HTTPRequestHead, for route: WebRoute) throws(Problem) -> PeerIdentity? {
        switch route.access {
        case .probe, .open, .signed: return nil
        case .local where isLoopback && head.headers["authorization"].isEmpty: return nil
        case .local, .token:
            let given = head.headers["authorization"]
            if given.count == 1, given[0].lowercased().hasPrefix("bearer "),
                let peer = credentials.peer(token: String(given[0].dropFirst(7)).trimmed)
            {
                return peer
            }
            throw Problem(
                .unauthorized, "token", given.isEmpty ? "a token is missing" : "the token is not, or no longer, valid",
                remedy: "send 'Authorization: Bearer TOKEN'; 'ductus pad --print' shows the token of this start",
                headers: ["www-authenticate": "Bearer realm=\"ductus\""])
        }
    }
}
