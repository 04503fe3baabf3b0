import Ink

/// Ink as the journal keeps it: a version, then for each stroke its samples, coordinates and pressure exact to the last bit,
/// times as differences of variable length. About 10 bytes a sample.
///
/// Layout: version 1 · number of strokes · per stroke: number of samples · per sample: flags (1 time, 2 pressure, 4 tilt),
/// x and y as little-endian `Float`, then what the flags announce: zigzag difference to the time before, pressure, both tilts.
package enum InkBlob {
    private static let version: UInt8 = 1
    private static let hasTime: UInt8 = 1
    private static let hasPressure: UInt8 = 2
    private static let hasTilt: UInt8 = 4

    package static func encode(_ strokes: [Stroke]) -> [UInt8] {
        var bytes: [UInt8] = [version]
        bytes.reserveCapacity(16 + strokes.reduce(0) { $0 + 14 * $1.samples.count })
        var time: Int64 = 0
        put(UInt64(strokes.count), into: &bytes)
        for stroke in strokes {
            put(UInt64(stroke.samples.count), into: &bytes)
            for sample in stroke.samples {
                let tilts = sample.tiltX.flatMap { x in sample.tiltY.map { (x, $0) } }
                bytes.append(
                    (sample.time == nil ? 0 : hasTime) | (sample.pressure == nil ? 0 : hasPressure)
                        | (tilts == nil ? 0 : hasTilt))
                put(sample.x, into: &bytes)
                put(sample.y, into: &bytes)
                if let now = sample.time {
                    let difference = now &- time
                    put(UInt64(bitPattern: (difference << 1) ^ (difference >> 63)), into: &bytes)
                    time = now
                }
                if let pressure = sample.pressure { put(pressure, into: &bytes) }
                if let tilts {
                    put(tilts.0, into: &bytes)
                    put(tilts.1, into: &bytes)
                }
            }
        }
        return bytes
    }

    /// - Returns: nil for bytes that `encode` did not write.
    package static func decode(_ bytes: [UInt8]) -> [Stroke]? {
        var reader = Reader(bytes: bytes)
        guard reader.byte() == version, let count = reader.number(), count <= bytes.count else { return nil }
        var time: Int64 = 0
        var strokes: [Stroke] = []
        for _ in 0..<count {
            guard let length = reader.number(), length <= bytes.count else { return nil }
            var samples: [Sample] = []
            for _ in 0..<length {
                guard let flags = reader.byte(), let x = reader.float(), let y = reader.float() else { return nil }
                var sample = Sample(x: x, y: y)
                if flags & hasTime != 0 {
                    guard let zigzag = reader.number() else { return nil }
                    time &+= Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
                    sample.time = time
                }
                if flags & hasPressure != 0 {
                    guard let pressure = reader.float() else { return nil }
                    sample.pressure = pressure
                }
                if flags & hasTilt != 0 {
                    guard let tiltX = reader.float(), let tiltY = reader.float() else { return nil }
                    sample.tiltX = tiltX
                    sample.tiltY = tiltY
                }
                samples.append(sample)
            }
            strokes.append(Stroke(samples))
        }
        return reader.isAtEnd ? strokes : nil
    }

    private static func put(_ number: UInt64, into bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func put(_ number: Float, into bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private struct Reader {
        let bytes: [UInt8]
        var place = 0

        var isAtEnd: Bool { place == bytes.count }

        mutating func byte() -> UInt8? {
            guard place < bytes.count else { return nil }
            defer { place += 1 }
            return bytes[place]
        }

        mutating func number() -> UInt64? {
            var result: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 64, by: 7) {
                guard let next = byte() else { return nil }
                result |= UInt64(next & 0x7f) << shift
                if next < 0x80 { return result }
            }
            return nil
        }

        mutating func float() -> Float? {
            guard place + 4 <= bytes.count else { return nil }
            defer { place += 4 }
            let pattern = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
            return Float(bitPattern: pattern)
        }
    }
}
