/// One event of the kernel's input layer (`struct input_event`, linux/input.h).
public struct InputEvent: Equatable, Sendable {
    /// Microseconds on the kernel's clock.
    public var time: Int64
    public var type: UInt16
    public var code: UInt16
    public var value: Int32

    public init(time: Int64, type: UInt16, code: UInt16, value: Int32) {
        self.time = time
        self.type = type
        self.code = code
        self.value = value
    }
}

/// The numbers of linux/input-event-codes.h that a pen uses.
public enum InputCode {
    public static let synchronization: UInt16 = 0
    public static let key: UInt16 = 1
    public static let axis: UInt16 = 3

    public static let report: UInt16 = 0
    public static let dropped: UInt16 = 3

    public static let x: UInt16 = 0
    public static let y: UInt16 = 1
    public static let pressure: UInt16 = 0x18
    public static let tiltX: UInt16 = 0x1a
    public static let tiltY: UInt16 = 0x1b
    /// ABS_MT_POSITION_X, of devices that tell several fingers apart.
    static let fingerX: UInt16 = 0x35

    /// BTN_TOOL_PEN, RUBBER, BRUSH, PENCIL, AIRBRUSH; not the finger, mouse and lens that follow.
    public static let tools: ClosedRange<UInt16> = 0x140...0x144
    public static let pen: UInt16 = 0x140
    public static let rubber: UInt16 = 0x141
    public static let touch: UInt16 = 0x14a
    /// BTN_STYLUS3, BTN_STYLUS and BTN_STYLUS2: on the pen's side.
    public static let penButtons: Set<UInt16> = [0x149, 0x14b, 0x14c]
    /// BTN_0 … BTN_9: on the tablet.
    public static let tabletButtons: ClosedRange<UInt16> = 0x100...0x109
}
