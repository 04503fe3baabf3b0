import DuctusTransport
import DuctusWire

/// The handler of all transports. It hands packets to the intake and requests to the control desk, and decides who may have which message.
final class Reception: MessageHandler {
    private let intake: Intake
    private let desk: ControlDesk
    private let publisher: LabelPublisher
    private let access: AccessControl?
    private let sink: any MessageSink
    private let taps = Taps()

    /// - Parameter sink: gets what clients publish, for those who asked to follow it.
    init(
        intake: Intake, desk: ControlDesk, publisher: LabelPublisher, access: AccessControl?, sink: any MessageSink
    ) {
        self.intake = intake
        self.desk = desk
        self.publisher = publisher
        self.access = access
        self.sink = sink
    }

    func receive(_ batch: MessageBatch) {
        if !taps.isEmpty {
            for message in 0..<batch.count where batch.frameCount(message) == 2 {
                let topic = Topic.split(batch.frame(message, 0)).topic
                if taps.want(topic) { sink.send(Publication(topic, batch.frame(message, 1)), matters: false) }
            }
        }
        intake.receive(batch)
    }

    func hasRoom(for bytes: Int, of topic: [UInt8], from peer: PeerIdentity) -> Bool {
        intake.hasRoom(for: bytes, of: topic, from: peer)
    }

    func answer(_ request: [UInt8], from peer: PeerIdentity, reply: @escaping @Sendable ([UInt8]) -> Void) {
        desk.answer(request, from: peer, reply: reply)
    }

    func permitsSubscription(to prefix: [UInt8], by peer: PeerIdentity) -> Bool {
        access?.admit(subscriptionTo: prefix, by: peer) == nil
    }

    func permits(_ topic: [UInt8], to peer: PeerIdentity) -> Bool { access?.permits(topic, to: peer) ?? true }

    func welcome(to prefix: [UInt8]) -> [Publication] { publisher.lastEvents(of: prefix) }

    func subscription(to prefix: [UInt8], isWanted: Bool) { taps.note(prefix, isWanted: isWanted) }
}
