import AdaptationTestSupport
import DuctusAdaptation
import DuctusDecoding
import DuctusInk
import Foundation
import Testing

@Suite struct CorrectionCheckTests {
    private let check = CorrectionCheck(leastPlausibility: -4)

    /// Posteriors that read `labels`, each for one frame after a blank, sure of them as given.
    private func plausibility(of labels: [Int], where read: [Int], sureness: Float) -> Float {
        var values: [Float] = []
        for label in read.flatMap({ [0, $0] }) + [0] {
            for class_ in 0..<5 { values.append(class_ == label ? logarithm(sureness) : logarithm((1 - sureness) / 4)) }
        }
        return Posteriors.withView(of: values, labels: 5) { CorrectionCheck.plausibility(of: labels, in: $0) }
    }

    private func logarithm(_ x: Float) -> Float { Float(Double(x) == 0 ? -50 : log(Double(x))) }

    @Test func whatWasReadIsWhollyPlausible() {
        #expect(plausibility(of: [1, 2, 3], where: [1, 2, 3], sureness: 0.9) == 0)
    }

    @Test func oneWrongSymbolCostsLessThanAllOfThem() {
        let one = plausibility(of: [1, 2, 4], where: [1, 2, 3], sureness: 0.999)
        let all = plausibility(of: [4, 1, 2], where: [1, 2, 3], sureness: 0.999)
        #expect(one < 0)
        #expect(one > -4)
        #expect(all < -4)
    }

    @Test func aTextThatIsLongerThanItsInkCannotBe() {
        #expect(plausibility(of: [1, 2, 3, 4, 1, 2, 3, 4], where: [1, 2], sureness: 0.9) == -.infinity)
    }

    @Test func symbolsOutsideTheAlphabetAreNamed() throws {
        let refusal = try check.refusal(of: "naïve", for: .ink([stroke]), by: SmallModel.make())
        #expect(refusal == .outsideAlphabet(["ï"]))
    }

    @Test func aCorrectionNeedsATextAndInk() throws {
        #expect(try check.refusal(of: "", for: .ink([stroke]), by: SmallModel.make()) == .empty)
        #expect(try check.refusal(of: "no", for: .ink([]), by: SmallModel.make()) == .implausible(-.infinity))
    }
}
