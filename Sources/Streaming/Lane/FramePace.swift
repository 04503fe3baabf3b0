/// The duration of frames of ink. They are equally far apart on paper, so only what was written tells their time.
public struct FramePace: Sendable, Equatable {
    public private(set) var frames: UInt64 = 0
    /// µs.
    public private(set) var duration: UInt64 = 0

    /// A pace that knows no segment yet.
    public init() {}

    /// Adds a segment; one without a time counts nothing.
    public mutating func add(frames: Int, duration: Int64) {
        guard frames > 0, duration > 0 else { return }
        self.frames = self.frames.addingSaturating(UInt64(frames))
        self.duration = self.duration.addingSaturating(UInt64(duration))
    }

    public mutating func add(_ other: FramePace) {
        frames = frames.addingSaturating(other.frames)
        duration = duration.addingSaturating(other.duration)
    }

    /// Mean duration of a frame in ms; 0 before anything was read.
    public var millisecondsPerFrame: Double { frames == 0 ? 0 : Double(duration) / 1000 / Double(frames) }
}
