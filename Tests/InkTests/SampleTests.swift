import DuctusInk
import Foundation
import InkTestSupport
import Testing

@Suite struct SampleTests {
    @Test func absenceIsNilAndSmall() {
        var sample = Sample(x: 1, y: 2)
        #expect(sample.time == nil && sample.pressure == nil && sample.tiltX == nil && sample.tiltY == nil)
        #expect(sample == Sample(x: 1, y: 2, pressure: .nan))
        sample.time = 0
        sample.pressure = 0
        #expect(sample.time == 0 && sample.pressure == 0 && sample != Sample(x: 1, y: 2))
        sample.time = nil
        sample.pressure = nil
        #expect(sample == Sample(x: 1, y: 2))
        #expect(MemoryLayout<Sample>.stride == 32)
    }

    @Test func boundsIgnoreWhatIsNotFinite() {
        let strokes = [
            Stroke(points: [(1, 5), (.nan, 100), (3, -2)]), Stroke(), Stroke(points: [(-1, 0), (0, .infinity)]),
        ]
        #expect(Bounds(around: strokes) == Bounds(minX: -1, minY: -2, maxX: 3, maxY: 5))
        #expect(Bounds(around: [Stroke()]) == nil && Stroke().bounds == nil)
        let box = Bounds(minX: 0, minY: 0, maxX: 2, maxY: 4)
        #expect(box.width == 2 && box.height == 4 && box.midX == 1 && box.midY == 2)
        #expect(box.union(Bounds(minX: -1, minY: 1, maxX: 1, maxY: 9)) == Bounds(minX: -1, minY: 0, maxX: 2, maxY: 9))
    }

    @Test func timeCanBeTakenAway() {
        let line = InkLine(id: "a", text: "t", strokes: TestInk.line(strokes: 2))
        let without = line.withoutTime()
        #expect(without.strokes.flatMap(\.samples).allSatisfy { $0.time == nil && $0.pressure != nil })
        #expect(without.sampleCount == line.sampleCount && without.text == "t" && without.bounds == line.bounds)
    }

    @Test func theConfigurationIsStoredWithTheWeights() throws {
        var configuration = FeatureConfiguration()
        configuration.usePressure = true
        configuration.local = .init()
        configuration.local?.priorLength = 7
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(FeatureConfiguration.self, from: data) == configuration)
        #expect(configuration.dimension == 10 && FeatureConfiguration().dimension == 9)
    }

    @Test func aConfigurationMayBeShortButNotImpossible() throws {
        func decode(_ text: String) throws -> FeatureConfiguration {
            try JSONDecoder().decode(FeatureConfiguration.self, from: Data(text.utf8))
        }
        #expect(try decode("{}") == FeatureConfiguration())
        var local = FeatureConfiguration()
        local.step = 0.5
        local.local = .init()
        local.local?.followScale = false
        #expect(try decode(#"{"step":0.5,"local":{"followScale":false}}"#) == local)
        for text in [
            #"{"step":0}"#, #"{"maximumFrames":-1}"#, #"{"scaleFloorOfSegment":0}"#, #"{"local":{"priorLength":0}}"#,
            #"{"local":{"baselineBandwidth":1e9}}"#, #"{"step":"a"}"#,
        ] {
            #expect(throws: DecodingError.self) { try decode(text) }
        }
    }
}
