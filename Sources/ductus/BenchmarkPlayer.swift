import DuctusClient
import DuctusStreaming
import DuctusTransportZeroMQ
import DuctusWire

/// Plays packets to a daemon in real time, and takes in what it says of them.
struct BenchmarkPlayer {
    let publisher: Publisher
    let feed: LabelFeed
    let process: DaemonProcess

    /// - Parameters:
    ///   - packets: in the order of time.
    ///   - isDone: whether no label is missing; after the last packet it is waited for, 5 s at most.
    func play(_ packets: [BenchmarkPacket], seconds: Double, until isDone: (BenchmarkTally) -> Bool) throws
        -> BenchmarkTally
    {
        var tally = BenchmarkTally()
        let before = process.figures
        let start = ContinuousClock.now
        for packet in packets {
            let due = start + .microseconds(packet.time)
            while ContinuousClock.now < due {
                let left = Int((due - ContinuousClock.now) / .milliseconds(1))
                // Labels are taken in while there is nothing to send; a short wait keeps the senders in time.
                if let event = try feed.next(milliseconds: min(2, max(1, left))) { tally.record(event) }
            }
            try publisher.send(topic: packet.topic, payload: packet.payload)
            while let event = try feed.next(milliseconds: 0) { tally.record(event) }
            if packet.number % 500 == 0 {
                Terminal.status(
                    "\(duration(Double(packet.time) / 1e6)) of \(duration(seconds)), \(tally.finals.count) finals")
            }
        }
        let sending = (ContinuousClock.now - start) / .seconds(1)
        let after = process.figures
        tally.processorShare = (after.processorSeconds - before.processorSeconds) / sending
        tally.residentMiB = after.residentMiB
        let deadline = ContinuousClock.now + .seconds(5)
        while !isDone(tally), ContinuousClock.now < deadline {
            if let event = try feed.next(milliseconds: 100) { tally.record(event) }
        }
        return tally
    }
}

extension WireStatusReply {
    /// Messages that were not taken, and partials that a newer one overtook.
    var dropped: UInt64 {
        counters.filter { $0.key.hasPrefix("dropped_") }.values.reduce(0, +)
            + lanes.reduce(0) { $0 + $1.skippedPartials }
    }
}

/// Counts of the labels of a run.
struct BenchmarkTally {
    var finals: [LabelEvent] = []
    /// The spans of sensors that became final, in order.
    private(set) var spans: [StreamName: [LabelEvent.Span]] = [:]
    var partialLatency = LatencyHistogram()
    var finalLatency = LatencyHistogram()
    /// Finals that do not begin with the prefix that the last partial before them had committed.
    var contradicted = 0
    var processorShare = 0.0
    var residentMiB = 0.0
    private var promised: [StreamName: (segment: UInt64, text: Substring.UnicodeScalarView)] = [:]

    mutating func record(_ event: LabelEvent) {
        for span in event.spans where span.state == .final { spans[event.stream, default: []].append(span) }
        switch event.state {
        case .partial:
            partialLatency.add(event.stamps.published - event.stamps.arrived)
            promised[event.stream] = (event.segment, event.text.unicodeScalars.prefix(event.committed))
        case .final:
            finalLatency.add(event.stamps.published - event.stamps.decided)
            finals.append(event)
            if let promise = promised[event.stream], promise.segment == event.segment,
                !event.text.unicodeScalars.starts(with: promise.text)
            {
                contradicted += 1
            }
        }
    }
}
