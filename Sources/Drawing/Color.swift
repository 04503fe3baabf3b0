/// A colour of a picture: red, green, blue, 0…255 each, as a screen takes them (sRGB).
public struct Color: Sendable, Hashable {
    /// Red, 0…255.
    public var red: UInt8
    /// Green, 0…255.
    public var green: UInt8
    /// Blue, 0…255.
    public var blue: UInt8

    /// A color of its parts, 0…255.
    public init(red: UInt8, green: UInt8, blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// The darkest.
    public static let black = Color(red: 0, green: 0, blue: 0)
    /// The lightest.
    public static let white = Color(red: 255, green: 255, blue: 255)
    /// Ink on paper.
    public static let writing = Color(red: 24, green: 32, blue: 72)
    /// Axes, captions, what should be read second.
    public static let gray = Color(red: 110, green: 110, blue: 118)
    /// Grid lines.
    public static let paleGray = Color(red: 224, green: 224, blue: 228)
    /// Faults and warnings.
    public static let red = Color(red: 196, green: 40, blue: 40)

    /// Colours that are told apart by people who see red and green alike, too (Okabe and Ito, 2008).
    public static let distinct = [
        Color(red: 0, green: 114, blue: 178), Color(red: 213, green: 94, blue: 0), Color(red: 0, green: 158, blue: 115),
        Color(red: 204, green: 121, blue: 167), Color(red: 230, green: 159, blue: 0),
        Color(red: 86, green: 180, blue: 233),
        Color(red: 110, green: 110, blue: 110),
    ]

    /// The colour `share` (0…1) of the way to another.
    public func mixed(with other: Color, share: Double) -> Color {
        let share = share.isFinite ? min(max(share, 0), 1) : 0
        func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Double(a) + (Double(b) - Double(a)) * share).rounded()) }
        return Color(red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
    }

    /// A fully saturated hue, darkened to be seen on white; `turn` 0…1 goes once around the circle from red.
    public static func hue(_ turn: Double) -> Color {
        func channel(_ offset: Double) -> UInt8 {
            let position = (turn + offset).truncatingRemainder(dividingBy: 1) * 6
            return UInt8(min(max(abs(position - 3) - 1, 0), 1) * 205)
        }
        return Color(red: channel(0), green: channel(2.0 / 3), blue: channel(1.0 / 3))
    }

    /// `#rrggbb`.
    var hexadecimal: String {
        "#" + [red, green, blue].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
