import DuctusFoundations
import DuctusInk

/// The meaning of a trace's values (InkML's `<traceFormat>`), and the decoding of a `<trace>` by it.
///
/// W3C Recommendation "Ink Markup Language (InkML)", 20 September 2011, sections 3.1 and 3.2.
struct InkMLTraceFormat {
    struct Channel {
        enum Kind {
            case x, y, time, pressure, tiltX, tiltY, tip, other
        }

        var kind: Kind
        /// The factor of the value: its unit, negative where the axis points the other way.
        var factor = 1.0
        /// Subtracted before; the lower end of a pressure's range.
        var origin = 0.0
        /// The meaning of an omitted value.
        var initial = Double.nan
        /// Millimetres in one unit of a place; nil where that is not known.
        var millimetres: Double?
    }

    /// The channels in their order. Intermittent ones come last, and may be left out at the end of a point.
    var regular: [Channel] = []
    var intermittent: [Channel] = []

    /// The format of traces without one: X and Y.
    static let standard = InkMLTraceFormat(regular: [Channel(kind: .x), Channel(kind: .y)])

    /// The format of documents without any: X and Y, and whatever values follow.
    static let unstated = InkMLTraceFormat(
        regular: standard.regular, intermittent: [Channel](repeating: Channel(kind: .other), count: 6))

    private static let millimetres = [
        "m": 1000, "cm": 10, "mm": 1, "um": 1e-3, "µm": 1e-3, "in": 25.4, "pt": 25.4 / 72, "pc": 25.4 / 6,
    ]

    /// A `<channelProperty>` of an ink source: what it tells of a channel's units.
    mutating func read(property attributes: [String: String]) {
        guard attributes["name"] == "resolution", let value = attributes["value"].flatMap(Double.init), value > 0,
            value.isFinite, let units = attributes["units"], units.hasPrefix("1/"),
            let millimetres = Self.millimetres[String(units.dropFirst(2))]
        else { return }
        let name = attributes["channel"]?.uppercased()
        for index in regular.indices where regular[index].millimetres == nil {
            switch (name, regular[index].kind) {
            case ("X", .x), ("Y", .y): regular[index].millimetres = millimetres / value
            default: break
            }
        }
    }

    /// The format with y in the units of x, where both tell theirs and they differ.
    var unified: InkMLTraceFormat {
        let channels = regular + intermittent
        guard let x = channels.first(where: { $0.kind == .x })?.millimetres,
            let y = channels.first(where: { $0.kind == .y })?.millimetres, x != y
        else { return self }
        var unified = self
        for index in regular.indices where regular[index].kind == .y { unified.regular[index].factor *= y / x }
        for index in intermittent.indices where intermittent[index].kind == .y {
            unified.intermittent[index].factor *= y / x
        }
        return unified
    }

    /// Whether a trace of this format has places.
    var hasPlaces: Bool {
        let kinds = (regular + intermittent).map(\.kind)
        return kinds.contains { if case .x = $0 { true } else { false } }
            && kinds.contains { if case .y = $0 { true } else { false } }
    }

    /// A `<channel>` element.
    static func channel(_ attributes: [String: String]) -> Channel {
        var channel = Channel(kind: .other)
        if let text = attributes["default"] {
            channel.initial = text == "T" ? 1 : text == "F" ? 0 : Double(text) ?? .nan
        }
        switch attributes["name"]?.uppercased() {
        case "X", "Y":
            channel.kind = attributes["name"]?.uppercased() == "X" ? .x : .y
            channel.millimetres = millimetres[attributes["units"] ?? ""]
        case "T":
            channel.kind = .time
            channel.factor = ["s": 1000, "us": 1e-3, "µs": 1e-3, "ns": 1e-6][attributes["units"] ?? ""] ?? 1
        case "F":
            channel.kind = .pressure
            let low = attributes["min"].flatMap(Double.init) ?? 0
            if let high = attributes["max"].flatMap(Double.init), high > low {
                channel.origin = low
                channel.factor = 1 / (high - low)
            }
        case "OTX", "OTY":
            channel.kind = attributes["name"]?.uppercased() == "OTX" ? .tiltX : .tiltY
            if attributes["units"] == "rad" { channel.factor = 180 / .pi }
        case "S": channel.kind = .tip
        default: break
        }
        if attributes["orientation"] == "-ve" { channel.factor = -channel.factor }
        return channel
    }
}

/// Decodes the text of one trace, point by point.
struct InkMLTraceDecoder {
    struct Failure: Error {
        var reason: String
    }

    /// A channel's value and how the next one is written: as it is, as a difference (`'`), as a difference of differences (`"`).
    private struct State {
        var order = 0
        var value = 0.0
        var velocity = 0.0
        var acceleration = 0.0

        mutating func decode(_ number: Double) {
            switch order {
            case 0:
                velocity = number - value
                value = number
            case 1:
                acceleration = number - velocity
                velocity = number
                value += number
            default:
                acceleration = number
                velocity += number
                value += velocity
            }
        }

        /// `*`: the value, or the velocity or acceleration in which values are written, stays.
        mutating func stay() {
            switch order {
            case 0: velocity = 0
            case 1: value += velocity
            default:
                velocity += acceleration
                value += velocity
            }
        }
    }

    private let channels: [InkMLTraceFormat.Channel]
    private let required: Int
    /// Added to every time, ms.
    private let timeOffset: Double
    private let transform: PlaneTransform?
    private var states: [State]
    private var values: [Double]

    /// - Parameter transform: of places, after their units and directions were made alike.
    init(_ format: InkMLTraceFormat, timeOffset: Double, transform: PlaneTransform? = nil) {
        let format = format.unified
        self.transform = transform
        channels = format.regular + format.intermittent
        required = format.regular.count
        self.timeOffset = timeOffset
        states = [State](repeating: State(), count: channels.count)
        values = channels.map(\.initial)
    }

    /// The strokes of a trace: one, or several where a tip switch opens in between.
    mutating func decode(_ bytes: UnsafeRawBufferPointer, atMost limit: Int) throws -> [Stroke] {
        var strokes: [Stroke] = []
        var samples: [Sample] = []
        var count = 0
        var next = 0
        var position = 0
        func ended() throws {
            guard next >= required else {
                throw Failure(reason: "point \(count + 1) has \(next) values, its traceFormat wants \(required)")
            }
        }
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case 0x20, 0x09, 0x0a, 0x0d, UInt8(ascii: ":"):
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ";"):
                position += 1
                if next == 0 { continue }
                try ended()
                finishPoint(omittedFrom: next, &samples, &strokes)
                next = 0
                count += 1
                guard count <= limit else { throw Failure(reason: "more than \(limit) points") }
            default:
                guard next < channels.count else {
                    throw Failure(
                        reason:
                            "point \(count + 1) has more values than the \(channels.count) channels of its traceFormat")
                }
                try readValue(bytes, at: &position, channel: next)
                next += 1
            }
        }
        if next > 0 {
            try ended()
            finishPoint(omittedFrom: next, &samples, &strokes)
        }
        if !samples.isEmpty { strokes.append(Stroke(samples)) }
        return strokes
    }

    private mutating func readValue(_ bytes: UnsafeRawBufferPointer, at position: inout Int, channel: Int) throws {
        switch bytes[position] {
        case UInt8(ascii: "!"): states[channel].order = 0
        case UInt8(ascii: "'"): states[channel].order = 1
        case UInt8(ascii: "\""): states[channel].order = 2
        default: position -= 1
        }
        position += 1
        while position < bytes.count, bytes[position] == 0x20 { position += 1 }
        guard position < bytes.count else { throw Failure(reason: "the trace ends after a prefix") }
        switch bytes[position] {
        case UInt8(ascii: "*"):
            position += 1
            states[channel].stay()
            values[channel] = states[channel].value
        case UInt8(ascii: "?"):
            position += 1
            values[channel] = channels[channel].initial
        case UInt8(ascii: "T"), UInt8(ascii: "F"):
            states[channel].decode(bytes[position] == UInt8(ascii: "T") ? 1 : 0)
            values[channel] = states[channel].value
            position += 1
        case UInt8(ascii: "#"):
            position += 1
            var code = 0.0
            let first = position
            while position < bytes.count, let digit = Character(UnicodeScalar(bytes[position])).hexDigitValue {
                code = code * 16 + Double(digit)
                position += 1
            }
            guard position > first else { throw Failure(reason: "'#' without hexadecimal digits") }
            states[channel].decode(code)
            values[channel] = states[channel].value
        default:
            guard let number = DecimalNumber.read(bytes, at: &position) else {
                throw Failure(reason: "'\(Character(UnicodeScalar(bytes[position])))' is no value of a trace")
            }
            states[channel].decode(number)
            values[channel] = states[channel].value
        }
    }

    /// Makes a sample of the values, or ends the stroke if the tip is up.
    private mutating func finishPoint(omittedFrom next: Int, _ samples: inout [Sample], _ strokes: inout [Stroke]) {
        for channel in next..<max(next, channels.count) { values[channel] = channels[channel].initial }
        var sample = Sample(x: .nan, y: .nan)
        var isDown = true
        var (x, y) = (Double.nan, Double.nan)
        for (channel, value) in zip(channels, values) {
            let scaled = (value - channel.origin) * channel.factor
            switch channel.kind {
            case .x: x = scaled
            case .y: y = scaled
            case .time: sample.time = Sample.time(milliseconds: scaled + timeOffset)
            case .pressure: sample.pressure = scaled >= 0 && scaled <= 1 ? Float(scaled) : nil
            case .tiltX: sample.tiltX = Float(scaled)
            case .tiltY: sample.tiltY = Float(scaled)
            case .tip: isDown = value != 0
            case .other: break
            }
        }
        if let transform { (x, y) = transform.apply(x, y) }
        (sample.x, sample.y) = (Float(x), Float(y))
        if isDown {
            samples.append(sample)
        } else if !samples.isEmpty {
            strokes.append(Stroke(samples))
            samples.removeAll()
        }
    }
}
