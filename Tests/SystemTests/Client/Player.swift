import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

/// Sends recordings to a daemon as fast as it takes them. Each playing has an epoch of its own.
final class Player {
    private let publishers: [(prefix: String, publisher: Publisher)]
    /// Larger than that of every player before.
    private var epoch = UInt64(Date().timeIntervalSince1970 * 1e6)

    init(_ daemon: DaemonUnderTest) throws {
        publishers = try [(Topic.inkPrefix, "ink"), (Topic.featuresPrefix, "features")].map { prefix, socket in
            let publisher = try Publisher(context: daemon.context, endpoint: daemon.endpoint(socket))
            try publisher.waitForSubscription(to: Array(prefix.utf8), milliseconds: 20_000)
            return (prefix, publisher)
        }
    }

    func play(_ records: [FixtureRecord]) throws {
        epoch += 1000
        for record in records { try send(record) }
    }

    func send(topic: String, payload: [UInt8]) throws {
        let publisher = publishers.first { topic.hasPrefix($0.prefix) } ?? publishers[0]
        try publisher.publisher.send(topic: Array(topic.utf8), payload: payload)
    }

    private func send(_ record: FixtureRecord) throws {
        var payload = record.payload
        if record.topic.hasPrefix(Topic.featuresPrefix), var packet = try? FeaturePacket(wire: payload) {
            packet.epoch += epoch
            payload = try packet.wire()
        } else if var packet = try? InkPacket(wire: payload) {
            packet.epoch += epoch
            payload = try packet.wire()
        }
        try send(topic: record.topic, payload: payload)
    }
}

/// Keeps what a daemon says, each event once.
final class Listener {
    private let subscriber: Subscriber
    private(set) var events: [LabelEvent] = []
    private var latest: [StreamName: (UInt64, UInt64)] = [:]
    /// Unix µs: what was published before greets every new subscriber, and is of no interest but to one who comes late.
    private let since: Int64

    /// Ready to hear everything that is published from now on.
    init(_ daemon: DaemonUnderTest, to prefix: String = Topic.labelsPrefix) throws {
        since = Int64(Date().timeIntervalSince1970 * 1e6)
        subscriber = try Subscriber(context: daemon.context, endpoint: daemon.endpoint("labels"))
        try subscriber.subscribe(Array(prefix.utf8))
        try subscriber.waitUntilSubscribed(milliseconds: 20_000)
    }

    /// Subscribes only once the connection stands, so that what greets a new subscriber is not missed.
    init(_ daemon: DaemonUnderTest, lateTo prefix: String) throws {
        since = .min
        subscriber = try Subscriber(context: daemon.context, endpoint: daemon.endpoint("labels"))
        try subscriber.waitUntilSubscribed(milliseconds: 20_000)
        try subscriber.subscribe(Array(prefix.utf8))
    }

    var finals: [LabelEvent] { events.filter { $0.state == .final } }

    func finals(of stream: StreamName) -> [LabelEvent] { finals.filter { $0.stream == stream } }

    /// Listens until `isEnough`, or for so long that it will not come any more.
    @discardableResult
    func listen(seconds: Double = 30, until isEnough: (Listener) -> Bool) throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !isEnough(self) {
            guard ContinuousClock.now < deadline else { return false }
            try hear(milliseconds: 100)
        }
        return true
    }

    /// Takes in what is there, or comes next.
    func hear(milliseconds: Int) throws {
        // An empty message tells that a subscription stands.
        if let frames = try subscriber.receive(milliseconds: milliseconds), frames.count == 2, !frames[1].isEmpty,
            case .labels(let stream) = try Topic(wire: frames[0])
        {
            let event = try LabelEvent(wire: frames[1])
            let isNew = latest[stream].map { $0 < (event.epoch, event.number) } ?? true
            if isNew, event.stamps.published >= since {
                latest[stream] = (event.epoch, event.number)
                events.append(event)
            }
        }
    }
}
