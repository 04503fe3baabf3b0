import DuctusInk
import DuctusRandomness
import Foundation

/// Ink for tests, made from a seed: waves and loops at human pace, with dots and jumps between strokes.
public enum TestInk {
    /// A line of `strokes` strokes in units of about a hundredth of a letter, times in µs from 0.
    public static func line(strokes: Int = 12, seed: UInt64 = 1, scale: Float = 100) -> [Stroke] {
        var random = SplitMix64(seed: seed)
        var x: Float = 500
        var time: Int64 = 0
        return (0..<strokes).map { index in
            let isDot = index % 5 == 4
            let count = isDot ? 1 : 8 + Int(random.uniform() * 40)
            let phase = random.uniform() * 6
            let speed = 0.2 + 0.2 * random.uniform()
            let height = (0.7 + 0.6 * random.uniform()) * scale
            let stroke = Stroke(
                (0..<count).map { sample in
                    let t = Float(sample) * speed
                    time += 8_000
                    return Sample(
                        x: x + scale * (0.3 * t + 0.4 * cos(t + phase)), y: 1_000 + height * sin(1.3 * t + phase),
                        time: time, pressure: 0.5 + 0.4 * sin(t))
                })
            x += scale * (0.3 * Float(count) * speed + 0.4)
            time += 150_000
            return stroke
        }
    }

    #if DUCTUS_DATA
        /// A file of the handwriting sets in the folder `$DUCTUS_DATA`.
        public static func handwriting(_ name: String) -> URL {
            URL(filePath: ProcessInfo.processInfo.environment["DUCTUS_DATA"] ?? "")
                .appending(path: "handwriting/\(name).ndjson.gz")
        }
    #endif
}
