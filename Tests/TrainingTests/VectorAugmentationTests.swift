import DuctusDecoding
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusTraining
import Foundation
import Testing

@Suite struct VectorAugmentationTests {
    private let configuration = VectorConfiguration(channels: ["a_x", "a_y", "a_z", "heat"], rate: 10, stack: 2)

    /// Nothing but what a test asks for.
    private func augmentation(_ change: (inout VectorAugmentation) -> Void) -> VectorAugmentation {
        var augmentation = VectorAugmentation()
        (augmentation.noise, augmentation.gain, augmentation.timeMasks, augmentation.silencedNumbers) = (0, 0, 0, 0)
        change(&augmentation)
        return augmentation
    }

    /// 40 frames of two vectors: a direction of length 5 that turns, and a heat that rises by 1 from vector to vector. Labels halfway.
    private func corpus(_ augmentation: VectorAugmentation) throws -> VectorCorpus {
        var values: [Float] = []
        for vector in 0..<80 {
            let angle = Float(vector) / 9
            values += [3 * cos(angle), 3 * sin(angle), 4, Float(vector)]
        }
        let recording = SensorRecording(
            id: "r", subject: "s", rate: 10, channels: configuration.channels, values: values,
            spans: [
                .init(first: 0, end: 40, name: "cold"), .init(first: 40, end: 80, name: "hot"),
            ])
        return try VectorCorpus(
            [recording], configuration: configuration, task: .frameLabels,
            alphabet: Alphabet(symbols: ["cold", "hot"]), augmentation: augmentation,
            standardization: .identity(configuration.dimension), pieceLength: 40)
    }

    /// Where the spectrum has its peak that some cepstra describe, and how high it is.
    private func peak(_ cepstra: ArraySlice<Float>) -> (place: Float, height: Float) {
        let spectrum = (0...314).map { place in
            cepstra.enumerated().reduce(Float(0)) { sum, cepstrum in
                let factor: Float = cepstrum.offset == 0 ? 1 : Float(2).squareRoot()
                return sum + cepstrum.element * factor * cos(Float(cepstrum.offset * place) / 100)
            }
        }
        let highest = spectrum.indices.max { spectrum[$0] < spectrum[$1] } ?? 0
        return (Float(highest) / 100, spectrum[highest])
    }

    /// A vowel's formant, its slopes after it, and silence.
    @Test func anotherVocalTractMovesTheFormants() throws {
        let channels = (0..<13).map { "c\($0)" }
        let configuration = VectorConfiguration(channels: channels, rate: 100, stack: 1, deltas: true)
        let formant = (0..<13).map { number in
            let factor: Float = number == 0 ? 1 : Float(2).squareRoot()
            return factor * exp(-0.02 * Float(number * number)) * cos(Float(number) * 1.2)
        }
        var values: [Float] = []
        for vector in 0..<40 { values += formant.map { $0 * Float(vector < 20 ? vector : 0) } }
        let recording = SensorRecording(
            id: "r", subject: "s", rate: 100, channels: channels, values: values,
            spans: [.init(first: 0, end: 40, name: "sound")])
        let corpus = try VectorCorpus(
            [recording], configuration: configuration, task: .frameLabels, alphabet: Alphabet(symbols: ["sound"]),
            augmentation: augmentation {
                $0.vocalTract = 0.1
                $0.cepstra = channels
            },
            standardization: .identity(configuration.dimension), pieceLength: 40)
        let before = peak(formant[...])
        var places: [Float] = []
        for seed in 1...12 as ClosedRange<UInt64> {
            let frames = corpus.example(0, augmentedBy: SplitMix64(seed: seed)).frames
            try #require(frames.count == 40 * 26)
            let late = peak(frames[(19 * 26)..<(19 * 26 + 13)]), early = peak(frames[(10 * 26)..<(10 * 26 + 13)])
            let slope = peak(frames[(10 * 26 + 13)..<(11 * 26)])
            #expect(late.place == early.place && slope.place == early.place)
            #expect(abs(late.height - 19 * before.height) < 19 * 0.1 * before.height)
            #expect(frames[(30 * 26)...].allSatisfy { $0 == 0 })
            places.append(late.place - before.place)
        }
        #expect(places.contains { $0 > 0.05 } && places.contains { $0 < -0.05 })
        #expect(places.allSatisfy { abs($0) < 0.6 })
    }

    @Test func aTurnedDeviceSeesTheSameLengthsAndAngles() throws {
        let corpus = try corpus(
            augmentation {
                $0.rotation = 0.5
                $0.axes = [["a_x", "a_y", "a_z"]]
            })
        let plain = corpus.example(0, augmentedBy: nil).frames
        let turned = corpus.example(0, augmentedBy: SplitMix64(seed: 4)).frames
        #expect(plain.count == 320 && turned.count == 320)
        func product(_ values: [Float], _ first: Int, _ second: Int) -> Float {
            (0..<3).reduce(0) { $0 + values[4 * first + $1] * values[4 * second + $1] }
        }
        var moved: Float = 0
        for vector in 0..<80 {
            #expect(abs(product(turned, vector, vector) - 25) < 1e-3)
            let next = (vector + 17) % 80
            #expect(abs(product(turned, vector, next) - product(plain, vector, next)) < 1e-3)
            #expect(turned[4 * vector + 3] == plain[4 * vector + 3])
            for number in 0..<3 { moved = max(moved, abs(turned[4 * vector + number] - plain[4 * vector + number])) }
        }
        #expect(moved > 0.1)
    }

    @Test func whatIsDoneFasterTakesFewerFramesAndKeepsItsLabels() throws {
        let corpus = try corpus(augmentation { $0.speed = 0.3 })
        var counts = Set<Int>()
        for seed in 0..<12 as Range<UInt64> {
            let example = corpus.example(0, augmentedBy: SplitMix64(seed: seed))
            let heats = stride(from: 3, to: example.frames.count, by: 4).map { example.frames[$0] }
            let steps = zip(heats, heats.dropFirst()).map { $1 - $0 }
            // One speed for all of it, up to the last vector, behind which nothing is known.
            let speed = try #require(steps.first)
            #expect(speed > 0.2 && steps.dropLast(2).allSatisfy { abs($0 - speed) < 1e-3 })
            guard case .frames(let labels) = example.target else {
                Issue.record("a target of labels was expected")
                return
            }
            #expect(labels.count == example.frames.count / 8)
            counts.insert(labels.count)
            for (frame, label) in labels.enumerated() where abs(heats[2 * frame] - 40) > 3 {
                #expect(label == (heats[2 * frame] < 40 ? 0 : 1))
            }
        }
        #expect(counts.count > 3)
    }

    @Test func aGainOfAChannelIsSharedByTheVectorsOfAFrame() throws {
        let corpus = try corpus(augmentation { $0.channelGain = 0.3 })
        let plain = corpus.example(0, augmentedBy: nil).frames
        let changed = corpus.example(0, augmentedBy: SplitMix64(seed: 2)).frames
        let gains = (0..<4).map { changed[16 + $0] / plain[16 + $0] }
        #expect(Set(gains).count == 4)
        for index in plain.indices { #expect(abs(changed[index] - plain[index] * gains[index % 4]) < 1e-3) }
    }

    /// Two views of an example differ by what is hidden alone.
    @Test func viewsShareTheirPlacesAndLabels() throws {
        let corpus = try corpus(
            augmentation {
                $0.speed = 0.2
                $0.channelGain = 0.3
                ($0.timeMasks, $0.timeMaskLength) = (3, 6)
            })
        let views = corpus.views(0, augmentedBy: SplitMix64(seed: 5))
        let (first, second) = (try #require(views.first), try #require(views.last))
        #expect(views.count == 2 && first.target == second.target && first.frames.count == second.frames.count)
        #expect(first.frames != second.frames)
        for (one, other) in zip(first.frames, second.frames) { #expect(one == other || one == 0 || other == 0) }
        #expect(first.frames == corpus.example(0, augmentedBy: SplitMix64(seed: 5)).frames)
    }

    @Test func axesThatDoNotFitTheInputAreRefused() {
        let channels = configuration.channels
        #expect(throws: VectorAugmentation.Fault.axesMissing) { try corpus(augmentation { $0.rotation = 0.1 }) }
        #expect(throws: VectorAugmentation.Fault.cepstraMissing) { try corpus(augmentation { $0.vocalTract = 0.1 }) }
        #expect(throws: VectorAugmentation.Fault.unknownCepstrum("c0", channels: channels)) {
            try corpus(
                augmentation {
                    $0.vocalTract = 0.1
                    $0.cepstra = ["c0"]
                })
        }
        #expect(throws: VectorAugmentation.Fault.unknownAxis("a_w", channels: channels)) {
            try corpus(
                augmentation {
                    $0.rotation = 0.1
                    $0.axes = [["a_x", "a_y", "a_w"]]
                })
        }
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(VectorAugmentation.self, from: Data(#"{"axes": [["a_x", "a_y"]]}"#.utf8))
        }
    }
}
