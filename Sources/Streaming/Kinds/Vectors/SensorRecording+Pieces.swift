import DuctusRecognition

extension SensorRecording {
    /// The recording as a sensor sends it: pieces of a tenth of a second.
    ///
    /// - Parameter time: of the first vector, µs.
    /// - Returns: each piece, and how many seconds after the begin its last vector has come.
    package func pieces(from time: Int64) -> [(frames: FeatureFrames, due: Double)] {
        let (length, width) = (max(1, Int(rate / 10)), channels.count)
        return stride(from: 0, to: count, by: length).map { first in
            let end = min(count, first + length)
            let frames = FeatureFrames(
                time: time + Int64(Double(first) / rate * 1e6), rate: Float(rate), channels: width,
                values: Array(values[(first * width)..<(end * width)]))
            return (frames, Double(end) / rate)
        }
    }
}
