import AdaptationTestSupport
import DuctusAdaptation
import DuctusInk
import DuctusRecognition
import Foundation
import Testing

@Suite struct EvidenceBlobTests {
    private static let whole = Stroke(
        (0..<20).map {
            var sample = Sample(x: Float($0) / 3, y: -.pi, time: 1_000_000 + Int64($0) * 7500, pressure: 0.5)
            (sample.tiltX, sample.tiltY) = (1, -2)
            return sample
        })
    /// Some samples lack what others have, times run backwards and overflow.
    private static let ragged = {
        var tilted = Sample(x: 3, y: 4, time: .min)
        (tilted.tiltX, tilted.tiltY) = (5, 6)
        return Stroke([
            Sample(x: 1, y: -0.0, time: .max), Sample(x: .infinity, y: .nan, pressure: 0.25), tilted,
            Sample(x: 0, y: 0),
        ])
    }()

    @Test(arguments: [[], [Stroke([])], [whole], [Stroke([]), ragged, whole]])
    func inkComesBackToTheLastBit(strokes: [Stroke]) throws {
        let blob = Evidence.ink(strokes).blob
        let read = try #require(Evidence(blob: blob))
        #expect("\(read)" == "\(Evidence.ink(strokes))")
        #expect(read.blob == blob)
    }

    @Test func aSampleTakesSomeFifteenBytes() {
        let plain = Stroke(Self.whole.samples.map { Sample(x: $0.x, y: $0.y, time: $0.time, pressure: $0.pressure) })
        #expect(Evidence.ink([plain]).blob.count < 15 * plain.samples.count + 20)
    }

    @Test func whatAnEarlierReleaseWrote_isRead() {
        // One stroke of one sample at (1, -2), 3 µs, pressure 0.25.
        let ink: [UInt8] = [1, 1, 1, 3, 0, 0, 128, 63, 0, 0, 0, 192, 6, 0, 0, 128, 62]
        #expect(Evidence(blob: ink) == .ink([Stroke([Sample(x: 1, y: -2, time: 3, pressure: 0.25)])]))
        // Channel "x" at 2 Hz: one value, 1.
        let vectors: [UInt8] = [2, 1, 1, 120, 0, 0, 0, 0, 0, 0, 0, 64, 1, 0, 0, 128, 63]
        #expect(Evidence(blob: vectors) == .vectors(SensorVectors(channels: ["x"], rate: 2, values: [1])))
        for bytes in [ink, vectors] {
            for length in 1..<bytes.count { #expect(Evidence(blob: Array(bytes.prefix(length))) == nil) }
            #expect(Evidence(blob: bytes + [0]) == nil)
        }
    }

    @Test func otherBytesAreRefused() {
        for bytes in [[], [3], [255, 255], Array("no blob".utf8)] as [[UInt8]] { #expect(Evidence(blob: bytes) == nil) }
    }
}
