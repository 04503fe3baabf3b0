/// One event of the kernel's input layer (`struct input_event`, linux/input.h).
public struct InputEvent: Equatable, Sendable {
    /// Microseconds on the kernel's clock.
    public var time: Int64
    /// `EV_…`: the kind of event, see `InputCode`.
    public var type: UInt16
    /// Which key or axis, see `InputCode`.
    public var code: UInt16
    /// The state of a key (0 or 1), or the place on an axis in the device's units.
    public var value: Int32

    /// An event as the kernel reports it; `time` is in µs.
    public init(time: Int64, type: UInt16, code: UInt16, value: Int32) {
        self.time = time
        self.type = type
        self.code = code
        self.value = value
    }
}

/// The numbers of linux/input-event-codes.h that a pen uses.
public enum InputCode {
    /// `EV_SYN`.
    public static let synchronization: UInt16 = 0
    /// `EV_KEY`.
    public static let key: UInt16 = 1
    /// `EV_ABS`.
    public static let axis: UInt16 = 3

    /// `SYN_REPORT`: the report is complete.
    public static let report: UInt16 = 0
    /// `SYN_DROPPED`: the kernel's queue was full, and events are missing.
    public static let dropped: UInt16 = 3

    public static let x: UInt16 = 0
    public static let y: UInt16 = 1
    /// `ABS_PRESSURE`.
    public static let pressure: UInt16 = 0x18
    /// `ABS_TILT_X`.
    public static let tiltX: UInt16 = 0x1a
    /// `ABS_TILT_Y`.
    public static let tiltY: UInt16 = 0x1b
    /// ABS_MT_POSITION_X, of devices that tell several fingers apart.
    static let fingerX: UInt16 = 0x35

    /// BTN_TOOL_PEN, RUBBER, BRUSH, PENCIL, AIRBRUSH; not the finger, mouse and lens that follow.
    public static let tools: ClosedRange<UInt16> = 0x140...0x144
    /// `BTN_TOOL_PEN`.
    public static let pen: UInt16 = 0x140
    /// `BTN_TOOL_RUBBER`.
    public static let rubber: UInt16 = 0x141
    /// `BTN_TOUCH`.
    public static let touch: UInt16 = 0x14a
    /// BTN_STYLUS3, BTN_STYLUS and BTN_STYLUS2: on the pen's side.
    public static let penButtons: Set<UInt16> = [0x149, 0x14b, 0x14c]
    /// BTN_0 … BTN_9: on the tablet.
    public static let tabletButtons: ClosedRange<UInt16> = 0x100...0x109
}
