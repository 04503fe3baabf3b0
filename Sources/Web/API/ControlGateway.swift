import DuctusTransport
import DuctusWire
internal import SwiftProtobuf

/// The way from HTTP to what answers the control socket's requests: the same requests, the same rights, the same answers.
package struct ControlGateway: Sendable {
    /// Takes a serialized request, and gives the serialized reply once, from any thread.
    package typealias Ask =
        @Sendable (_ request: [UInt8], _ peer: PeerIdentity, _ reply: @escaping @Sendable ([UInt8]) -> Void) -> Void

    private let ask: Ask

    package init(ask: @escaping Ask) {
        self.ask = ask
    }

    typealias Answer = Result<WireControlReply.OneOf_Body, ControlFailure>

    func ask(
        _ body: WireControlRequest.OneOf_Body, from peer: PeerIdentity, _ done: @escaping @Sendable (Answer) -> Void
    ) {
        do {
            ask(try WireControlRequest(id: 1, body).wire(), peer) { bytes in
                done(Self.answer(bytes))
            }
        } catch {
            done(.failure(ControlFailure(.malformed, "\(error)")))
        }
    }

    private static func answer(_ bytes: [UInt8]) -> Answer {
        let reply: WireControlReply
        do {
            reply = try WireControlReply(wire: bytes)
        } catch {
            return .failure(ControlFailure(.internal, "\(error)"))
        }
        return Result { () throws(ControlFailure) in try reply.answer() }
    }
}

extension ControlFailure {
    /// The same failure as HTTP says it.
    var problem: Problem {
        let (status, kind): (HTTPStatus, String) =
            switch code {
            case .malformed, .unsupportedVersion, .unknownRequest, .invalidArgument: (.badRequest, "argument")
            case .outsideAlphabet, .implausible: (.unprocessableEntity, "text")
            case .forbidden: (.forbidden, "right")
            case .unknownStream, .unknownSegment, .unknownGeneration: (.notFound, "unknown")
            case .notOwner: (.conflict, "owner")
            case .segmentTooOld: (.gone, "old")
            case .rateLimited: (.tooManyRequests, "quota")
            case .unavailable: (.serviceUnavailable, "unavailable")
            case .unspecified, .internal, .UNRECOGNIZED: (.internalServerError, "internal")
            }
        return Problem(status, kind, message, remedy: remedy)
    }
}

extension SwiftProtobuf.Message {
    /// The response in protobuf's JSON mapping, with the names of the protocol's files in lower camel case.
    func jsonResponse() -> WebResponse {
        guard let json = try? jsonUTF8Bytes() as [UInt8] else {
            return Problem(.internalServerError, "internal", "the answer is no JSON", remedy: "report it").response
        }
        return WebResponse(type: "application/json", body: json)
    }
}
