/// The limits of a lane. Whatever exceeds a limit is dropped and counted. A final is never dropped: one that was let go of unread comes
/// empty and says why.
public struct LaneLimits: Sendable, Equatable {
    /// Streams that a lane keeps; beyond it the longest idle one is evicted, and if none is idle the new one is refused.
    public var streams: Int
    /// Streams of one client that a lane keeps; beyond it the client's longest idle one is evicted for a new one, if one is idle.
    public var streamsPerClient: Int
    /// Packets that wait for the lane.
    public var queuedPackets: Int
    /// Packets of one stream that wait for the lane, so that one stream cannot crowd out the others.
    public var queuedPacketsPerStream: Int
    /// Bytes of packets that wait for the lane.
    public var queuedBytes: Int
    /// Bytes that one stream keeps: its open segment, segments that wait for their finals, and as much again of packets
    /// that wait for the lane. One packet may go beyond it.
    public var streamBytes: Int
    /// Packets, and their bytes, of one client that wait for the lane.
    public var queuedPacketsPerClient: Int
    /// Bytes that one client may have waiting for the lane.
    public var queuedBytesPerClient: Int
    /// Frames of segments, and their bytes, that one client may keep waiting for finals. Beyond it the newest segments of the streams
    /// that keep most waiting are let go of.
    public var clientFrames: Int
    /// Bytes that the streams of one client may keep.
    public var clientBytes: Int
    /// Bytes of segments that all clients may keep waiting together.
    public var waitingBytes: Int
    /// Windows read in one call of the network, and no more once they have `framesPerTurn`.
    public var batch: Int
    /// Finals read in one turn, before a batch of partials: in one call, and no more once they have so many frames.
    public var finalsPerTurn: Int
    /// Frames of finals that one turn reads, at most, and of partials. One long final is read at once.
    public var framesPerTurn: Int
    /// Seconds after which a stream without packets is evicted.
    public var eviction: Double

    /// Limits of one lane. Those with `Bytes` in their names are in bytes; `eviction` is in seconds.
    public init(
        streams: Int = 4096, streamsPerClient: Int = .max, queuedPackets: Int = 65_536,
        queuedPacketsPerStream: Int = 8_192, queuedBytes: Int = 256 << 20, streamBytes: Int = 8 << 20,
        queuedPacketsPerClient: Int = 32_768,
        queuedBytesPerClient: Int = 64 << 20, clientFrames: Int = 1 << 18, clientBytes: Int = 64 << 20,
        waitingBytes: Int = 256 << 20, batch: Int = 16, finalsPerTurn: Int = 16, framesPerTurn: Int = 2_048,
        eviction: Double = 300
    ) {
        self.streams = streams
        self.streamsPerClient = streamsPerClient
        self.queuedPackets = queuedPackets
        self.queuedPacketsPerStream = queuedPacketsPerStream
        self.queuedBytes = queuedBytes
        self.streamBytes = streamBytes
        self.queuedPacketsPerClient = queuedPacketsPerClient
        self.queuedBytesPerClient = queuedBytesPerClient
        self.clientFrames = clientFrames
        self.clientBytes = clientBytes
        self.waitingBytes = waitingBytes
        self.batch = batch
        self.finalsPerTurn = finalsPerTurn
        self.framesPerTurn = framesPerTurn
        self.eviction = eviction
    }
}

/// Counters of a lane since it began.
public struct LaneCounters: Sendable, Equatable {
    /// Packets that were taken in.
    public var packets: UInt64 = 0
    /// Pieces in which packets were taken in: one, where they are short.
    public var pieces: UInt64 = 0
    /// Partials that were published.
    public var partials: UInt64 = 0
    /// Finals that were published.
    public var finals: UInt64 = 0
    /// Windows read by the network, and calls of it.
    public var windows: UInt64 = 0
    /// Batches that the network read.
    public var batches: UInt64 = 0
    /// Partials that were replaced by the next before they were read.
    public var skippedPartials: UInt64 = 0
    /// Packets that came a second time.
    public var repeatedPackets: UInt64 = 0
    /// Packets that were not taken, by reason.
    public var refusals: [PacketRefusal: UInt64] = [:]
    /// Segments that were let go of unread, because their client kept too much waiting.
    public var givenUpFinals: UInt64 = 0
    /// Streams that were let go of to make room.
    public var evictedStreams: UInt64 = 0
    /// Segments and windows that could not be read; finals of such segments are empty and say why.
    public var failures: UInt64 = 0
    /// Frames of ink by pipeline, and how long the pens took for them.
    public var pace: [String: FramePace] = [:]
    /// Arrival of the packet that made a hop due → partial published, µs.
    public var partialLatency = LatencyHistogram()
    /// End of a segment decided → final published, µs.
    public var finalLatency = LatencyHistogram()

    /// Counts that are all 0.
    public init() {}

    /// Counts of dropped or unread input, by the reason's name in metrics and status.
    public var drops: [String: UInt64] {
        [
            "repeated": repeatedPackets, "unreadable": failures, "given_up": givenUpFinals,
            "refused": (refusals[.streams] ?? 0) &+ (refusals[.kind] ?? 0), "stream_memory": refusals[.memory] ?? 0,
            "unusable_rate": refusals[.rate] ?? 0,
        ]
    }
}
