import DuctusRecognition
import Testing

@Suite struct LineWordTests {
    private func words(_ text: String, best: Float? = 0, _ readings: [(text: String, score: Float)] = [])
        -> [LineWord]
    {
        LineWord.words(of: text.map { (String($0), 0.8) }, best: best, readings: readings)
    }

    @Test func spaces_separateWords() {
        let found = words("so it  is")
        #expect(found.map(\.text) == ["so", "it", "is"])
        #expect(found.map(\.symbols) == [0..<2, 3..<5, 7..<9])
        #expect(words("").isEmpty && words("  ").isEmpty)
    }

    @Test func candidates_standWhereTheWordDoes() {
        let found = words("the quick fox", [("the quack fox", -1), ("he quick fox", -2), ("the quickfox", -3)])
        #expect(found[1].candidates.map(\.text).prefix(2) == ["quick", "quack"])
        #expect(found[0].candidates.map(\.text).contains("he"))
        #expect(found.allSatisfy { abs($0.candidates.reduce(0) { $0 + $1.confidence } - 1) < 1e-5 })
    }

    @Test func theBestReading_staysFirst() {
        let found = words("cat", best: -5, [("cut", 0), ("cot", -1)])
        #expect(found[0].candidates.map(\.text) == ["cat", "cut", "cot"])
        #expect(found[0].candidates[0].confidence < found[0].candidates[1].confidence)
    }

    @Test func withoutASeparatorEverySymbolIsAWord() {
        let found = LineWord.words(
            of: [("日", 0.9), ("本", 0.7)], best: 0, readings: [("目本", -1)], separator: "")
        #expect(found.map(\.text) == ["日", "本"])
        #expect(found.map { $0.candidates.map(\.text) } == [["日", "目"], ["本"]])
    }
}
