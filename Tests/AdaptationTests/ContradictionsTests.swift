import AdaptationTestSupport
import DuctusAdaptation
import Testing

@Suite struct ContradictionsTests {
    private func reading(_ edits: Int, _ nats: Double = 1, characters: Int = 40) -> ReadingFigures {
        var figures = ReadingFigures()
        (figures.lines, figures.characters, figures.edits, figures.nats) = (1, characters, edits, nats)
        return figures
    }

    /// Five right lines of one source, fifteen wrong ones of another: the sum gets better by far.
    @Test func aMajorityDoesNotHideWhatContradicts() {
        let before = Array(repeating: reading(0), count: 5) + Array(repeating: reading(10, 60), count: 15)
        let after = Array(repeating: reading(6, 30), count: 5) + Array(repeating: reading(1, 5), count: 15)
        let sources = Array(repeating: "desk", count: 5) + Array(repeating: "other", count: 15)
        let found = Contradictions(of: after, against: [before], sources: sources)
        #expect(found.lines == 5 && found.ofLines == 20 && found.sources == 1 && found.ofSources == 2)
        var figures = figures(held: (150, 905), (45, 225))
        #expect(Gate().verdict(on: figures).isPromoted)
        figures.contradictions = found
        guard case .rejected(.contradicted(found), _) = Gate().verdict(on: figures) else {
            Issue.record("\(Gate().verdict(on: figures))")
            return
        }
    }

    @Test func oneErrorMoreInALine_isChance() {
        let before = Array(repeating: reading(2), count: 8)
        var after = Array(repeating: reading(1), count: 8)
        after[3] = reading(3)
        let found = Contradictions(of: after, against: [before], sources: Array(repeating: "desk", count: 8))
        #expect(found.lines == 0 && found.sources == 0)
    }

    @Test func theBestReferenceCounts_soThatSmallLossesDoNotAddUp() {
        let shipped = Array(repeating: reading(0), count: 4)
        let serving = Array(repeating: reading(3), count: 4)
        let found = Contradictions(of: serving, against: [serving, shipped], sources: ["a", "a", "a", "a"])
        #expect(found.lines == 4 && found.sources == 1)
    }

    @Test func lineThatCannotBeRead_doesNotCount() {
        let found = Contradictions(of: [ReadingFigures()], against: [[ReadingFigures()]], sources: ["a"])
        #expect(found == Contradictions())
    }
}
