import DuctusRecognition

extension WireFeatureFrames {
    /// A sensor's vectors, without a time; the names of their channels travel beside them.
    package init(_ vectors: SensorVectors) {
        self.init()
        channels = UInt32(clamping: vectors.channels.count)
        values = vectors.values
        rate = Float(vectors.rate)
    }
}
