/// Resamples vectors that arrive piece by piece to one rate, by linear interpolation between neighbours. A result is missing (NaN) if
/// either neighbour is.
///
/// However the vectors are cut into pieces, the result is the same. A new rate begins a new grid at its first vector.
public struct VectorResampler: Sendable {
    private let channels: Int
    private let rate: Double
    /// Vectors of the source per vector of the result.
    private var ratio: Double?
    private var before: [Float]
    /// Vectors taken, and given, since the rate last changed.
    private var taken = 0
    private var given = 0

    /// - Parameter rate: of the result, vectors per second.
    public init(channels: Int, rate: Double) {
        self.channels = channels
        self.rate = rate
        before = [Float](repeating: .nan, count: channels)
    }

    /// Takes whole vectors at `rate` per second.
    ///
    /// - Parameters:
    ///   - result: gets the resampled vectors, row-major.
    ///   - sources: gets for each of them the number of the vector in `values` at or after it.
    public mutating func append(
        _ values: some RandomAccessCollection<Float>, rate source: Double, into result: inout [Float],
        sources: inout [Int]
    ) {
        let ratio = abs(source - rate) <= 1e-6 * rate ? 1 : source / rate
        if ratio != self.ratio {
            self.ratio = ratio
            (taken, given) = (0, 0)
        }
        var row = values.startIndex
        for vector in 0..<(values.count / channels) {
            let next = values.index(row, offsetBy: channels)
            while true {
                let place = Double(given) * ratio
                guard place <= Double(taken) else { break }
                if place == Double(taken) {
                    result.append(contentsOf: values[row..<next])
                } else {
                    let fraction = Float(place - Double(taken - 1))
                    for (a, b) in zip(before, values[row..<next]) {
                        result.append(fraction == 0 ? a : a + fraction * (b - a))
                    }
                }
                sources.append(vector)
                given += 1
            }
            for (channel, value) in values[row..<next].enumerated() { before[channel] = value }
            taken += 1
            row = next
        }
    }
}
