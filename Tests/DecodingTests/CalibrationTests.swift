import DuctusDecoding
import DuctusRandomness
import Foundation
import Testing

@Suite struct CalibrationTests {
    /// Overconfident readings: right with the probability confidence squared.
    private func readings(count: Int, seed: UInt64) -> (confidences: [Float], correct: [Bool]) {
        var generator = SplitMix64(seed: seed)
        let confidences = (0..<count).map { _ in generator.uniform().squareRoot() }
        return (confidences, confidences.map { generator.uniform() < $0 * $0 })
    }

    @Test func confidencesBecomeProbabilities() {
        let (training, held) = (readings(count: 20_000, seed: 1), readings(count: 20_000, seed: 2))
        let calibration = Calibration.fit(confidences: training.confidences, correct: training.correct)
        let before = expectedCalibrationError(confidences: held.confidences, correct: held.correct)
        let after = expectedCalibrationError(
            confidences: held.confidences.map { calibration($0) }, correct: held.correct)
        #expect(before > 0.1)
        #expect(after < 0.02)
        #expect(abs(calibration(0.5) - 0.25) < 0.05 && abs(calibration(0.9) - 0.81) < 0.05)
    }

    @Test func theMapNeverFalls() {
        let data = readings(count: 500, seed: 3)
        let calibration = Calibration.fit(confidences: data.confidences, correct: data.correct)
        let values = (0...1000).map { calibration(Float($0) / 1000) }
        #expect(values == values.sorted())
        #expect(values.allSatisfy { $0 > 0 && $0 < 1 })
    }

    @Test func extremesAreSurvived() {
        #expect(Calibration.fit(confidences: [], correct: []) == .identity)
        #expect(Calibration.fit(confidences: [.nan], correct: [true]) == .identity)
        #expect(Calibration.identity(0.3) == 0.3)
        #expect(Calibration.identity(.nan) == 0 && Calibration.identity(7) == 1)
        let single = Calibration.fit(confidences: [1, 1, 1], correct: [true, true, true])
        #expect(single(0.2) == single(1) && single(1) > 0.8 && single(1) < 1)
    }

    @Test func itIsStoredAndAppliedToHypotheses() throws {
        let calibration = Calibration(knots: [.init(raw: 0, probability: 0.1), .init(raw: 1, probability: 0.9)])
        let stored = try JSONDecoder().decode(Calibration.self, from: JSONEncoder().encode(calibration))
        #expect(stored == calibration)
        let hypothesis = Hypothesis(
            symbols: [ReadSymbol(label: 1, frames: 0..<2, confidence: 0.5)], score: 0, ctcLogProbability: 0)
        #expect(abs(stored.apply(to: hypothesis).symbols[0].confidence - 0.5) < 1e-6)
    }

    @Test func theErrorIsTheMeanGap() {
        // 0.9 is right in 1 of 2: gap 0.4 each; 0.1 never right: gap 0.1 each.
        let error = expectedCalibrationError(confidences: [0.9, 0.9, 0.1, 0.1], correct: [true, false, false, false])
        #expect(abs(error - 0.25) < 1e-6)
        #expect(expectedCalibrationError(confidences: [], correct: []) == 0)
    }
}
