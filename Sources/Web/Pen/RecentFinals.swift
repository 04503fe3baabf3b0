import DuctusStreaming

/// The last finals of the streams that came by WebSocket, for a client that was away: it is sent those that it missed.
struct RecentFinals {
    private struct Stream {
        var finals: [(epoch: UInt64, number: UInt64, text: String)] = []
        var bytes = 0
        var latest: UInt64 = 0
    }

    private var streams: [StreamName: Stream] = [:]
    private var ticks: UInt64 = 0
    private let streamLimit: Int
    private let byteLimit: Int

    /// - Parameters:
    ///   - streams: that are remembered; the one that was silent longest goes for a new one.
    ///   - bytes: of finals that are remembered of one stream.
    init(streams: Int = 256, bytes: Int = 64 << 10) {
        streamLimit = streams
        byteLimit = bytes
    }

    /// Keeps this stream's finals from now on.
    mutating func remember(_ stream: StreamName) {
        ticks += 1
        if streams[stream] == nil, streams.count >= streamLimit,
            let oldest = streams.min(by: { $0.value.latest < $1.value.latest })?.key
        {
            streams[oldest] = nil
        }
        streams[stream, default: Stream()].latest = ticks
    }

    func keeps(_ stream: StreamName) -> Bool { streams[stream] != nil }

    mutating func add(_ text: String, of event: LabelEvent) {
        guard var stream = streams.removeValue(forKey: event.stream) else { return }
        ticks += 1
        stream.latest = ticks
        stream.finals.append((event.epoch, event.number, text))
        stream.bytes += text.utf8.count
        while stream.bytes > byteLimit, stream.finals.count > 1 {
            stream.bytes -= stream.finals.removeFirst().text.utf8.count
        }
        streams[event.stream] = stream
    }

    /// Those that came after the event that was seen last.
    func finals(of stream: StreamName, afterEpoch epoch: UInt64, number: UInt64) -> [String] {
        streams[stream]?.finals.filter { ($0.epoch, $0.number) > (epoch, number) }.map(\.text) ?? []
    }
}
