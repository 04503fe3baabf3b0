import DuctusDaemon
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation
import StreamingTestSupport

/// A pen, a listener and an operator of one daemon, over its real sockets.
final class DaemonClient {
    private let context: Context
    private let folder: String
    private let publisher: Publisher
    private let labels: Subscriber
    private var sequences: [StreamName: UInt64] = [:]
    private var pens: [String: ScribblingPen] = [:]
    private let epoch = UInt64(getpid())

    /// - Parameter folder: With the daemon's sockets.
    init(sockets folder: String) throws {
        self.folder = folder
        context = try Context()
        publisher = try Publisher(context: context, endpoint: Endpoint(ipc: folder + "/ink"))
        labels = try Subscriber(context: context, endpoint: Endpoint(ipc: folder + "/labels"))
        try labels.subscribe(Array("labels.".utf8))
        try labels.waitUntilSubscribed(milliseconds: 10_000)
        try publisher.waitForSubscription(to: Array("ink.".utf8), milliseconds: 10_000)
    }

    /// Writes a few letters; the segment stays open.
    func write(on name: String) throws {
        for samples in pens[name, default: ScribblingPen(seed: UInt64(name.utf8.count))].letters(4) {
            try send(.samples(samples, firstStroke: nil), on: name)
        }
    }

    func endSegment(on name: String) throws { try send(.endOfSegment, on: name) }

    private func send(_ content: InkPacket.Content, on name: String) throws {
        guard let stream = StreamName(name) else { throw Machine.Failure("\(name) is no stream name") }
        let sequence = sequences[stream, default: 0]
        sequences[stream] = sequence + 1
        try send(InkPacket(epoch: epoch, sequence: sequence, content: content).wire(), on: name)
    }

    /// Sends any bytes.
    func send(_ payload: [UInt8], on name: String) throws {
        _ = try publisher.send(topic: Array("ink.\(name)".utf8), payload: payload)
    }

    /// Waits until the daemon takes ink again, after it went away.
    func waitForReturn() throws {
        try publisher.waitForSubscription(to: Array("ink.".utf8), milliseconds: 20_000)
        try labels.waitUntilSubscribed(milliseconds: 20_000)
    }

    /// The next final of each of `streams`, or those that came in time.
    func finals(of streams: Set<String>, milliseconds: Int = 10_000) throws -> [String: LabelEvent] {
        var finals: [String: LabelEvent] = [:]
        let deadline = Date().addingTimeInterval(Double(milliseconds) / 1000)
        while finals.count < streams.count, Date() < deadline {
            guard let frames = try labels.receive(milliseconds: 200), frames.count == 2,
                let event = try? LabelEvent(wire: frames[1]), event.state == .final, streams.contains(event.stream.text)
            else { continue }
            finals[event.stream.text] = event
        }
        return finals
    }

    func ask(_ body: WireControlRequest.OneOf_Body) throws -> WireControlReply.OneOf_Body {
        let client = ControlClient(context: context, endpoint: Endpoint(ipc: folder + "/control"))
        let reply = try client.request(WireControlRequest(id: 1, body).wire(), milliseconds: 5000)
        return try WireControlReply(wire: reply).answer()
    }

    func status() throws -> WireStatusReply {
        guard case .status(let status) = try ask(.status(WireStatusRequest())) else {
            throw Machine.Failure("no status")
        }
        return status
    }
}
