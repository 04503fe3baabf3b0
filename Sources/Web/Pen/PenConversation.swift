import DuctusFoundations
import DuctusStreaming
import DuctusTransport
import DuctusWire

/// One WebSocket of `/v1/pen`: a pen's packets in, its labels out. Lives on the server's event loop.
final class PenConversation: WebSocketConversation {
    private let outlet: any SocketOutlet
    private unowned let transport: WebTransport
    private var peer: PeerIdentity?
    private var stream: StreamName?
    private var epoch: UInt64 = 0
    private var subscriber: SubscriberTable.Number?

    init(_ outlet: any SocketOutlet, transport: WebTransport) {
        self.outlet = outlet
        self.transport = transport
    }

    var isAuthorized: Bool { peer != nil }

    func ended() {
        if let subscriber { transport.leave(subscriber) }
        subscriber = nil
    }

    /// Messages from this number of bytes on are not read where their client has no bytes left: other sockets wait for that.
    private static let long = 16 << 10

    func receive(_ text: [UInt8], authorize: (String) -> PeerIdentity?) throws(SocketFault) {
        // A packet is about half as long as its JSON.
        if text.count >= Self.long, let peer, let stream,
            !transport.hasRoom(for: text.count / 2, of: stream, from: peer)
        {
            return
        }
        switch try PenMessage(text) {
        case .hello(let hello): try greet(hello, authorize)
        case .packet(let sequence, let content): try publish(sequence, content)
        case .correct(let id, let segment, let text): try correct(id: id, segment: segment, text: text)
        }
    }

    private func greet(_ message: PenMessage.Hello, _ authorize: (String) -> PeerIdentity?) throws(SocketFault) {
        if peer == nil || !message.token.isEmpty { peer = authorize(message.token) }
        guard let peer else { throw .policy("the token is not valid: open the pad with 'ductus pad'") }
        guard let stream = StreamName(message.stream) else {
            throw .malformed("a stream's name has 1 to 64 of A-Z a-z 0-9 _ -")
        }
        if let writer = message.hello.writer, StreamName(writer) == nil {
            throw .malformed("a writer's name has 1 to 64 of A-Z a-z 0-9 _ -")
        }
        epoch = message.epoch
        let isNew = self.stream != stream
        self.stream = stream
        if isNew {
            if let subscriber { transport.leave(subscriber) }
            subscriber = nil
        }
        if subscriber == nil {
            let topics = [Topic.labels(stream), .review(stream), .events]
            subscriber = try transport.subscribe(
                peer, topics, outlet, stream: stream, afterEpoch: message.seenEpoch, number: message.seenNumber)
        }
        var json = JSONWriter()
        json.object {
            $0.member("type", "welcome")
            $0.member("stream", stream.text)
        }
        outlet.send(json.text, key: nil)
        try publish(message.sequence, .hello(message.hello))
    }

    private func publish(_ sequence: UInt64, _ content: InkPacket.Content) throws(SocketFault) {
        guard let stream, let peer else { throw .policy("say hello first") }
        transport.publish(InkPacket(epoch: epoch, sequence: sequence, content: content), of: stream, from: peer)
    }

    private func correct(id: Int, segment: UInt64, text: String) throws(SocketFault) {
        guard let stream, let peer else { throw .policy("say hello first") }
        transport.gateway.ask(
            .correct(
                .with {
                    $0.stream = stream.text
                    $0.segment = segment
                    $0.text = text
                }), from: peer
        ) { [outlet] answer in
            var json = JSONWriter()
            json.object {
                switch answer {
                case .success(.correct(let reply)):
                    $0.member("type", "corrected")
                    $0.member("id", id)
                    $0.member("correction", Int(clamping: reply.correction))
                    $0.member("writer", reply.writer)
                case .success:
                    $0.member("type", "refused")
                    $0.member("id", id)
                    $0.member("message", "another answer came")
                case .failure(let failure):
                    $0.member("type", "refused")
                    $0.member("id", id)
                    $0.member("message", failure.message)
                    $0.member("remedy", failure.remedy)
                }
            }
            outlet.send(json.text, key: nil)
        }
    }
}
