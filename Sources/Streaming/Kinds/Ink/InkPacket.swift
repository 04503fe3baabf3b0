import DuctusInk

/// One message of a pen's publisher, topic `ink.<stream>`.
public struct InkPacket: StreamPacket, Equatable {
    public var epoch: UInt64
    public var sequence: UInt64
    /// The content of the packet.
    public var content: Content

    /// The content of a packet of ink.
    public enum Content: Equatable, Sendable {
        /// The writer and the device. It may be repeated; the last one counts.
        case hello(StreamHello)
        /// Pen reports in order. `firstStroke` is the publisher's number (counted from 0 per epoch) of the stroke that the first
        /// sample with contact belongs to; nil where the publisher does not count, then pen-downs are counted here.
        case samples([PenSample], firstStroke: UInt32?)
        /// The writer is done with what is written so far: the open segment ends.
        case endOfSegment
        /// Strokes taken back (eraser, undo), by the publisher's numbers: the open segment is read again without them.
        case retraction([UInt32])
        /// The pen left the surface's reach: the open segment ends, unless the pen is back soon.
        case proximityOut
    }

    /// A packet of a pen's stream.
    public init(epoch: UInt64, sequence: UInt64, content: Content) {
        self.epoch = epoch
        self.sequence = sequence
        self.content = content
    }

    public var role: PacketRole {
        switch content {
        case .hello(let hello): .hello(hello)
        case .samples: .input
        case .retraction, .proximityOut: .amendment
        case .endOfSegment: .end(.explicit)
        }
    }

    public func greeting(with hello: StreamHello) -> Self {
        guard case .hello = content else { return self }
        return Self(epoch: epoch, sequence: sequence, content: .hello(hello))
    }

    public var byteCount: Int {
        switch content {
        case .samples(let samples, _): 256 + samples.count * MemoryLayout<PenSample>.stride
        case .retraction(let strokes): 256 + strokes.count * MemoryLayout<UInt32>.stride
        case .hello(let hello): 256 + hello.byteCount
        case .endOfSegment, .proximityOut: 256
        }
    }
}

/// One pen report and whether the tip touched the surface. Reports without contact separate strokes.
public struct PenSample: Equatable, Sendable {
    /// The report: place, time, pressure, tilt.
    public var sample: Sample
    /// Whether the pen touches.
    public var contact: Bool

    /// A report of a pen. `contact` says whether the pen touches the paper.
    public init(_ sample: Sample, contact: Bool = true) {
        self.sample = sample
        self.contact = contact
    }
}
