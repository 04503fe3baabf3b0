import DuctusInk

/// A publisher's description of its stream. Everything is optional: an unknown value is left out, never guessed.
public struct StreamHello: Equatable, Sendable {
    /// The writer, whose generation of weights is used. Same characters as a stream name.
    public var writer: String?
    public var device: String?
    /// The unit of x and y.
    public var unit: Unit?
    /// Units of x and y per millimetre.
    public var resolution: Float?
    /// The writing area in the units of x and y.
    public var area: Area?
    /// The text before the first ink, from which the language model continues.
    public var precedingText: String?
    /// BCP 47, for example `en`.
    public var language: String?
    /// The names of a sensor's channels, in the order of a vector's numbers. Empty: unknown, and taken for the model's.
    public var channels: [String]
    /// The turn of the tablet. The ink is turned back before it is read.
    public var rotation: QuarterTurn

    /// Counts of the digitizer, millimetres, or dots of a screen.
    public enum Unit: Sendable, CaseIterable { case device, millimetre, pixel }

    /// The area that the pen can reach, in the units of the ink.
    public struct Area: Equatable, Sendable {
        public var x, y, width, height: Float
        /// A rectangle in the pen's units.
        public init(x: Float, y: Float, width: Float, height: Float) {
            (self.x, self.y, self.width, self.height) = (x, y, width, height)
        }
    }

    /// An opening packet. What the sender does not tell is nil or empty.
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

    /// Bytes that it occupies, about.
    var byteCount: Int {
        256 + (precedingText?.utf8.count ?? 0)
            + channels.reduce(0) { $0 + MemoryLayout<String>.stride + $1.utf8.count }
    }
}
