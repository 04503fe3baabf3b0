import DuctusInk
import DuctusStreaming
import DuctusTablet

/// Turns what a pen does into ink, gestures and the switching of writing mode. Knows neither devices nor sockets.
///
/// Strokes are numbered from 0. A stroke is sent while it is written; one that turns out to be a gesture is taken back.
package struct PenDesk {
    package enum Step: Equatable, Sendable {
        /// A stroke begins: what stands before it may be told.
        case begin(stroke: UInt32)
        case send(InkPacket.Content)
        /// `leavesInk`: other strokes stand in the open segment.
        case gesture(Gesture, leavesInk: Bool)
        case writingMode(Bool)
    }

    private let device: TabletDevice
    private let area: WritingArea
    private let recognizer: GestureRecognizer
    private let button: UInt16?
    private var ink: LineInk
    private var hold: HeldPen
    package private(set) var isWriting: Bool

    private var nextStroke: UInt32
    private var stroke: Stroke?
    /// The tip touches, but writes nothing: outside the area, the rubber end, or what was interrupted.
    private var isIdleContact = false
    private var samples: [PenSample] = []

    /// - Parameters:
    ///   - button: The code of the button that switches writing mode.
    ///   - holdsStill: Whether a pen held still switches it.
    ///   - firstStroke: The number of the first stroke; not 0 where another pen wrote before.
    package init(
        _ device: TabletDevice, area: WritingArea = .whole, recognizer: GestureRecognizer = GestureRecognizer(),
        button: UInt16? = nil, holdsStill: Bool = true, isWriting: Bool = false, firstStroke: UInt32 = 0
    ) {
        self.device = device
        self.area = area
        self.recognizer = recognizer
        self.button = button
        self.isWriting = isWriting
        nextStroke = firstStroke
        ink = LineInk(unitsPerMillimetre: device.resolution)
        hold = HeldPen(radius: Self.stillness(of: device), isOn: holdsStill)
    }

    package var strokesBegun: UInt32 { nextStroke }

    /// The time at which `tick` must be called even if the pen reports nothing.
    package var deadline: Int64? { hold.deadline }

    /// A millimetre, or a hundredth of the width.
    private static func stillness(of device: TabletDevice) -> Float {
        device.resolution ?? device.area.map { $0.width / 100 } ?? 1
    }

    package mutating func setWriting(_ isOn: Bool) -> [Step] {
        guard isOn != isWriting else { return [] }
        isWriting = isOn
        return interrupt() + [.writingMode(isOn)]
    }

    /// The segment that was open has been read.
    package mutating func beginSegment() { ink.beginSegment() }

    /// - Parameter accepts: Whether ink is wanted at all.
    package mutating func handle(_ actions: [PenAction], accepts: Bool, at now: Int64) -> [Step] {
        var steps: [Step] = []
        for action in actions {
            switch action {
            case .sample(let sample, let contact, let erasing):
                hold.follow(sample, contact: contact && !erasing, at: now)
                append(sample, writes: contact && !erasing, accepts: accepts, &steps)
            case .proximityOut:
                hold.leave()
                end(&steps)
                flush(&steps)
                if isWriting, accepts { steps.append(.send(.proximityOut)) }
            case .button(let code):
                if code == button { toggle(&steps) }
            case .resynchronize: break
            }
        }
        if hold.isHeld(at: now) { toggle(&steps) }
        flush(&steps)
        return steps
    }

    /// Time has passed without a report.
    package mutating func tick(at now: Int64) -> [Step] {
        guard hold.isHeld(at: now) else { return [] }
        var steps: [Step] = []
        toggle(&steps)
        return steps
    }

    /// A whole stroke that a panel on the screen sent.
    package mutating func write(_ stroke: Stroke, accepts: Bool) -> [Step] {
        guard accepts, self.stroke == nil, !stroke.samples.isEmpty else { return [] }
        var steps: [Step] = [.begin(stroke: nextStroke)]
        nextStroke &+= 1
        self.stroke = stroke
        samples = stroke.samples.map { PenSample($0) }
        end(&steps)
        return steps
    }

    /// Takes back the latest strokes of the open segment; all, where `count` is 0.
    package mutating func cancel(strokes count: Int) -> [Step] {
        let numbers = ink.removeLast(count)
        return numbers.isEmpty ? [] : [.send(.retraction(numbers))]
    }

    /// Ink is not wanted any more, in the middle of a stroke perhaps.
    package mutating func interrupt() -> [Step] {
        var steps: [Step] = []
        guard stroke != nil else { return [] }
        isIdleContact = true
        lift(&steps)
        stroke = nil
        flush(&steps)
        return steps
    }

    private mutating func toggle(_ steps: inout [Step]) {
        // The dot that a pen leaves while it is held still is no ink.
        if stroke != nil {
            lift(&steps)
            flush(&steps)
            steps.append(.send(.retraction([nextStroke &- 1])))
            stroke = nil
        }
        isIdleContact = true
        hold.leave()
        isWriting.toggle()
        steps.append(.writingMode(isWriting))
    }

    private mutating func append(_ sample: Sample, writes: Bool, accepts: Bool, _ steps: inout [Step]) {
        guard writes else {
            isIdleContact = false
            end(&steps)
            return
        }
        guard !isIdleContact else { return }
        if stroke == nil {
            guard isWriting, accepts, area.contains(sample, of: device) else {
                isIdleContact = true
                return
            }
            flush(&steps)
            steps.append(.begin(stroke: nextStroke))
            nextStroke &+= 1
            stroke = Stroke()
        }
        stroke?.samples.append(sample)
        samples.append(PenSample(sample))
    }

    private mutating func lift(_ steps: inout [Step]) {
        guard let last = stroke?.samples.last else { return }
        samples.append(PenSample(last, contact: false))
    }

    private mutating func end(_ steps: inout [Step]) {
        guard let stroke else { return }
        lift(&steps)
        flush(&steps)
        self.stroke = nil
        let number = nextStroke &- 1
        guard let unit = ink.unit, let gesture = recognizer.gesture(of: stroke, unit: unit) else {
            ink.append(stroke, number: number)
            return
        }
        let covered = gesture == .scratch ? ink.remove(under: stroke) : []
        steps.append(.send(.retraction([number] + covered)))
        if covered.isEmpty { steps.append(.gesture(gesture, leavesInk: !ink.isEmpty)) }
    }

    private mutating func flush(_ steps: inout [Step]) {
        guard !samples.isEmpty else { return }
        steps.append(.send(.samples(samples, firstStroke: nextStroke &- 1)))
        samples = []
    }
}
