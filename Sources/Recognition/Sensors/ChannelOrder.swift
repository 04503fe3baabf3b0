/// Where the channels that a model reads stand in the vectors of a sensor that names its own.
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

extension SensorRecording {
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
