import DuctusStreaming

/// The segments that were read lately, with their ink or vectors: what a correction may refer to. Bounded in bytes and per stream.
package struct SegmentMemory {
    /// Where a correction's segment is.
    package enum Place {
        case known(FinishedSegment)
        case tooOld
        case unknown
    }

    private struct Stream {
        var segments: [UInt64: FinishedSegment] = [:]
        /// The highest number that was forgotten.
        var forgotten: UInt64?
    }

    private static let streamLimit = 20_000

    private let limit: Int
    private let perStream: Int
    private var streams: [StreamName: Stream] = [:]
    /// In the order in which they came; those that were forgotten before their turn are skipped.
    private var order: [(stream: StreamName, segment: UInt64)] = []
    private var bytes = 0

    /// - Parameters:
    ///   - limit: bytes of ink and vectors altogether.
    ///   - perStream: segments of one stream.
    package init(limit: Int = 64 << 20, perStream: Int = 64) {
        self.limit = limit
        self.perStream = perStream
    }

    package func place(of segment: UInt64, in stream: StreamName) -> Place {
        guard let known = streams[stream] else { return .unknown }
        if let found = known.segments[segment] { return .known(found) }
        return known.forgotten.map { segment <= $0 } ?? false ? .tooOld : .unknown
    }

    package mutating func keep(_ finished: FinishedSegment) {
        let (stream, number) = (finished.event.stream, finished.event.segment)
        if let earlier = streams[stream]?.segments[number] {
            // Read again after a retraction.
            bytes -= earlier.byteCount
        } else {
            order.append((stream, number))
        }
        streams[stream, default: Stream()].segments[number] = finished
        bytes += finished.byteCount
        if let kept = streams[stream]?.segments, kept.count > perStream, let oldest = kept.keys.min() {
            forget(oldest, of: stream)
        }
        var skipped = 0
        while bytes > limit, skipped < order.count {
            forget(order[skipped].segment, of: order[skipped].stream)
            skipped += 1
        }
        order.removeFirst(skipped)
        // Streams come and go; of those that left only "too old" could still be said.
        if streams.count > Self.streamLimit { streams = streams.filter { !$0.value.segments.isEmpty } }
        if order.count > 2 * streams.values.reduce(64, { $0 + $1.segments.count }) {
            order.removeAll { streams[$0.stream]?.segments[$0.segment] == nil }
        }
    }

    /// Forgets everything a writer wrote.
    package mutating func forget(writer: String) {
        for (name, stream) in streams {
            for (number, segment) in stream.segments where segment.writer == writer { forget(number, of: name) }
        }
    }

    private mutating func forget(_ segment: UInt64, of stream: StreamName) {
        guard let gone = streams[stream]?.segments.removeValue(forKey: segment) else { return }
        bytes -= gone.byteCount
        let newest = max(streams[stream]?.forgotten ?? 0, segment)
        streams[stream]?.forgotten = newest
    }
}
