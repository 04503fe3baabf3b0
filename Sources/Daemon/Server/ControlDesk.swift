import DuctusTransport
import DuctusWire

/// Answers one kind of request, or says that it is not its own.
package protocol ControlHandler: Sendable {
    /// Runs on the reactor's thread: what takes longer replies later, from any thread. `reply` is called once.
    ///
    /// - Returns: false if the request is for another handler; then `reply` is not called.
    func handle(
        _ request: WireControlRequest, from peer: PeerIdentity, reply: @escaping @Sendable (WireControlReply) -> Void
    ) -> Bool
}

/// Gives each request to its handler, and the reply back to who asked.
final class ControlDesk: Sendable {
    private let handlers: [any ControlHandler]
    private let costly = RequestQueue()

    init(handlers: [any ControlHandler]) {
        self.handlers = handlers
    }

    func answer(_ payload: [UInt8], from peer: PeerIdentity, reply: @escaping @Sendable ([UInt8]) -> Void) {
        let reply: @Sendable (WireControlReply) -> Void = { message in
            if let payload = try? message.wire() { reply(payload) }
        }
        let request: WireControlRequest
        do {
            request = try WireControlRequest(wire: payload)
        } catch {
            reply(WireControlReply(refusing: payload, because: error))
            return
        }
        do throws(ControlFailure) {
            guard try request.asked().isCostly else { return try hand(request, peer, reply) }
            let isTaken = costly.submit(from: peer) { [self] done in
                let answer: @Sendable (WireControlReply) -> Void = { message in
                    reply(message)
                    done()
                }
                do throws(ControlFailure) {
                    try hand(request, peer, answer)
                } catch {
                    answer(WireControlReply(id: request.id, failure: error))
                }
            }
            guard isTaken else {
                throw ControlFailure(
                    .rateLimited, "too many requests of this kind are waiting",
                    remedy: "ask for the next page when the last one has come")
            }
        } catch {
            reply(WireControlReply(id: request.id, failure: error))
        }
    }

    private func hand(
        _ request: WireControlRequest, _ peer: PeerIdentity, _ reply: @escaping @Sendable (WireControlReply) -> Void
    ) throws(ControlFailure) {
        if handlers.contains(where: { $0.handle(request, from: peer, reply: reply) }) { return }
        throw ControlFailure(
            .unavailable, "this daemon does not serve the request",
            remedy: "switch on in its configuration what the request needs")
    }
}

extension WireControlRequest.OneOf_Body {
    /// Whether the reply may be long, or takes long to find.
    fileprivate var isCostly: Bool {
        switch self {
        case .listStreams, .listModels, .showModel, .rollbackModel, .exportJournal, .eraseJournal, .reload, .listWords,
            .forgetWords:
            true
        // Reading ink has a queue of its own.
        case .status, .correct, .recognize: false
        }
    }
}
