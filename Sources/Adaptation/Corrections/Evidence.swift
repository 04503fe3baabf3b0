import DuctusInk

/// What a segment was read from: all that it takes to read it again.
public enum Evidence: Sendable, Equatable {
    /// Strokes of a pen, device units, y down.
    case ink([Stroke])
    /// Vectors of a sensor.
    case vectors(SensorVectors)
}

/// A run of a sensor's vectors at a fixed rate.
public struct SensorVectors: Sendable {
    /// Names of the channels, in the order of a vector's numbers.
    public var channels: [String]
    /// Vectors per second.
    public var rate: Double
    /// Row-major: vectors × channels. NaN where a number is missing.
    public var values: [Float]

    public init(channels: [String], rate: Double, values: [Float]) {
        self.channels = channels
        self.rate = rate
        self.values = values
    }
}

extension SensorVectors: Equatable {
    /// The same to the last bit: a number that is missing equals one that is missing.
    public static func == (a: SensorVectors, b: SensorVectors) -> Bool {
        a.channels == b.channels && a.rate == b.rate
            && a.values.elementsEqual(b.values) { $0.bitPattern == $1.bitPattern }
    }
}
