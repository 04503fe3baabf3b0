import NIOHTTP1

/// A way into the server: a method and a path, who may take it, and what answers.
package struct WebRoute: Sendable {
    package enum Access: Sendable {
        /// Says nothing of anybody, and probes come under any name: health.
        case probe
        /// Nothing secret: the pad's own files.
        case open
        /// A bearer token, or on loopback nothing: metrics, as always.
        case local
        /// A bearer token.
        case token
        /// The answer itself looks at the signature.
        case signed
    }

    package typealias Reply = @Sendable (WebResponse) -> Void

    package var method: HTTPMethod
    package var path: String
    package var access: Access
    /// Bytes that a body may have; 0: it must have none.
    package var bodyBytes: Int
    /// Answers once, from any thread.
    package var answer: @Sendable (WebRequest, @escaping Reply) -> Void

    package init(
        _ method: HTTPMethod, _ path: String, _ access: Access, bodyBytes: Int = 0,
        answer: @escaping @Sendable (WebRequest, @escaping Reply) -> Void
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.bodyBytes = bodyBytes
        self.answer = answer
    }
}

/// All routes of a server, found by exact path: there is nothing to normalize, so nothing to trick.
package struct WebRoutes: Sendable {
    private var byPath: [String: [String: WebRoute]] = [:]

    package init(_ routes: [WebRoute]) {
        for route in routes { byPath[route.path, default: [:]][route.method.rawValue] = route }
    }

    /// - Throws: `Problem`: no such path, or another method.
    package func route(_ method: HTTPMethod, _ path: String) throws(Problem) -> WebRoute {
        guard let methods = byPath[path] else {
            throw Problem(
                .notFound, "path", "there is nothing at this path", remedy: "/v1/openapi.json lists what there is")
        }
        if let route = methods[method.rawValue] { return route }
        if method == .HEAD, let route = methods["GET"] { return route }
        var allowed = Set(methods.keys)
        if allowed.contains("GET") { allowed.insert("HEAD") }
        let list = allowed.sorted().joined(separator: ", ")
        throw Problem(
            .methodNotAllowed, "method", "this path does not take \(method.rawValue.prefix(16))", remedy: "use \(list)",
            headers: ["allow": list])
    }
}
