/// A run of frames with one label.
public struct LabelSegment: Sendable, Equatable, Codable {
    /// The class.
    public var label: Int
    /// The frames, counted from the start of the stream.
    public var frames: Range<Int>
    /// The mean probability of the label over its frames, 0…1.
    public var confidence: Float

    /// A class, its frames, and its confidence 0…1.
    public init(label: Int, frames: Range<Int>, confidence: Float) {
        self.label = label
        self.frames = frames
        self.confidence = confidence
    }

    /// Joins equal neighbours. The first of `labels` is frame `start`.
    public static func joining(_ labels: some Sequence<FrameLabel>, from start: Int = 0) -> [LabelSegment] {
        var segments: [LabelSegment] = []
        segments.join(labels, from: start)
        return segments
    }
}

extension [LabelSegment] {
    /// Adds further frames, the first of them frame `start`: the last segment grows as long as they have its label and no gap lies between.
    public mutating func join(_ labels: some Sequence<FrameLabel>, from start: Int) {
        var frame = start
        for next in labels {
            if let last = indices.last, self[last].label == next.label, self[last].frames.upperBound == frame {
                let count = Float(self[last].frames.count)
                self[last].confidence = (self[last].confidence * count + next.confidence) / (count + 1)
                self[last].frames = self[last].frames.lowerBound..<(frame + 1)
            } else {
                append(LabelSegment(label: next.label, frames: frame..<(frame + 1), confidence: next.confidence))
            }
            frame += 1
        }
    }
}
