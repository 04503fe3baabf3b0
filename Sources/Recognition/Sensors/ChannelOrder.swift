/// The positions of a model's channels in the vectors of a sensor that names its own.
public struct ChannelOrder: Sendable, Equatable {
    /// Numbers per vector of the sensor.
    public let width: Int
    /// Channels that the model reads and the sensor lacks.
    public let missing: [String]
    /// For each channel of the model its place in the sensor's vector; nil where it is missing.
    private let places: [Int?]
    private let changesNothing: Bool

    /// - Parameters:
    ///   - wanted: the model's channels, in the order in which it reads them.
    ///   - found: the sensor's. Where a name stands twice the first counts.
    public init(of wanted: [String], among found: [String]) {
        width = found.count
        let named = Dictionary(zip(found, found.indices), uniquingKeysWith: { first, _ in first })
        places = wanted.map { named[$0] }
        missing = zip(wanted, places).compactMap { $1 == nil ? $0 : nil }
        changesNothing = places == found.indices.map(Optional.some)
    }

    /// Vectors as the model reads them, row-major: reordered, without what it does not know; NaN where a channel is missing.
    ///
    /// - Parameter values: whole vectors of `width` numbers, row-major.
    public func arrange(_ values: [Float]) -> [Float] {
        guard !changesNothing, width > 0 else { return values }
        var arranged: [Float] = []
        arranged.reserveCapacity(values.count / width * places.count)
        for row in stride(from: 0, to: values.count, by: width) {
            for place in places { arranged.append(place.map { values[row + $0] } ?? .nan) }
        }
        return arranged
    }
}

extension SensorVectors {
    /// The vectors as a model takes them: its channels, found by their names, in its order.
    ///
    /// - Throws: `SensorFileError.lacksChannels`, `SensorFileError.unusableRate`.
    public func arranged(for configuration: VectorConfiguration) throws(SensorFileError) -> SensorVectors {
        let recording = SensorRecording(id: "segment", subject: "", rate: rate, channels: channels, values: values)
        let arranged = try recording.arranged(for: configuration)
        return SensorVectors(channels: arranged.channels, rate: rate, values: arranged.values)
    }
}

extension SensorRecording {
    /// The recording as a model takes it: its channels, in its order, at a rate that it can use.
    ///
    /// - Throws: `SensorFileError.lacksChannels`, `SensorFileError.unusableRate`.
    public func arranged(for configuration: VectorConfiguration) throws(SensorFileError) -> SensorRecording {
        guard configuration.usableRates.contains(rate) else {
            throw .unusableRate(recording: id, rate: rate, usable: configuration.usableRates)
        }
        return try arranged(as: configuration.channels)
    }

    /// The recording with these channels alone, in this order, found by their names. Where the recording names none, its channels are taken in
    /// their own order.
    ///
    /// - Throws: `SensorFileError.lacksChannels`.
    public func arranged(as wanted: [String]) throws(SensorFileError) -> SensorRecording {
        let order = ChannelOrder(of: wanted, among: namesChannels || channels.count != wanted.count ? channels : wanted)
        guard order.missing.isEmpty else {
            throw .lacksChannels(recording: id, missing: order.missing, found: channels)
        }
        var arranged = self
        arranged.values = order.arrange(values)
        arranged.channels = wanted
        return arranged
    }
}
