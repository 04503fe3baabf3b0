/// The labelled spans of one segment: grows frame by frame, and remembers what subscribers have not been told yet.
package struct SpanLog {
    /// A frame's label and where it lies in the segment.
    package struct Frame: Equatable {
        package var name: String
        package var confidence: Float
        /// Vectors of the publisher.
        package var vectors: Range<Int>
        /// Sensor time, µs, from its first vector to the end of its last.
        package var time: ClosedRange<Int64>?

        package init(name: String, confidence: Float, vectors: Range<Int>, time: ClosedRange<Int64>? = nil) {
            self.name = name
            self.confidence = confidence
            self.vectors = vectors
            self.time = time
        }
    }

    /// The name of spans for which the input was missing.
    package static let unknown = "unknown"

    /// A span that grows; its confidence is the mean over its frames.
    private struct Growing {
        var span: LabelEvent.Span
        var frames: Float

        mutating func add(_ frame: Frame) {
            span.confidence = (span.confidence * frames + frame.confidence) / (frames + 1)
            frames += 1
            span.frames = span.frames.lowerBound..<max(span.frames.upperBound, frame.vectors.upperBound)
            if let old = span.time, let new = frame.time {
                span.time = min(old.lowerBound, new.lowerBound)...max(old.upperBound, new.upperBound)
            }
        }
    }

    private var open: Growing?
    private var untold: [LabelEvent.Span] = []
    private var nextNumber: UInt64 = 0
    /// The names of all spans that ended, in order.
    package private(set) var names: [String] = []

    package init() {}

    /// A span ended that no event has told.
    package var hasNews: Bool { !untold.isEmpty }
    /// The label of the newest decided frame.
    package var last: String? { open?.span.name ?? names.last }

    /// Adds a frame whose label will not change.
    package mutating func decide(_ frame: Frame) {
        if Self.grow(&open, with: frame) { return }
        close()
        open = Growing(span: Self.span(frame, number: nextNumber), frames: 1)
        nextNumber += 1
    }

    /// The newest span ends: what follows begins another, whatever its name.
    package mutating func close() {
        guard var growing = open else { return }
        growing.span.state = .final
        untold.append(growing.span)
        names.append(growing.span.name)
        open = nil
    }

    /// The news since the last call: spans that ended, then all provisional ones. The `tail` of undecided frames is
    /// among these.
    package mutating func news(tail: [Frame] = []) -> [LabelEvent.Span] {
        defer { untold.removeAll(keepingCapacity: true) }
        var spans = untold
        var growing = open
        var number = nextNumber
        for frame in tail where !Self.grow(&growing, with: frame) {
            if let growing { spans.append(growing.span) }
            growing = Growing(span: Self.span(frame, number: number), frames: 1)
            number += 1
        }
        if let growing { spans.append(growing.span) }
        return spans
    }

    package var byteCount: Int {
        (untold.capacity + 1) * MemoryLayout<LabelEvent.Span>.stride + names.capacity * MemoryLayout<String>.stride
    }

    private static func grow(_ growing: inout Growing?, with frame: Frame) -> Bool {
        guard growing?.span.name == frame.name else { return false }
        growing?.add(frame)
        return true
    }

    private static func span(_ frame: Frame, number: UInt64) -> LabelEvent.Span {
        LabelEvent.Span(
            number: number, name: frame.name, time: frame.time, confidence: frame.confidence, state: .provisional,
            frames: frame.vectors)
    }
}
