import DuctusTransport
import DuctusWire

/// Answers one kind of request, or says that it is not its own.
package protocol ControlHandler: Sendable {
    /// Runs on the reactor's thread: what takes longer replies later, from any thread. `reply` is called once.
    ///
    /// - Returns: false if the request is for another handler; then `reply` is not called.
    func handle(
        _ request: WireControlRequest, from peer: Peer, reply: @escaping @Sendable (WireControlReply) -> Void
    ) -> Bool
}

/// Takes requests from the control socket, gives each to its handler, sends the reply back to who asked.
final class ControlDesk: Sendable {
    private let handlers: [any ControlHandler]
    private let send: @Sendable ([[UInt8]]) -> Void

    init(handlers: [any ControlHandler], send: @escaping @Sendable ([[UInt8]]) -> Void) {
        self.handlers = handlers
        self.send = send
    }

    func take(_ batch: MessageBatch) {
        for message in 0..<batch.count { take(batch.frames(message), from: batch.peer(message)) }
    }

    private func take(_ frames: [[UInt8]], from peer: Peer) {
        // The first frame is the way back, put there by the socket.
        guard frames.count >= 2, let payload = frames.last else { return }
        let envelope = Array(frames.dropLast())
        let reply: @Sendable (WireControlReply) -> Void = { [send] reply in
            if let payload = try? reply.wire() { send(envelope + [payload]) }
        }
        let request: WireControlRequest
        do {
            request = try WireControlRequest(wire: payload)
        } catch {
            reply(WireControlReply(refusing: payload, because: error))
            return
        }
        do throws(ControlFailure) {
            _ = try request.asked()
            if handlers.contains(where: { $0.handle(request, from: peer, reply: reply) }) { return }
            throw ControlFailure(
                .unavailable, "this daemon does not serve the request",
                remedy: "switch on in its configuration what the request needs")
        } catch {
            reply(WireControlReply(id: request.id, failure: error))
        }
    }
}
