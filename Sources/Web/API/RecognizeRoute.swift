import DuctusTransport
import DuctusWire

/// `POST /v1/recognize`: ink in, text out, at once; nothing is kept.
package struct RecognizeRoute: Sendable {
    private let gateway: ControlGateway
    private let bodyBytes: Int

    package init(gateway: ControlGateway, bodyBytes: Int) {
        self.gateway = gateway
        self.bodyBytes = bodyBytes
    }

    package var all: [WebRoute] {
        [
            WebRoute(.POST, "/v1/recognize", .token, bodyBytes: bodyBytes) { [gateway] request, reply in
                do throws(Problem) {
                    guard let peer = request.peer else { return reply(ControlRoutes.nobody) }
                    let format = try AnswerFormat(accepting: request.headers["accept"])
                    let asked = try RecognizeBody.request(of: request)
                    gateway.ask(.recognize(asked), from: peer) { answer in
                        switch answer {
                        case .success(.recognize(let reading)):
                            reply(format.response(RecognizedInk(asked: asked, reading: reading)))
                        case .success:
                            reply(
                                Problem(
                                    .internalServerError, "internal", "another answer came", remedy: "report it"
                                ).response)
                        case .failure(let failure): reply(failure.problem.response)
                        }
                    }
                } catch {
                    reply(error.response)
                }
            }
        ]
    }
}
