import DuctusInk

/// Turns kernel events into what the pen did. The kernel sends only what changed, so the state is kept here.
///
/// Contact is the touch button where there is one, else the pressure. Where a pen presses without touching (a worn
/// tip), that pressure is taken as zero.
public struct PenTracker: Sendable {
    /// The state as it is known; nil for what no event told yet.
    public struct State: Equatable, Sendable {
        public var x: Int32?
        public var y: Int32?
        /// Pressure in the device's units; nil where it tells none.
        public var pressure: Int32?
        /// Tilt to the right in the device's units.
        public var tiltX: Int32?
        /// Tilt toward the writer in the device's units.
        public var tiltY: Int32?
        /// The tools in reach, as key codes.
        public var tools: Set<UInt16> = []
        /// Whether the tip touches; nil where the device does not tell.
        public var touch: Bool?

        /// A state of which nothing is known.
        public init() {}
    }

    /// The largest share of the range that counts as an offset; a harder press is writing.
    private static let largestOffset: Float = 0.2
    /// Without a touch button: the share of the range above the offset at which the pen writes.
    private static let contactThreshold: Float = 0.01
    /// A corner report is believed if the pen was this close before, as a share of the range.
    private static let cornerReach: Float = 0.05

    public let device: TabletDevice
    public private(set) var dirt = PenDirt()
    private var state = State()
    private var hasChanged = false
    private var isResynchronizing = false
    private var isInReach = false
    private var isWriting = false
    private var lastTime = Int64.min
    private var last: Sample?
    /// Pressure of the pen in the air, in units above the minimum.
    private var offset: Float = 0

    /// A tracker of a device that has reported nothing yet.
    public init(_ device: TabletDevice) { self.device = device }

    /// Takes one event and appends what follows from it.
    public mutating func handle(_ event: InputEvent, into actions: inout [PenAction]) {
        if event.type == InputCode.synchronization {
            switch event.code {
            case InputCode.dropped:
                isResynchronizing = true
            case InputCode.report where isResynchronizing:
                isResynchronizing = false
                dirt.lost += 1
                lift(into: &actions)
                state.touch = nil
                actions.append(.resynchronize)
            case InputCode.report:
                if hasChanged { report(at: event.time, into: &actions) }
            default: break
            }
            return
        }
        if isResynchronizing {
            dirt.lost += 1
            return
        }
        switch (event.type, event.code) {
        case (InputCode.axis, InputCode.x): change(\.x, event.value)
        case (InputCode.axis, InputCode.y): change(\.y, event.value)
        case (InputCode.axis, InputCode.pressure): change(\.pressure, event.value)
        case (InputCode.axis, InputCode.tiltX): change(\.tiltX, event.value)
        case (InputCode.axis, InputCode.tiltY): change(\.tiltY, event.value)
        case (InputCode.key, InputCode.touch):
            state.touch = event.value != 0
            hasChanged = true
        case (InputCode.key, let tool) where InputCode.tools.contains(tool):
            if event.value != 0 { state.tools.insert(tool) } else { state.tools.remove(tool) }
            hasChanged = true
        case (InputCode.key, let button)
        where InputCode.penButtons.contains(button) || InputCode.tabletButtons.contains(button):
            if event.value == 1 { actions.append(.button(button)) }
        default: break
        }
    }

    /// The device's own account of its state, after events were lost.
    public mutating func adopt(_ state: State) {
        self.state = state
        hasChanged = true
    }

    /// The source has ended: a pen that still writes is lifted.
    public mutating func finish(into actions: inout [PenAction]) {
        leave(into: &actions)
    }

    private mutating func change(_ axis: WritableKeyPath<State, Int32?>, _ value: Int32) {
        state[keyPath: axis] = value
        hasChanged = true
    }

    private mutating func report(at time: Int64, into actions: inout [PenAction]) {
        hasChanged = false
        // The report in which a tool leaves carries zeros in all axes: it is no position.
        let tellsTools = device.keys.contains(InputCode.pen) || isInReach || !state.tools.isEmpty
        if tellsTools, state.tools.isEmpty {
            leave(into: &actions)
            return
        }
        guard let x = state.x, let y = state.y else { return }
        guard time >= lastTime else {
            dirt.backward += 1
            return
        }
        guard isWithin(x, InputCode.x), isWithin(y, InputCode.y), isWithin(state.pressure, InputCode.pressure) else {
            dirt.outOfRange += 1
            return
        }
        guard !isLostInCorner(x, y) else {
            dirt.corner += 1
            return
        }
        lastTime = time
        isInReach = !state.tools.isEmpty
        learnOffset()
        isWriting = touches
        let sample = Sample(
            x: Float(x), y: Float(y) * device.heightScale, time: time,
            pressure: isWriting ? pressure : pressure.map { _ in 0 },
            tiltX: degrees(state.tiltX, InputCode.tiltX), tiltY: degrees(state.tiltY, InputCode.tiltY))
        last = sample
        actions.append(.sample(sample, contact: isWriting, erasing: state.tools.contains(InputCode.rubber)))
    }

    /// Ends a stroke where the pen was last.
    private mutating func lift(into actions: inout [PenAction]) {
        if isWriting, let last {
            actions.append(.sample(last, contact: false, erasing: state.tools.contains(InputCode.rubber)))
        }
        isWriting = false
    }

    private mutating func leave(into actions: inout [PenAction]) {
        lift(into: &actions)
        if isInReach { actions.append(.proximityOut) }
        isInReach = false
        last = nil
        // The next pen may be another one.
        offset = 0
        state.touch = state.touch == nil ? nil : false
    }

    private var touches: Bool {
        if let touch = state.touch { return touch }
        // Before the first touch event, and after lost ones, the pressure must do.
        guard let units = units, let axis = device.axes[InputCode.pressure] else { return false }
        return units - offset > Self.contactThreshold * axis.span
    }

    /// Pressure above the axis's minimum; nil without a usable axis.
    private var units: Float? {
        guard let value = state.pressure, let axis = device.axes[InputCode.pressure], axis.isUsable else { return nil }
        return Float(value) - Float(axis.minimum)
    }

    /// 0 … 1 above the offset.
    private var pressure: Float? {
        guard let units, let axis = device.axes[InputCode.pressure] else { return nil }
        return min(1, max(0, (units - offset) / (axis.span - offset)))
    }

    private mutating func learnOffset() {
        guard let units, let axis = device.axes[InputCode.pressure], units > offset,
            units <= Self.largestOffset * axis.span
        else { return }
        // Whether the pen is in the air for certain: the button says so, or the pen has only just arrived.
        if state.touch == false || (state.touch == nil && last == nil) { offset = units }
    }

    private func isWithin(_ value: Int32?, _ code: UInt16) -> Bool {
        guard let value, let axis = device.axes[code], axis.isUsable else { return true }
        return (axis.minimum...axis.maximum).contains(value)
    }

    private func isLostInCorner(_ x: Int32, _ y: Int32) -> Bool {
        guard x == device.axes[InputCode.x]?.minimum ?? 0, y == device.axes[InputCode.y]?.minimum ?? 0 else {
            return false
        }
        guard let last, let width = device.axes[InputCode.x], let height = device.axes[InputCode.y] else { return true }
        let reachX = Self.cornerReach * width.span
        let reachY = Self.cornerReach * height.span * device.heightScale
        return abs(last.x - Float(x)) > reachX || abs(last.y - Float(y) * device.heightScale) > reachY
    }

    /// Radians times the resolution in, degrees out; without a resolution the unit is unknown, and so is the tilt.
    private func degrees(_ value: Int32?, _ code: UInt16) -> Float? {
        guard let value, let axis = device.axes[code], axis.resolution > 0 else { return nil }
        let centre = axis.minimum < 0 ? 0 : (Float(axis.minimum) + Float(axis.maximum)) / 2
        return (Float(value) - centre) / Float(axis.resolution) * 180 / .pi
    }
}
