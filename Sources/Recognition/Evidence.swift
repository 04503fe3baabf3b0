import DuctusInk

/// The evidence of a segment: the input that it was read from, and can be read from again.
public enum Evidence: Sendable, Equatable {
    /// Strokes of a pen, device units, y down.
    case ink([Stroke])
    /// Vectors of a sensor.
    case vectors(SensorVectors)

    /// No input at all.
    public static let nothing = Evidence.ink([])

    /// There is nothing to read.
    public var isEmpty: Bool {
        switch self {
        case .ink(let strokes): strokes.allSatisfy(\.samples.isEmpty)
        case .vectors(let vectors): vectors.values.isEmpty
        }
    }

    /// Memory that it takes, in bytes.
    public var byteCount: Int {
        switch self {
        case .ink(let strokes):
            strokes.reduce(0) { $0 + MemoryLayout<Stroke>.stride + $1.samples.count * MemoryLayout<Sample>.stride }
        case .vectors(let vectors): vectors.values.count * MemoryLayout<Float>.stride
        }
    }
}

extension Model {
    /// Whether evidence is of the kind that the model reads, with its channels at a rate that it can use.
    public func reads(_ evidence: Evidence) -> Bool {
        switch (input, evidence) {
        case (.ink, .ink): true
        case (.vectors(let configuration), .vectors(let recorded)):
            (try? recorded.arranged(for: configuration)) != nil
        default: false
        }
    }
}

/// A run of a sensor's vectors at a fixed rate.
public struct SensorVectors: Sendable {
    /// Names of the channels, in the order of a vector's numbers.
    public var channels: [String]
    /// Vectors per second.
    public var rate: Double
    /// Row-major: vectors × channels. NaN where a number is missing.
    public var values: [Float]

    /// Vectors of a sensor.
    ///
    /// - Parameters:
    ///   - rate: vectors per second.
    ///   - values: row-major, vectors × channels; NaN where a channel was silent.
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
