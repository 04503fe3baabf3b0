import DuctusTransport
import DuctusWire
import NIOHTTP1
internal import SwiftProtobuf

typealias HTTPStatus = HTTPResponseStatus

/// The requests of the control socket over HTTP, in protobuf's JSON mapping of the same messages.
package struct ControlRoutes: Sendable {
    private let gateway: ControlGateway
    /// A request about a stream or a generation is a line.
    private static let bodyBytes = 128 << 10

    package init(gateway: ControlGateway) {
        self.gateway = gateway
    }

    package var all: [WebRoute] {
        [
            route(.GET, "/v1/status") { _ in .status(WireStatusRequest()) },
            route(.GET, "/v1/streams") { request throws(Problem) in
                let query = try Query(request, ["prefix", "after", "limit"])
                var asked = WireListStreamsRequest()
                (asked.prefix, asked.after) = (query["prefix"], query["after"])
                asked.limit = try query.number("limit")
                return .listStreams(asked)
            },
            route(.POST, "/v1/corrections") { request throws(Problem) in
                .correct(try Self.message(request, WireCorrectRequest.self))
            },
            route(.GET, "/v1/models") { request throws(Problem) in
                let query = try Query(request, ["writer"])
                return .listModels(.with { $0.writer = query["writer"] })
            },
            route(.POST, "/v1/rollback") { request throws(Problem) in
                .rollbackModel(try Self.message(request, WireRollbackModelRequest.self))
            },
            route(.GET, "/v1/journal") { request throws(Problem) in
                let query = try Query(request, ["writer", "after", "limit", "pipeline"])
                var asked = WireExportJournalRequest()
                (asked.writer, asked.pipeline) = (query["writer"], query["pipeline"])
                (asked.after, asked.limit) = (try query.number("after"), try query.number("limit"))
                return .exportJournal(asked)
            },
            route(.DELETE, "/v1/journal") { request throws(Problem) in
                let query = try Query(request, ["writer"])
                guard !query["writer"].isEmpty else {
                    throw Problem(
                        .badRequest, "argument", "whose corrections are to be erased is not said",
                        remedy: "add ?writer=NAME")
                }
                return .eraseJournal(.with { $0.writer = query["writer"] })
            },
        ]
    }

    private func route(
        _ method: HTTPMethod, _ path: String,
        _ body: @escaping @Sendable (WebRequest) throws(Problem) -> WireControlRequest.OneOf_Body
    ) -> WebRoute {
        WebRoute(method, path, .token, bodyBytes: method == .POST ? Self.bodyBytes : 0) { [gateway] request, reply in
            do throws(Problem) {
                guard let peer = request.peer else { return reply(Self.nobody) }
                gateway.ask(try body(request), from: peer) { answer in
                    switch answer {
                    case .success(let body): reply(Self.response(body))
                    case .failure(let failure): reply(failure.problem.response)
                    }
                }
            } catch {
                reply(error.response)
            }
        }
    }

    private static func response(_ body: WireControlReply.OneOf_Body) -> WebResponse {
        switch body {
        case .status(let message): message.jsonResponse()
        case .listStreams(let message): message.jsonResponse()
        case .correct(let message): message.jsonResponse()
        case .listModels(let message): message.jsonResponse()
        case .rollbackModel(let message): message.jsonResponse()
        case .exportJournal(let message): message.jsonResponse()
        case .eraseJournal(let message): message.jsonResponse()
        default: Problem(.internalServerError, "internal", "another answer came", remedy: "report it").response
        }
    }

    static let nobody = Problem(.unauthorized, "token", "a token is missing", remedy: "send it").response

    /// - Throws: `Problem` for a body that is not this message in JSON.
    private static func message<M: SwiftProtobuf.Message>(_ request: WebRequest, _ type: M.Type) throws(Problem) -> M {
        try request.requireJSON()
        do {
            return try M(jsonUTF8Bytes: request.body)
        } catch {
            throw Problem(
                .badRequest, "body", "the body is not what is asked for: \(String("\(error)".prefix(200)))",
                remedy: "/v1/openapi.json describes it")
        }
    }
}

/// The parameters of a query, of which others than the known ones are refused: a misspelt one must not be overlooked.
struct Query {
    private var values: [String: String] = [:]

    /// - Throws: `Problem` for a parameter that is unknown, or comes twice.
    init(_ request: WebRequest, _ names: [String]) throws(Problem) {
        for (name, value) in request.query {
            guard names.contains(name) else {
                throw Problem(
                    .badRequest, "argument", "there is no parameter '\(name.prefix(40))'",
                    remedy: "there are: \(names.joined(separator: ", "))")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Problem(.badRequest, "argument", "'\(name)' comes twice", remedy: "send it once")
            }
        }
    }

    /// Empty where it is not there.
    subscript(name: String) -> String { values[name] ?? "" }

    /// 0 where it is not there.
    func number<Number: FixedWidthInteger>(_ name: String) throws(Problem) -> Number {
        guard let text = values[name] else { return 0 }
        guard let number = Number(text) else {
            throw Problem(
                .badRequest, "argument", "\(name) is no whole number from 0 to \(Number.max)", remedy: "write one")
        }
        return number
    }
}

extension WebRequest {
    /// - Throws: `Problem` where the body says that it is something else than JSON: so a form of a page from elsewhere cannot be one.
    func requireJSON() throws(Problem) {
        guard contentType == "application/json" else {
            throw Problem(
                .unsupportedMediaType, "type", "the body must be JSON", remedy: "send 'Content-Type: application/json'")
        }
    }
}
