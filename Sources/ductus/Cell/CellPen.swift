import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire

/// The sending side of a pen or a sensor at one daemon or at several of a cell.
///
/// At several, every topic carries the slot of its writer, and a daemon takes the slots that it owns. Whoever takes the topic anew gets a
/// hello and what has no final yet; so a daemon that stops, or gives the slot away, loses nothing that a pen has written.
///
/// Belongs to one thread.
final class CellPen {
    private let publishers: [Publisher]
    private let topic: [UInt8]
    private let slot: Slot
    private let isCell: Bool
    private let hello: (_ sequence: UInt64) throws -> [UInt8]
    private var kept = KeptInput()
    /// The number of packets that were sent again.
    private(set) var resendings = 0

    /// - Parameters:
    ///   - topic: the topic without a slot.
    ///   - writer: the writer that the hello names.
    ///   - hello: makes a hello with a sequence number.
    init(
        _ topic: Topic, writer: String?, at endpoints: [Endpoint], security: SocketOptions.Security, context: Context,
        hello: @escaping (_ sequence: UInt64) throws -> [UInt8]
    ) throws {
        isCell = endpoints.count > 1
        slot = Slot(writer: writer, stream: topic.stream?.text ?? "")
        let wire = isCell ? topic.wire(in: slot) : topic.wire
        self.topic = wire
        self.hello = hello
        let isCell = isCell
        publishers = try endpoints.map {
            try Publisher(
                context: context, endpoint: $0, security: security, confirmedTopic: isCell ? wire : nil)
        }
    }

    /// Waits until a daemon takes the topic, and says hello.
    ///
    /// - Parameter sequence: the hello's number, the first of all.
    func begin(_ sequence: UInt64, milliseconds: Int) throws {
        try waitUntilTaken(milliseconds: milliseconds)
        for publisher in publishers { try publisher.send(topic: topic, payload: hello(sequence)) }
    }

    private func waitUntilTaken(milliseconds: Int) throws {
        guard isCell else {
            try publishers[0].waitForSubscription(to: topic, milliseconds: milliseconds)
            _ = try publishers[0].takeNewSubscription(to: topic)
            return
        }
        let deadline = ContinuousClock.now + .milliseconds(milliseconds)
        while true {
            var isTaken = false
            for publisher in publishers where try publisher.takeNewSubscription(to: topic) { isTaken = true }
            if isTaken { return }
            guard ContinuousClock.now < deadline else {
                throw TransportFault.timeout(
                    waitingFor: "subscription to the slot \(slot) (they must be all daemons of one cell)",
                    endpoint: publishers.map(\.name).joined(separator: ", "), milliseconds: milliseconds)
            }
            try publishers[0].waitForNews(milliseconds: 20)
        }
    }

    /// Looks for daemons that subscribe to the topic anew, and sends them the packets that they missed. Call it before
    /// each packet, and now and then without one.
    ///
    /// - Parameter next: the number of the packet that comes next. A hello has the one before it: who took that one drops the hello.
    func greet(before next: UInt64) throws {
        for publisher in publishers where try publisher.takeNewSubscription(to: topic) {
            guard let again = kept.again else {
                if next > 0 { try publisher.send(topic: topic, payload: hello(next - 1)) }
                continue
            }
            resendings += 1
            try publisher.send(topic: topic, payload: hello(again.hello))
            for payload in again.payloads { try publisher.send(topic: topic, payload: payload) }
        }
    }

    /// Sends a packet to the daemon that takes the topic, and keeps it until its final comes.
    ///
    /// - Parameters:
    ///   - stroke: the last stroke of which it has a sample with contact.
    ///   - endsSegment: whether it says that the segment is over.
    func send(_ payload: [UInt8], sequence: UInt64, stroke: UInt32? = nil, endsSegment: Bool = false) throws {
        if isCell { kept.keep(payload, sequence: sequence, stroke: stroke, endsSegment: endsSegment) }
        for publisher in publishers { try publisher.send(topic: topic, payload: payload) }
    }

    /// Takes an event of the stream: what has a final is not sent again.
    func record(_ event: LabelEvent) {
        guard event.state == .final else { return }
        if event.strokes.isEmpty { kept.releaseFirstSegment() } else { kept.release(strokes: event.strokes) }
    }

    /// Whether something has no final yet.
    var isWaiting: Bool { !kept.isEmpty }
}
