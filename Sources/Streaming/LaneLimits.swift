/// What a lane holds at most. Whatever exceeds a limit is dropped and counted; finals are never dropped.
public struct LaneLimits: Sendable, Equatable {
    /// Streams that a lane keeps; beyond it the longest idle one is evicted, and if none is idle the new one is refused.
    public var streams: Int
    /// Packets that wait for the lane.
    public var queuedPackets: Int
    /// Packets of one stream that wait for the lane, so that one stream cannot crowd out the others.
    public var queuedPacketsPerStream: Int
    /// Bytes of packets that wait for the lane.
    public var queuedBytes: Int
    /// Bytes that one stream keeps: what is open, what waits for its final, and as much again of packets that wait for the lane. One
    /// packet may go beyond it.
    public var streamBytes: Int
    /// Segments that wait for their final, above which the lane takes in no more packets.
    public var waitingFinals: Int
    /// Windows read in one call of the network.
    public var batch: Int
    /// Finals read in one turn, before a batch of partials: each takes as long as a dozen of them.
    public var finalsPerTurn: Int
    /// Seconds after which a stream without packets is evicted.
    public var eviction: Double

    public init(
        streams: Int = 4096, queuedPackets: Int = 65_536, queuedPacketsPerStream: Int = 8_192,
        queuedBytes: Int = 256 << 20,
        streamBytes: Int = 8 << 20, waitingFinals: Int = 1_024, batch: Int = 16, finalsPerTurn: Int = 1,
        eviction: Double = 300
    ) {
        self.streams = streams
        self.queuedPackets = queuedPackets
        self.queuedPacketsPerStream = queuedPacketsPerStream
        self.queuedBytes = queuedBytes
        self.streamBytes = streamBytes
        self.waitingFinals = waitingFinals
        self.batch = batch
        self.finalsPerTurn = finalsPerTurn
        self.eviction = eviction
    }
}

/// What a lane did since it began.
public struct LaneCounters: Sendable, Equatable {
    public var packets: UInt64 = 0
    public var partials: UInt64 = 0
    public var finals: UInt64 = 0
    /// Windows read by the network, and calls of it.
    public var windows: UInt64 = 0
    public var batches: UInt64 = 0
    /// Partials that were replaced by the next before they were read.
    public var skippedPartials: UInt64 = 0
    public var repeatedPackets: UInt64 = 0
    /// Packets of streams beyond the limit, or of another kind than their stream.
    public var refusedPackets: UInt64 = 0
    /// Packets of streams that keep as much memory as they may.
    public var overfullPackets: UInt64 = 0
    public var evictedStreams: UInt64 = 0
    /// Segments that could not be read; their finals are empty.
    public var failures: UInt64 = 0
    /// Frames of ink by pipeline, and how long the pens took for them.
    public var pace: [String: FramePace] = [:]
    /// Arrival of the packet that made a hop due → partial published, µs.
    public var partialLatency = LatencyHistogram()
    /// End of a segment decided → final published, µs.
    public var finalLatency = LatencyHistogram()

    public init() {}
}
