extension FeatureConfiguration {
    enum CodingKeys: CodingKey {
        case step, slopeMinimumAspect, slopeLimit, scaleFloorOfStroke, scaleFloorOfSegment, maximumFrames, useTime,
            usePressure
        case local
    }

    /// Reads what a recipe or a weight file says; what it leaves out has its usual value.
    ///
    /// - Throws: `DecodingError` that names the key for a value with which no features can be computed.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable & Comparable>(
            _ key: CodingKeys, into value: inout Value, within range: ClosedRange<Value>
        ) throws {
            guard let given = try container.decodeIfPresent(Value.self, forKey: key) else { return }
            guard range.contains(given) else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription:
                        "\(key.stringValue) is \(given); it must be from \(range.lowerBound) to \(range.upperBound)")
            }
            value = given
        }
        try read(.step, into: &step, within: 0.01...100)
        try read(.slopeMinimumAspect, into: &slopeMinimumAspect, within: 0...1e6)
        try read(.slopeLimit, into: &slopeLimit, within: 0...100)
        try read(.scaleFloorOfStroke, into: &scaleFloorOfStroke, within: 0...1)
        // Without any floor a dash would be blown up without bound.
        try read(.scaleFloorOfSegment, into: &scaleFloorOfSegment, within: 1e-4...1)
        try read(.maximumFrames, into: &maximumFrames, within: 16...1_000_000)
        useTime = try container.decodeIfPresent(Bool.self, forKey: .useTime) ?? useTime
        usePressure = try container.decodeIfPresent(Bool.self, forKey: .usePressure) ?? usePressure
        local = try container.decodeIfPresent(LocalNormalization.self, forKey: .local)
    }
}

extension FeatureConfiguration.LocalNormalization {
    enum CodingKeys: CodingKey {
        case followBaseline, baselineBandwidth, followScale, scaleBandwidth, priorLength
    }

    /// Reads what a recipe or a weight file says; what it leaves out has its usual value.
    ///
    /// - Throws: `DecodingError` that names the key for a bandwidth or prior that is not positive and of reasonable size.
    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func positive(_ key: CodingKeys, or usual: Float) throws -> Float {
            let given = try container.decodeIfPresent(Float.self, forKey: key) ?? usual
            guard given >= 0.25, given <= 200 else {
                throw DecodingError.dataCorruptedError(
                    forKey: key, in: container,
                    debugDescription: "\(key.stringValue) is \(given); it must be from 0.25 to 200 units")
            }
            return given
        }
        followBaseline = try container.decodeIfPresent(Bool.self, forKey: .followBaseline) ?? followBaseline
        followScale = try container.decodeIfPresent(Bool.self, forKey: .followScale) ?? followScale
        baselineBandwidth = try positive(.baselineBandwidth, or: baselineBandwidth)
        scaleBandwidth = try positive(.scaleBandwidth, or: scaleBandwidth)
        priorLength = try positive(.priorLength, or: priorLength)
    }
}
