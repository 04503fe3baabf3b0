import DuctusStreaming

/// The segments that were read lately: what a correction may refer to. Bounded in bytes and per stream.
public struct SegmentMemory {
    /// The place of a correction's segment.
    public enum Place: Sendable {
        case known(ReadSegment)
        case tooOld
        case unknown
    }

    private struct Stream {
        var segments: [UInt64: ReadSegment] = [:]
        /// The highest number that was forgotten.
        var forgotten: UInt64?
    }

    /// Streams without a segment of which "too old" can still be said. They come and go without end.
    private static let emptyStreams = 1000

    private let limit: Int
    private let perStream: Int
    private var streams: [StreamName: Stream] = [:]
    private var emptyCount = 0
    /// In the order in which they came; those that were forgotten before their turn are skipped.
    private var order: [(stream: StreamName, segment: UInt64)] = []
    private var count = 0
    /// Bytes that the segments take, about.
    package private(set) var byteCount = 0
    /// Streams of which something is known.
    package var streamCount: Int { streams.count }

    /// - Parameters:
    ///   - limit: bytes altogether.
    ///   - perStream: segments of one stream.
    public init(limit: Int = 32 << 20, perStream: Int = 64) {
        self.limit = limit
        self.perStream = perStream
    }

    /// Whether a segment is remembered, forgotten, or unknown.
    public func place(of segment: UInt64, in stream: StreamName) -> Place {
        guard let known = streams[stream] else { return .unknown }
        if let found = known.segments[segment] { return .known(found) }
        return known.forgotten.map { segment <= $0 } ?? false ? .tooOld : .unknown
    }

    public mutating func keep(_ segment: ReadSegment) {
        let (stream, number) = (segment.stream, segment.number)
        if let earlier = streams[stream]?.segments[number] {
            // Read again after a retraction.
            byteCount -= earlier.byteCount
        } else {
            order.append((stream, number))
            count += 1
            if let known = streams[stream], known.segments.isEmpty { emptyCount -= 1 }
        }
        streams[stream, default: Stream()].segments[number] = segment
        byteCount += segment.byteCount
        if let kept = streams[stream]?.segments, kept.count > perStream, let oldest = kept.keys.min() {
            forget(oldest, of: stream)
        }
        var skipped = 0
        while byteCount > limit, skipped < order.count {
            forget(order[skipped].segment, of: order[skipped].stream)
            skipped += 1
        }
        order.removeFirst(skipped)
        if emptyCount > Self.emptyStreams {
            streams = streams.filter { !$0.value.segments.isEmpty }
            emptyCount = 0
        }
        if order.count > 2 * count + 64 {
            order.removeAll { streams[$0.stream]?.segments[$0.segment] == nil }
        }
    }

    /// Forgets everything that an owner wrote.
    public mutating func forget(_ owner: CorrectionOwner) {
        for (name, stream) in streams {
            for (number, segment) in stream.segments where owner.owns(segment) { forget(number, of: name) }
        }
    }

    private mutating func forget(_ segment: UInt64, of stream: StreamName) {
        guard let gone = streams[stream]?.segments.removeValue(forKey: segment) else { return }
        byteCount -= gone.byteCount
        count -= 1
        let newest = max(streams[stream]?.forgotten ?? 0, segment)
        streams[stream]?.forgotten = newest
        if streams[stream]?.segments.isEmpty == true { emptyCount += 1 }
    }
}

extension CorrectionOwner {
    fileprivate func owns(_ segment: ReadSegment) -> Bool {
        switch self {
        case .writer(let writer): segment.writer == writer
        case .nobody(let stream): segment.writer == nil && (stream == nil || stream == segment.stream.text)
        }
    }
}
