import Foundation

/// Resamples normalized points equidistantly along the arc and writes one feature vector per resampled point: the part that
/// the whole-segment and the incremental extractor share, so that they cannot differ.
///
/// A frame is written once it can no longer change: its turning angle needs the next resampled point, and the last point of
/// a stroke moves to the pen-up. No allocation beyond the growth of the output.
struct FrameEmitter {
    private struct Pending {
        var x: Float, y: Float
        var time: Double
        var pressure: Float
        var origin: FrameOrigin
        /// Way from the frame before in the same stroke; (0, 0) at the first.
        var dx: Float, dy: Float
        var isFirst: Bool
    }

    /// Distance between frames. May be enlarged before the first point.
    var step: Float
    /// Whether the bound on the frames was reached and ink is left unread.
    private(set) var isFull = false
    /// Frames written so far.
    private(set) var count = 0

    private let maximumFrames: Int
    private let useTime: Bool
    private let usePressure: Bool
    private var stroke: Int32 = -1
    private var pending: Pending?
    /// The last point taken of the open stroke.
    private var last: CleanPoint?
    /// Ink since the last resampled point.
    private var travelled: Float = 0
    /// The end of the stroke before.
    private var end: (x: Float, y: Float)?
    private var timeBefore = Double.nan

    /// y is clipped to this many units: only a stray dot far away reaches it.
    private static let highest: Float = 10

    init(_ configuration: FeatureConfiguration) {
        step = max(configuration.step, 1e-3)
        maximumFrames = configuration.maximumFrames
        useTime = configuration.useTime
        usePressure = configuration.usePressure
    }

    /// Begins the stroke with the given index in the segment.
    mutating func penDown(stroke index: Int32) {
        stroke = index
        travelled = 0
        last = nil
        pending = nil
    }

    /// Takes the next point of the stroke, in normalized units, y up.
    mutating func append(_ point: CleanPoint, to features: inout Features) {
        guard let from = last else {
            last = point
            pending = Pending(
                x: point.x, y: point.y, time: point.time, pressure: point.pressure,
                origin: FrameOrigin(stroke: stroke, firstSample: point.sample, endSample: point.sample + 1),
                dx: 0, dy: 0, isFirst: true)
            return
        }
        last = point
        let length = from.distance(to: point)
        guard length > 0 else { return }
        var position = step - travelled
        while position <= length {
            if isFull { return }
            let share = position / length
            advance(
                x: from.x + share * (point.x - from.x), y: from.y + share * (point.y - from.y),
                time: from.time + Double(share) * (point.time - from.time),
                pressure: from.pressure + share * (point.pressure - from.pressure),
                sample: point.sample, to: &features)
            position += step
        }
        travelled = length - (position - step)
    }

    /// Ends the stroke: writes the frames that were waited for.
    mutating func penUp(to features: inout Features) {
        defer {
            self.last = nil
            pending = nil
        }
        guard let last, var tail = pending else { return }
        let moved = tail.x != last.x || tail.y != last.y || travelled > 0
        if !tail.isFirst, travelled < step / 2 {
            // Less than half a step is left: the last frame moves on to the end instead of a new one close to it.
            tail.dx += last.x - tail.x
            tail.dy += last.y - tail.y
            (tail.x, tail.y, tail.time, tail.pressure) = (last.x, last.y, last.time, last.pressure)
            tail.origin.endSample = last.sample + 1
            pending = tail
        } else if moved {
            advance(
                x: last.x, y: last.y, time: last.time, pressure: last.pressure, sample: last.sample, to: &features)
        } else {
            tail.origin.endSample = last.sample + 1
            pending = tail
        }
        if let tail = pending { write(tail, turn: 0, isLast: true, to: &features) }
        if useTime { timeBefore = last.time }
        end = (last.x, last.y)
    }

    /// Writes the pending frame, once the resampled point after it is known.
    private mutating func advance(
        x: Float, y: Float, time: Double, pressure: Float, sample: Int32, to features: inout Features
    ) {
        guard let before = pending else { return }
        let dx = x - before.x
        let dy = y - before.y
        var turn: Float = 0
        if !before.isFirst {
            let product = ((dx * dx + dy * dy) * (before.dx * before.dx + before.dy * before.dy)).squareRoot()
            if product > 0 { turn = (before.dx * dy - before.dy * dx) / product }
        }
        write(before, turn: turn, isLast: false, to: &features)
        let covered = before.origin.endSample
        pending = Pending(
            x: x, y: y, time: time, pressure: pressure,
            origin: FrameOrigin(stroke: stroke, firstSample: min(covered, sample), endSample: sample + 1),
            dx: dx, dy: dy, isFirst: false)
    }

    private mutating func write(_ frame: Pending, turn: Float, isLast: Bool, to features: inout Features) {
        guard count < maximumFrames else {
            isFull = true
            return
        }
        count += 1
        var jumpX: Float = 0
        var jumpY: Float = 0
        var pause: Float = 0
        if frame.isFirst, let end {
            jumpX = min(max((frame.x - end.x) / 2, -4), 4)
            jumpY = min(max((frame.y - end.y) / 2, -2), 2)
        }
        if useTime {
            let passed = frame.time - timeBefore
            if passed > 0 {
                pause = Float(frame.isFirst ? log1p(5 * min(passed, 2)) : log1p(50 * min(passed, 1)))
            }
            timeBefore = frame.time
        }
        features.values.append(frame.dx / step)
        features.values.append(frame.dy / step)
        features.values.append(min(max(frame.y, -Self.highest), Self.highest))
        features.values.append(jumpX)
        features.values.append(jumpY)
        features.values.append(frame.isFirst ? 1 : 0)
        features.values.append(isLast ? 1 : 0)
        features.values.append(pause)
        features.values.append(turn)
        if usePressure { features.values.append(frame.pressure.isFinite ? min(max(frame.pressure, 0), 1) : 0) }
        features.origins.append(frame.origin)
    }
}
