import DuctusInk
import DuctusRandomness
import Testing

struct TremorTests {
    private func displacements(rate: Double, count: Int = 20_000) -> [Double] {
        var tremor = Tremor(amplitude: 0.5, rate: rate, random: SplitMix64(seed: 4))
        return (0..<count).map { _ in tremor.next().x }.suffix(count - 500)
    }

    @Test(arguments: [75.0, 133, 200])
    func amplitudeDoesNotDependOnTheRate(rate: Double) {
        let values = displacements(rate: rate)
        let variance = values.map { $0 * $0 }.reduce(0, +) / Double(values.count)
        #expect(abs(variance.squareRoot() - 0.5) < 0.05)
    }

    @Test func movesSlowlyFromReportToReport() {
        let values = displacements(rate: 133)
        let steps = zip(values, values.dropFirst()).map { ($0 - $1) * ($0 - $1) }
        let step = (steps.reduce(0, +) / Double(steps.count)).squareRoot()
        #expect(step < 0.2, "white noise of this amplitude would step by 0.7")
    }
}
