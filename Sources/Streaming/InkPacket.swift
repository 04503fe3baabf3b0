import DuctusInk

/// One message of a pen's publisher, topic `ink.<stream>`.
///
/// `epoch` names one run of the publisher (it may be its start time); `sequence` counts its packets of this stream from 0.
/// A new epoch starts anew without a gap; within an epoch every number left out is a lost packet.
public struct InkPacket: Equatable, Sendable {
    public var epoch: UInt64
    public var sequence: UInt64
    public var content: Content

    public enum Content: Equatable, Sendable {
        /// Who writes, on what. May be repeated; the last one counts.
        case hello(StreamHello)
        /// Pen reports in order. `firstStroke` is the publisher's number (counted from 0 per epoch) of the stroke that the first
        /// sample with contact belongs to; nil where the publisher does not count, then pen-downs are counted here.
        case samples([PenSample], firstStroke: UInt32?)
        /// The writer is done with what is written so far: the open segment ends.
        case endOfSegment
        /// Strokes taken back (eraser, undo), by the publisher's numbers: the open segment is read again without them.
        case retraction([UInt32])
        /// The pen left the surface's reach: the open segment ends.
        case proximityOut
    }

    public init(epoch: UInt64, sequence: UInt64, content: Content) {
        self.epoch = epoch
        self.sequence = sequence
        self.content = content
    }
}

/// One pen report and whether the tip touched the surface. Reports without contact separate strokes.
public struct PenSample: Equatable, Sendable {
    public var sample: Sample
    public var contact: Bool

    public init(_ sample: Sample, contact: Bool = true) {
        self.sample = sample
        self.contact = contact
    }
}

/// What a publisher says of its stream. Everything is optional: an unknown value is left out, never guessed.
public struct StreamHello: Equatable, Sendable {
    /// Whose generation of weights is used. Same characters as a stream name.
    public var writer: String?
    public var device: String?
    /// What x and y count.
    public var unit: Unit?
    /// Units of x and y per millimetre.
    public var resolution: Float?
    /// The writing area in the units of x and y.
    public var area: Area?
    /// What stands before the first ink; the language model continues from it.
    public var precedingText: String?
    /// BCP 47, for example `en`.
    public var language: String?
    /// Of a sensor: the names of its channels, in the order of a vector's numbers. Empty: unknown, taken as the model's.
    public var channels: [String]
    /// How the tablet is turned; the ink is turned back before it is read.
    public var rotation: QuarterTurn

    /// Counts of the digitizer, millimetres, or dots of a screen.
    public enum Unit: Sendable, CaseIterable { case device, millimetre, pixel }

    public struct Area: Equatable, Sendable {
        public var x, y, width, height: Float
        public init(x: Float, y: Float, width: Float, height: Float) {
            (self.x, self.y, self.width, self.height) = (x, y, width, height)
        }
    }

    public init(
        writer: String? = nil, device: String? = nil, unit: Unit? = nil, resolution: Float? = nil, area: Area? = nil,
        precedingText: String? = nil, language: String? = nil, channels: [String] = [],
        rotation: QuarterTurn = .none
    ) {
        self.writer = writer
        self.device = device
        self.unit = unit
        self.resolution = resolution
        self.area = area
        self.precedingText = precedingText
        self.language = language
        self.channels = channels
        self.rotation = rotation
    }
}
