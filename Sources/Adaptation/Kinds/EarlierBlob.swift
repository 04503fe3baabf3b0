import DuctusInk
import DuctusRecognition

/// Decodes the evidence of journals that are older than the Protocol Buffers format. They begin with a version byte,
/// with which no Protocol Buffers message begins.
///
/// Version 1, ink: number of strokes · per stroke: number of samples · per sample: flags (1 time, 2 pressure, 4 tilt), x and y, then what the
/// flags announce: zigzag difference to the time before, pressure, both tilts. Version 2, a sensor: number of channels · per channel its
/// name · rate · number of values · the values. Numbers have variable length, floating-point numbers are little endian.
enum EarlierBlob {
    /// - Returns: nil for other bytes.
    static func evidence(in bytes: [UInt8]) -> Evidence? {
        var reader = Reader(bytes: bytes)
        switch reader.byte() {
        case 1: return strokes(&reader).map(Evidence.ink)
        case 2: return vectors(&reader).map(Evidence.vectors)
        default: return nil
        }
    }

    private static func strokes(_ reader: inout Reader) -> [Stroke]? {
        guard let count = reader.count() else { return nil }
        var time: Int64 = 0
        var strokes: [Stroke] = []
        for _ in 0..<count {
            guard let length = reader.count() else { return nil }
            var samples: [Sample] = []
            for _ in 0..<length {
                guard let flags = reader.byte(), let x = reader.float(), let y = reader.float() else { return nil }
                var sample = Sample(x: x, y: y)
                if flags & 1 != 0 {
                    guard let zigzag = reader.number() else { return nil }
                    time &+= Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
                    sample.time = time
                }
                if flags & 2 != 0 {
                    guard let pressure = reader.float() else { return nil }
                    sample.pressure = pressure
                }
                if flags & 4 != 0 {
                    guard let tiltX = reader.float(), let tiltY = reader.float() else { return nil }
                    (sample.tiltX, sample.tiltY) = (tiltX, tiltY)
                }
                samples.append(sample)
            }
            strokes.append(Stroke(samples))
        }
        return reader.rest == 0 ? strokes : nil
    }

    private static func vectors(_ reader: inout Reader) -> SensorVectors? {
        guard let width = reader.count() else { return nil }
        var channels: [String] = []
        for _ in 0..<width {
            guard let channel = reader.text() else { return nil }
            channels.append(channel)
        }
        guard let rate = reader.double(), let count = reader.count(), count <= reader.rest / 4 else { return nil }
        var values: [Float] = []
        for _ in 0..<count {
            guard let value = reader.float() else { return nil }
            values.append(value)
        }
        return reader.rest == 0 ? SensorVectors(channels: channels, rate: rate, values: values) : nil
    }

    /// Reads the next value; nil where the bytes end too early.
    private struct Reader {
        let bytes: [UInt8]
        private var place = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var rest: Int { bytes.count - place }

        mutating func byte() -> UInt8? {
            guard place < bytes.count else { return nil }
            defer { place += 1 }
            return bytes[place]
        }

        /// Seven bits a byte, the lowest first; the highest bit says that more follow.
        mutating func number() -> UInt64? {
            var result: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 64, by: 7) {
                guard let next = byte() else { return nil }
                result |= UInt64(next & 0x7f) << shift
                if next < 0x80 { return result }
            }
            return nil
        }

        /// A number of things that take at least a byte each.
        mutating func count() -> Int? {
            guard let number = number(), number <= bytes.count else { return nil }
            return Int(number)
        }

        mutating func float() -> Float? { bits(UInt32.self).map(Float.init(bitPattern:)) }
        mutating func double() -> Double? { bits(UInt64.self).map(Double.init(bitPattern:)) }

        mutating func text() -> String? {
            guard let length = count(), length <= rest else { return nil }
            defer { place += length }
            return String(validating: bytes[place..<place + length], as: UTF8.self)
        }

        private mutating func bits<Bits: FixedWidthInteger>(_: Bits.Type) -> Bits? {
            let width = Bits.bitWidth / 8
            guard width <= rest else { return nil }
            defer { place += width }
            return (0..<width).reduce(0) { $0 | Bits(bytes[place + $1]) << Bits(8 * $1) }
        }
    }
}
