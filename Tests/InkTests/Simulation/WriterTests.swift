import DuctusInk
import Testing

struct WriterTests {
    private let writers = (0..<300).map { Writer(seed: $0) }

    @Test func theSameSeedIsTheSameWriter() {
        #expect(Writer(seed: 3) == Writer(seed: 3))
        #expect(Writer(seed: 3) != Writer(seed: 4))
    }

    @Test func thePopulationIsDiverse() {
        #expect(Set(writers.map(\.hand)) == Set(Writer.Hand.allCases))
        #expect((writers.map(\.slant).max() ?? 0) - (writers.map(\.slant).min() ?? 0) > 0.3)
        #expect((writers.map(\.letterHeight).max() ?? 0) > 1.5 * (writers.map(\.letterHeight).min() ?? 0))
    }

    @Test func wordsOfEveryWriterCanBeToldApart() {
        #expect(writers.allSatisfy { $0.wordGap > 2 * $0.letterGap })
    }

    @Test func theHandCanBeChosen() {
        for hand in Writer.Hand.allCases {
            #expect(Writer(seed: 5, hand: hand).hand == hand)
            #expect((Writer(seed: 5, hand: hand).joining > 0) == (hand != .printed))
        }
    }
}
