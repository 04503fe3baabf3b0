import DuctusInk

/// Ink as the journal keeps it: a version, then for each stroke its samples, coordinates and pressure exact to the last bit,
/// times as differences of variable length. About 10 bytes a sample.
///
/// Layout: version 1 · number of strokes · per stroke: number of samples · per sample: flags (1 time, 2 pressure, 4 tilt),
/// x and y as little-endian `Float`, then what the flags announce: zigzag difference to the time before, pressure, both tilts.
package enum InkBlob {
    static let version: UInt8 = 1
    private static let hasTime: UInt8 = 1
    private static let hasPressure: UInt8 = 2
    private static let hasTilt: UInt8 = 4

    package static func encode(_ strokes: [Stroke]) -> [UInt8] {
        var writer = ByteWriter(version: version, capacity: 16 + strokes.reduce(0) { $0 + 14 * $1.samples.count })
        var time: Int64 = 0
        writer.put(number: UInt64(strokes.count))
        for stroke in strokes {
            writer.put(number: UInt64(stroke.samples.count))
            for sample in stroke.samples {
                let tilts = sample.tiltX.flatMap { x in sample.tiltY.map { (x, $0) } }
                writer.put(
                    (sample.time == nil ? 0 : hasTime) | (sample.pressure == nil ? 0 : hasPressure)
                        | (tilts == nil ? 0 : hasTilt))
                writer.put(sample.x)
                writer.put(sample.y)
                if let now = sample.time {
                    let difference = now &- time
                    writer.put(number: UInt64(bitPattern: (difference << 1) ^ (difference >> 63)))
                    time = now
                }
                if let pressure = sample.pressure { writer.put(pressure) }
                if let tilts {
                    writer.put(tilts.0)
                    writer.put(tilts.1)
                }
            }
        }
        return writer.bytes
    }

    /// - Returns: nil for bytes that `encode` did not write.
    package static func decode(_ bytes: [UInt8]) -> [Stroke]? {
        var reader = ByteReader(bytes)
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
}
