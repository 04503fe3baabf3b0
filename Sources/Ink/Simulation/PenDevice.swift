/// The device of a simulated pen: its report rate, its units, and the values that it reports.
public struct PenDevice: Sendable, Equatable, Codable {
    public var name: String
    /// Reports per second.
    public var rate: Double
    /// Device units per millimetre; positions are whole units.
    public var unitsPerMillimetre: Double
    /// The number of levels of pressure; 0 if the device reports none.
    public var pressureLevels: Int

    /// A device. Pressure levels of 0 mean that it reports none.
    public init(name: String, rate: Double, unitsPerMillimetre: Double, pressureLevels: Int) {
        precondition(rate > 0 && unitsPerMillimetre > 0 && pressureLevels >= 0, "a device reports, and in some unit")
        self.name = name
        self.rate = rate
        self.unitsPerMillimetre = unitsPerMillimetre
        self.pressureLevels = pressureLevels
    }

    /// A graphics tablet of the usual kind: 133 Hz, 100 units per millimetre, 2048 levels of pressure.
    public static let tablet = PenDevice(name: "tablet", rate: 133, unitsPerMillimetre: 100, pressureLevels: 2048)
    /// A sensor on a whiteboard: slow and coarse, without pressure.
    public static let whiteboard = PenDevice(name: "whiteboard", rate: 75, unitsPerMillimetre: 25, pressureLevels: 0)
    /// A digitizer of the 1990s: 200 Hz, 40 units per millimetre, without pressure.
    public static let digitizer = PenDevice(name: "digitizer", rate: 200, unitsPerMillimetre: 40, pressureLevels: 0)

    /// The devices above, by name.
    public static let known = [tablet, whiteboard, digitizer]
}
