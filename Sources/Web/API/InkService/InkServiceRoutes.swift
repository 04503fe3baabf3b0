import DuctusDocuments
import DuctusFoundations
import DuctusTransport
import DuctusWire
import NIOHTTP1

/// Endpoints that programs for the commercial ink service can be pointed to: `/api/v4.0/iink/batch` and `recognize`, `version`,
/// `availableLanguageList`.
///
/// Only text is read. Requests for formulas, diagrams or other languages are refused with a reason.
package struct InkServiceRoutes: Sendable {
    private let gateway: ControlGateway
    private let keys: InkServiceKeys?
    private let owner: PeerIdentity
    private let isLoopback: Bool
    private let bodyBytes: Int
    private let version: String
    private let languages: @Sendable () -> [String]

    /// - Parameters:
    ///   - keys: the keys whose signatures are accepted. Nil: no signature is needed on loopback, and elsewhere every
    ///     request is refused.
    ///   - owner: the identity in whose name requests are made, because a signature names a program, not a person.
    ///   - languages: the languages that are read, BCP 47.
    package init(
        gateway: ControlGateway, keys: InkServiceKeys?, owner: PeerIdentity, isLoopback: Bool, bodyBytes: Int,
        version: String, languages: @escaping @Sendable () -> [String]
    ) {
        self.gateway = gateway
        self.keys = keys
        self.owner = owner
        self.isLoopback = isLoopback
        self.bodyBytes = bodyBytes
        self.version = version
        self.languages = languages
    }

    private static let root = "/api/v4.0/iink"

    package var all: [WebRoute] {
        [
            WebRoute(.POST, Self.root + "/batch", .signed, bodyBytes: bodyBytes) { read($0, $1) },
            WebRoute(.POST, Self.root + "/recognize", .signed, bodyBytes: bodyBytes) { read($0, $1) },
            WebRoute(.GET, Self.root + "/version", .open) { _, reply in
                var json = JSONWriter()
                json.object {
                    $0.member("apiVersion", "4.0")
                    $0.member("nativeVersion", version)
                    $0.member("engine", "ductus")
                }
                reply(.json(json.text))
            },
            WebRoute(.GET, Self.root + "/availableLanguageList", .open) { _, reply in
                var json = JSONWriter()
                json.object {
                    $0.name("result")
                    $0.object { json in
                        for language in languages() { json.member(Self.locale(language), language) }
                    }
                }
                reply(.json(json.text))
            },
        ]
    }

    /// The service writes languages with a region and an underscore.
    private static func locale(_ language: String) -> String {
        language.contains("-")
            ? language.replacing("-", with: "_")
            : language == "en" ? "en_US" : "\(language)_\(language.uppercased())"
    }

    private func read(_ request: WebRequest, _ reply: @escaping WebRoute.Reply) {
        do throws(Problem) {
            try checkSignature(request)
            try request.requireJSON()
            let wantsText = try Self.wantsText(request)
            let body = try InkServiceBody(request.body)
            gateway.ask(.recognize(body.asked), from: owner) { answer in
                switch answer {
                case .success(.recognize(let reading)) where wantsText: reply(.text(reading.text))
                case .success(.recognize(let reading)):
                    let text = RecognizedInk(
                        asked: body.asked, reading: reading, strokeNames: body.strokeNames
                    ).jiix(body.options)
                    reply(WebResponse(type: AnswerFormat.jiix.rawValue, body: Array(text.utf8)))
                case .success: reply(Self.response(ControlFailure(.internal, "another answer came").problem))
                case .failure(let failure): reply(Self.response(failure.problem))
                }
            }
        } catch {
            reply(Self.response(error))
        }
    }

    private func checkSignature(_ request: WebRequest) throws(Problem) {
        guard let keys else {
            guard isLoopback else {
                throw Problem(
                    .forbidden, "keys", "this server has no keys for signed requests",
                    remedy: "set http.ink_service_keys")
            }
            return
        }
        guard let application = request.headers.first(name: "applicationkey"),
            let signature = request.headers.first(name: "hmac")
        else {
            throw Problem(
                .unauthorized, "signature", "the headers applicationKey and hmac are missing",
                remedy: "sign the body with a pair of keys of http.ink_service_keys")
        }
        guard keys.verify(signature, of: request.body, application: application) else {
            throw Problem(
                .forbidden, "signature", "the signature is not that of this body with these keys",
                remedy: "hmac is the hexadecimal HMAC-SHA512 of the body, its key applicationKey followed by hmacKey")
        }
    }

    /// Text alone, or with all that is known of it.
    private static func wantsText(_ request: WebRequest) throws(Problem) -> Bool {
        let accepted = request.headers["accept"].joined(separator: ",").lowercased()
        if accepted.contains("jiix") { return false }
        if accepted.contains("text/plain") { return true }
        guard accepted.isEmpty || accepted.contains("json") || accepted.contains("*/*") else {
            throw Problem(
                .badRequest, "accept", "only JIIX and plain text are given",
                remedy: "accept \(AnswerFormat.jiix.rawValue) or text/plain")
        }
        return false
    }

    /// Errors in the service's form, with all of ours.
    private static func response(_ problem: Problem) -> WebResponse {
        var json = JSONWriter()
        json.object {
            $0.member("code", problem.kind)
            $0.member("message", problem.detail)
            $0.member("remedy", problem.remedy)
        }
        return .json(problem.status, json.text)
    }
}
