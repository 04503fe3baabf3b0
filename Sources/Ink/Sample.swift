/// One report of a pen: where it is, and whatever else the device tells.
///
/// x grows right and y grows **down**, in device units. What the device does not tell is nil; inside, absence is a
/// reserved value rather than an optional, so that a sample is 32 bytes and a data set fits in memory.
public struct Sample: Sendable {
    /// Position, in device units, growing right.
    public var x: Float
    /// Position, in device units, growing down.
    public var y: Float
    private var storedTime: Int64
    private var storedPressure: Float
    private var storedTiltX: Float
    private var storedTiltY: Float

    private static let noTime = Int64.min

    /// A sample. A pressure or tilt that is not a number counts as absent, and so does the time `Int64.min`.
    public init(
        x: Float, y: Float, time: Int64? = nil, pressure: Float? = nil, tiltX: Float? = nil, tiltY: Float? = nil
    ) {
        self.x = x
        self.y = y
        storedTime = time ?? Self.noTime
        storedPressure = pressure ?? .nan
        storedTiltX = tiltX ?? .nan
        storedTiltY = tiltY ?? .nan
    }

    /// When, in µs; the origin is the device's own.
    public var time: Int64? {
        get { storedTime == Self.noTime ? nil : storedTime }
        set { storedTime = newValue ?? Self.noTime }
    }

    /// The pressure of the tip, 0…1 of the device's range.
    public var pressure: Float? {
        get { storedPressure.isNaN ? nil : storedPressure }
        set { storedPressure = newValue ?? .nan }
    }

    /// Lean of the pen to the right, in degrees from upright.
    public var tiltX: Float? {
        get { storedTiltX.isNaN ? nil : storedTiltX }
        set { storedTiltX = newValue ?? .nan }
    }

    /// Lean of the pen towards the writer, in degrees from upright.
    public var tiltY: Float? {
        get { storedTiltY.isNaN ? nil : storedTiltY }
        set { storedTiltY = newValue ?? .nan }
    }
}

extension Sample: Equatable {
    public static func == (a: Sample, b: Sample) -> Bool {
        a.x == b.x && a.y == b.y && a.storedTime == b.storedTime && a.pressure == b.pressure
            && a.tiltX == b.tiltX && a.tiltY == b.tiltY
    }
}
