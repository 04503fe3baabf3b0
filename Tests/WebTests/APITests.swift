import DuctusFoundations
import DuctusTransport
import DuctusWeb
import DuctusWire
import Foundation
import NIOHTTP1
import Synchronization
import Testing

/// What stands behind the gateway: gives the reply of a test, and keeps what was asked.
final class Desk: Sendable {
    let asked = Mutex<WireControlRequest?>(nil)
    private let answer: @Sendable (WireControlRequest) -> WireControlReply.OneOf_Body

    init(_ answer: @escaping @Sendable (WireControlRequest) -> WireControlReply.OneOf_Body) { self.answer = answer }

    var gateway: ControlGateway {
        ControlGateway { [self] bytes, _, reply in
            guard let request = try? WireControlRequest(wire: bytes) else { return reply([]) }
            asked.withLock { $0 = request }
            if let bytes = try? WireControlReply(id: request.id, answer(request)).wire() { reply(bytes) }
        }
    }

    /// One request to the routes of a part of the API.
    func ask(
        _ routes: [WebRoute], _ method: HTTPMethod, _ uri: String, _ headers: HTTPHeaders = [:], body: String = ""
    ) async throws -> (status: Int, text: String) {
        let path = uri.split(separator: "?").first.map(String.init) ?? uri
        let route = try WebRoutes(routes).route(method, path)
        var fields = headers
        if !body.isEmpty, !fields.contains(name: "content-type") {
            fields.add(name: "content-type", value: "application/json")
        }
        let request = WebRequest(
            method: method, uri: uri, headers: fields, body: Array(body.utf8), peer: .localUser(1000))
        let response = await withCheckedContinuation { done in
            route.answer(request) { done.resume(returning: $0) }
        }
        return (Int(response.status.code), String(decoding: response.body, as: UTF8.self))
    }
}

/// "hi you" on two strokes.
let reading = WireRecognizeReply.with {
    $0.text = "hi you"
    $0.model = "english"
    $0.pieces = [
        .with {
            $0.kind = .text
            $0.text = "hi you"
            $0.confidence = 0.9
            $0.strokes = [0, 1]
            $0.box = .with { ($0.x, $0.y, $0.width, $0.height) = (1, 2, 30, 10) }
            $0.words = ["hi", "you"].enumerated().map { index, text in
                .with {
                    $0.text = text
                    $0.confidence = 0.5
                    $0.strokes = [UInt32(index)]
                    $0.candidates = [.with { ($0.text, $0.confidence) = (text, 0.8) }]
                }
            }
            $0.symbols = "hi you".enumerated().map { index, character in
                .with {
                    $0.text = String(character)
                    $0.confidence = 0.9
                    $0.strokes = [index < 3 ? 0 : 1]
                }
            }
            $0.alternatives = [.with { ($0.text, $0.score) = ("hi yon", -2) }]
        }
    ]
}

@Suite struct RecognizeRouteTests {
    private let desk = Desk { _ in .recognize(reading) }

    private func post(_ body: String, _ headers: HTTPHeaders = [:], query: String = "") async throws -> (
        status: Int, text: String
    ) {
        try await desk.ask(
            RecognizeRoute(gateway: desk.gateway, bodyBytes: 1 << 20).all, .POST, "/v1/recognize" + query, headers,
            body: body)
    }

    @Test func strokes_areColumns_andTimesMilliseconds() async throws {
        let answer = try await post(
            #"{"strokes":[{"x":[1,2.5],"y":[3,4],"t":[1000,1008.5],"p":[0,1]},[[5],[6]]],"layout":"page","writer":"anna","precedingText":"so ","language":"en","alternatives":2}"#
        )
        #expect(answer.status == 200)
        let asked = try #require(desk.asked.withLock { $0?.recognize })
        #expect(asked.strokes.map(\.x) == [[1, 2.5], [5]])
        #expect(asked.strokes[0].time == [1_000_000, 8500])
        #expect(asked.strokes[0].pressure == [0, 1])
        #expect(
            asked.layout == .page && asked.writer == "anna" && asked.precedingText == "so " && asked.alternatives == 2)
    }

    @Test func theAnswer_hasAllThatIsKnown() async throws {
        let text = try await post(#"{"strokes":[{"x":[1],"y":[3]}]}"#).text
        let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(json["text"] as? String == "hi you")
        let line = try #require((json["lines"] as? [[String: Any]])?.first)
        #expect((line["words"] as? [[String: Any]])?.count == 2)
        #expect((line["symbols"] as? [[String: Any]])?.count == 6)
        #expect(((line["alternatives"] as? [[String: Any]])?.first)?["text"] as? String == "hi yon")
    }

    @Test(arguments: [
        ("text/plain", "hi you\n"), ("application/vnd.myscript.jiix", #""label":"hi you""#),
        ("text/html", #"<span class="ocrx_word""#), ("text/html;q=0.2, text/plain;q=0.9", "hi you\n"),
        ("*/*", #""lines":["#),
    ])
    func theForm_isThatWhichIsAccepted(accept: String, part: String) async throws {
        let answer = try await post(#"{"strokes":[]}"#, ["accept": accept])
        #expect(answer.status == 200)
        #expect(answer.text.contains(part), "\(answer.text)")
    }

    @Test(arguments: [
        ("{", 400, "byte 1"), ("[]", 400, "expected '{'"),
        (#"{"strokes":[{"x":[1],"y":[]}]}"#, 400, "x has 1 values, y has 0"),
        (#"{"strokes":[{"x":[null],"y":[1]}]}"#, 400, "no finite number"),
        (#"{"strokes":[],"layuot":"line"}"#, 400, "no member 'layuot'"),
        (#"{"strokes":[],"layout":"book"}"#, 400, "no layout 'book'"), (#"{}"#, 400, "'strokes' is missing"),
        (#"{"strokes":[],"alternatives":1e9}"#, 400, "whole number from 0 to 20"),
        (#"{"strokes":[{"x":[1],"y":[1],"t":[1e300]}]}"#, 400, "milliseconds"),
    ])
    func whatIsWrong_isToldWithItsPlace(body: String, status: Int, part: String) async throws {
        let answer = try await post(body)
        #expect(answer.status == status)
        #expect(answer.text.contains(part), "\(answer.text)")
        #expect(answer.text.contains(#""remedy":""#))
    }

    @Test func aBombOfBrackets_isRefused_notFollowed() async throws {
        let bomb = String(repeating: "[", count: 200_000)
        #expect(try await post(#"{"strokes":"# + bomb).status == 400)
        #expect(try await post(bomb).status == 400)
    }

    @Test func inkML_comesWithItsOptionsInTheQuery() async throws {
        let ink = "<ink xmlns=\"http://www.w3.org/2003/InkML\"><trace>10 0, 9 14, 8 28</trace></ink>"
        let answer = try await post(ink, ["content-type": "application/inkml+xml"], query: "?writer=anna&language=en")
        #expect(answer.status == 200)
        let asked = try #require(desk.asked.withLock { $0?.recognize })
        #expect(asked.strokes.map(\.x) == [[10, 9, 8]] && asked.writer == "anna")
    }

    @Test func entities_areNotExpanded() async throws {
        let bomb =
            #"<!DOCTYPE ink [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><ink><trace>&b;</trace></ink>"#
        #expect(try await post(bomb, ["content-type": "application/inkml+xml"]).status == 400)
        let file =
            #"<!DOCTYPE ink [<!ENTITY f SYSTEM "file:///etc/passwd">]><ink><annotation type="truth">&f;</annotation><trace>1 1</trace></ink>"#
        #expect(try await post(file, ["content-type": "text/xml"]).status == 400)
    }

    @Test func formsOfPages_areNoRequests() async throws {
        for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
            #expect(try await post(#"{"strokes":[]}"#, ["content-type": type]).status == 415)
        }
    }
}

@Suite struct ControlRoutesTests {
    @Test func requests_areThoseOfTheControlSocket() async throws {
        let desk = Desk { request in
            switch request.body {
            case .correct: .correct(.with { $0.correction = 7 })
            case .status: .status(.with { $0.release = "1" })
            default: .failure(.with { ($0.code, $0.message, $0.remedy) = (.unknownGeneration, "none", "list them") })
            }
        }
        let routes = ControlRoutes(gateway: desk.gateway).all
        #expect(try await desk.ask(routes, .GET, "/v1/status").text == #"{"release":"1"}"#)
        let corrected = try await desk.ask(
            routes, .POST, "/v1/corrections", body: #"{"stream":"p","segment":"12","text":"so"}"#)
        #expect(corrected.text == #"{"correction":"7"}"#)
        #expect(desk.asked.withLock { $0?.correct.segment } == 12)
        let unknown = try await desk.ask(routes, .POST, "/v1/rollback", body: #"{"generation":{"number":"9"}}"#)
        #expect(unknown.status == 404)
        #expect(unknown.text.contains(#""remedy":"list them""#))
    }

    @Test(arguments: [
        ("/v1/streams?limt=3", "there is no parameter 'limt'"), ("/v1/streams?limit=-3", "no whole number"),
        ("/v1/streams?limit=3&limit=4", "comes twice"), ("/v1/journal?after=x", "no whole number"),
    ])
    func aQueryThatIsNotUnderstood_isRefused(uri: String, part: String) async throws {
        let desk = Desk { _ in .status(.init()) }
        let answer = try await desk.ask(ControlRoutes(gateway: desk.gateway).all, .GET, uri)
        #expect(answer.status == 400)
        #expect(answer.text.contains(part))
        #expect(desk.asked.withLock { $0 } == nil)
    }

    @Test func theDescription_namesWhatThereIs_andNothingElse() async throws {
        let desk = Desk { _ in .status(.init()) }
        let routes =
            ControlRoutes(gateway: desk.gateway).all + RecognizeRoute(gateway: desk.gateway, bodyBytes: 1).all
            + NoteRoutes(index: nil, owner: .localUser(1)).all + OpenAPIRoute.all
        let text = try await desk.ask(OpenAPIRoute.all, .GET, "/v1/openapi.json").text
        let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect((json["openapi"] as? String)?.hasPrefix("3.1") == true)
        let paths = try #require(json["paths"] as? [String: [String: Any]])
        let described = Set(paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } })
        #expect(described == Set(routes.map { "\($0.method.rawValue) \($0.path)" }))
    }
}

@Suite struct InkServiceTests {
    private let desk = Desk { _ in .recognize(reading) }
    private let body =
        #"{"xDPI":96,"yDPI":96,"contentType":"Text","configuration":{"lang":"en_US","export":{"jiix":{"strokes":true}}},"strokeGroups":[{"penStyle":"x","strokes":[{"x":[1,2],"y":[1,2],"pointerType":"PEN"},{"x":[5],"y":[5],"pointerType":"ERASER"},{"id":"s7","x":[3],"y":[4],"t":[9]}]}]}"#

    private func routes(_ keys: InkServiceKeys?, isLoopback: Bool = true) -> [WebRoute] {
        InkServiceRoutes(
            gateway: desk.gateway, keys: keys, owner: .localUser(1000), isLoopback: isLoopback, bodyBytes: 1 << 20,
            version: "1", languages: { ["en"] }
        ).all
    }

    private func post(
        _ body: String, _ headers: HTTPHeaders = [:], keys: InkServiceKeys? = nil, isLoopback: Bool = true
    ) async throws -> (status: Int, text: String) {
        try await desk.ask(routes(keys, isLoopback: isLoopback), .POST, "/api/v4.0/iink/batch", headers, body: body)
    }

    @Test func aBatch_isReadAsAPage_andAnsweredInJIIX() async throws {
        let answer = try await post(body, ["accept": "application/vnd.myscript.jiix"])
        #expect(answer.status == 200)
        let asked = try #require(desk.asked.withLock { $0?.recognize })
        #expect(asked.layout == .page && asked.language == "en-US" && asked.strokes.count == 2)
        let json = try #require(try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any])
        #expect(json["type"] as? String == "Text" && json["label"] as? String == "hi you")
        let words = try #require(json["words"] as? [[String: Any]])
        #expect(words.map { $0["label"] as? String } == ["hi", " ", "you"])
        let item = try #require((words[2]["items"] as? [[String: Any]])?.first)
        #expect(item["type"] as? String == "stroke" && item["id"] as? String == "s7" && item["X"] != nil)
        #expect(words[0]["bounding-box"] != nil && (json["chars"] as? [Any])?.count == 6)
    }

    @Test func textAlone_isText() async throws {
        #expect(try await post(body, ["accept": "text/plain"]).text == "hi you")
    }

    @Test func whatIsNotThere_isRefusedWithAReason() async throws {
        for type in ["Math", "Diagram", "Raw Content"] {
            let answer = try await post(body.replacingOccurrences(of: #""Text""#, with: "\"\(type)\""))
            #expect(answer.status == 400)
            #expect(answer.text.contains(#""code":"content""#) && answer.text.contains("\(type) is not read here"))
        }
        #expect(try await post("{}").status == 400)
    }

    @Test func signatures_areThoseOfTheKeys() async throws {
        let keys = try InkServiceKeys(parsing: "# ours\napp secret\n")
        let code = SHA512.authenticationCode(of: Array(body.utf8), key: Array("appsecret".utf8))
            .map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
        #expect(try await post(body, ["applicationKey": "app", "hmac": code], keys: keys).status == 200)
        #expect(try await post(body, ["applicationKey": "app", "hmac": code.uppercased()], keys: keys).status == 200)
        #expect(try await post(body + " ", ["applicationKey": "app", "hmac": code], keys: keys).status == 403)
        #expect(try await post(body, ["applicationKey": "other", "hmac": code], keys: keys).status == 403)
        #expect(try await post(body, keys: keys).status == 401)
        #expect(try await post(body, isLoopback: false).status == 403)
        let fault = #expect(throws: InkServiceKeysFault.self) { try InkServiceKeys(parsing: "app secret\nhalf\n") }
        #expect(fault?.line == 2)
    }

    @Test func theLanguages_areThoseThatAreRead() async throws {
        let list = try await desk.ask(routes(nil), .GET, "/api/v4.0/iink/availableLanguageList")
        #expect(list.text == #"{"result":{"en_US":"en"}}"#)
    }

    /// RFC 4231, test cases 2 and 6.
    @Test func authenticationCodes_areThoseOfTheStandard() {
        func hex(_ key: [UInt8], _ text: String) -> String {
            SHA512.authenticationCode(of: Array(text.utf8), key: key).prefix(8)
                .map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
        }
        #expect(hex(Array("Jefe".utf8), "what do ya want for nothing?") == "164b7a7bfcf819e2")
        #expect(
            hex([UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First")
                == "80b24263c7c1a3eb")
    }
}
