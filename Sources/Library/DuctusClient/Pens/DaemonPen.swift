import Ductus
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

/// One pen of this program that a daemon reads while it writes.
///
///     let pen = try daemon.makePen(stream: "desk", writer: "anna")
///     try pen.add(stroke)
///     while let label = try pen.nextLabel(within: 0.1) { print(label.text) }
///
/// Belongs to one thread.
public final class DaemonPen {
    /// The name of its stream.
    public let stream: String
    private let name: StreamName
    private let hello: StreamHello
    private let publisher: Publisher
    private let feed: LabelFeed
    private let topic: [UInt8]
    /// Names this run of the stream; packets of earlier runs are told apart by it.
    private let epoch = UInt64(Date().timeIntervalSince1970 * 1e6)
    private let began = Int64(Date().timeIntervalSince1970 * 1e6)
    private var sequence: UInt64 = 0
    private var stroke: UInt32 = 0
    private var touching: Sample?

    /// Connects, and waits until the daemon takes the stream.
    init(
        _ name: StreamName, hello: StreamHello, at address: DaemonAddress, context: Context, patience: Double
    ) throws {
        self.name = name
        self.hello = hello
        stream = name.text
        topic = InkPacket.topic(of: name).wire
        let milliseconds = Int(patience * 1000)
        let subscriber = try Subscriber(
            context: context, endpoint: try address.endpoint(.labels), security: address.security)
        try subscriber.waitUntilSubscribed(milliseconds: milliseconds)
        try subscriber.subscribe(Topic.labels(name).wire)
        feed = LabelFeed(subscriber)
        publisher = try Publisher(
            context: context, endpoint: try address.endpoint(.ink), security: address.security,
            sendTimeout: milliseconds)
        try publisher.waitForSubscription(to: topic, milliseconds: milliseconds)
        _ = try publisher.takeNewSubscription(to: topic)
        try send(.hello(hello))
    }

    /// Adds samples with the tip on the surface. They go on with the stroke that was not lifted.
    ///
    /// - Throws: where the daemon is gone, or takes nothing in time.
    public func add(_ samples: some Sequence<Sample>) throws {
        let reports = samples.map { PenSample($0) }
        guard let last = reports.last else { return }
        try send(.samples(reports, firstStroke: stroke))
        touching = last.sample
    }

    /// Adds a whole stroke, and lifts the pen.
    public func add(_ stroke: Stroke) throws {
        try lift()
        try add(stroke.samples)
        try lift()
    }

    /// The tip leaves the surface: the stroke is over.
    public func lift() throws {
        guard let last = touching else { return }
        try send(.samples([PenSample(last, contact: false)], firstStroke: stroke))
        touching = nil
        stroke &+= 1
    }

    /// Takes strokes of the open line back, by their numbers, counted from 0.
    public func takeBack(_ strokes: [Int]) throws {
        try send(.retraction(strokes.compactMap { UInt32(exactly: $0) }))
    }

    /// Ends the line that is written: its final label comes next.
    public func endLine() throws {
        try lift()
        try send(.endOfSegment)
    }

    /// The next label of this pen; nil if none comes within so many seconds.
    public func nextLabel(within seconds: Double) throws -> Label? {
        let deadline = ContinuousClock.now + .seconds(seconds)
        repeat {
            let left = max(0, (deadline - ContinuousClock.now) / .milliseconds(1))
            guard let event = try feed.next(milliseconds: Int(left.rounded(.up))) else { return nil }
            // The last event of an earlier run greets every new subscriber.
            if event.stream == name, event.stamps.published >= began { return Label(event) }
        } while ContinuousClock.now < deadline
        return nil
    }

    private func send(_ content: InkPacket.Content) throws {
        // A daemon that restarted knows nothing of the pen.
        if sequence > 0, try publisher.takeNewSubscription(to: topic) {
            try publish(.hello(StreamHello(writer: hello.writer, rotation: hello.rotation)))
        }
        try publish(content)
    }

    private func publish(_ content: InkPacket.Content) throws {
        let packet = InkPacket(epoch: epoch, sequence: sequence, content: content)
        guard try publisher.send(topic: topic, payload: try packet.wire()) else { throw DaemonFault.gone(stream) }
        sequence += 1
    }
}

/// The errors of a pen of a daemon.
public enum DaemonFault: Error, Equatable, CustomStringConvertible {
    /// Nobody takes the stream at present.
    case gone(String)

    public var description: String {
        switch self {
        case .gone(let stream): "stream '\(stream)': the daemon is gone; start it, and add the ink again"
        }
    }
}
