import DuctusFoundations
import NIOHTTP1

/// An answer to an HTTP request.
package struct WebResponse: Sendable {
    package var status: HTTPResponseStatus
    /// Besides those that every answer has.
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(_ status: HTTPResponseStatus = .ok, type: String, body: [UInt8], headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
        self.headers.add(name: "content-type", value: type)
        self.body = body
    }

    package static func text(_ status: HTTPResponseStatus, _ text: String) -> WebResponse {
        WebResponse(status, type: "text/plain; charset=utf-8", body: Array(text.utf8))
    }

    package static func text(_ text: String) -> WebResponse { .text(.ok, text) }

    package static func json(_ text: String) -> WebResponse { .json(.ok, text) }

    package static func json(_ status: HTTPResponseStatus, _ text: String) -> WebResponse {
        WebResponse(status, type: "application/json", body: Array(text.utf8))
    }
}

/// The problem details (RFC 9457) of a request that failed, with the remedy.
package struct Problem: Error, Equatable, Sendable {
    package var status: HTTPResponseStatus
    /// One word for programs: `token`, `host`, `body`.
    package var kind: String
    package var detail: String
    package var remedy: String
    /// Further header fields: what is allowed instead.
    package var headers: [String: String] = [:]

    package init(
        _ status: HTTPResponseStatus, _ kind: String, _ detail: String, remedy: String, headers: [String: String] = [:]
    ) {
        self.status = status
        self.kind = kind
        self.detail = detail
        self.remedy = remedy
        self.headers = headers
    }

    package var response: WebResponse {
        var json = JSONWriter()
        json.object {
            $0.member("type", "urn:ductus:problem:\(kind)")
            $0.member("title", status.reasonPhrase)
            $0.member("status", Int(status.code))
            $0.member("detail", detail)
            $0.member("remedy", remedy)
        }
        var fields = HTTPHeaders()
        for (name, value) in headers { fields.add(name: name, value: value) }
        return WebResponse(status, type: "application/problem+json", body: Array(json.text.utf8), headers: fields)
    }
}
