import DuctusStreaming
import Testing

@Suite struct SpanLogTests {
    private func frame(_ name: String, _ first: Int, confidence: Float = 0.5) -> SpanLog.Frame {
        .init(
            name: name, confidence: confidence, vectors: first..<(first + 2),
            time: Int64(first) * 10...Int64(first + 2) * 10)
    }

    @Test func equalNeighboursAreOneSpan() {
        var log = SpanLog()
        log.decide(frame("a", 0, confidence: 0.2))
        log.decide(frame("a", 2, confidence: 0.4))
        log.decide(frame("b", 4))
        let news = log.news()
        #expect(news.map(\.name) == ["a", "b"] && news.map(\.state) == [.final, .provisional])
        #expect(news[0].frames == 0..<4 && news[0].time == 0...40)
        #expect(abs(news[0].confidence - 0.3) < 1e-6)
    }

    @Test func finalSpansAreToldOnceAndProvisionalOnesAgain() {
        var log = SpanLog()
        log.decide(frame("a", 0))
        log.decide(frame("b", 2))
        #expect(log.news().map(\.number) == [0, 1])
        #expect(!log.hasNews)
        log.decide(frame("b", 4))
        let news = log.news(tail: [frame("b", 6), frame("c", 8)])
        #expect(news.map(\.number) == [1, 2] && news.map(\.name) == ["b", "c"])
        #expect(news[0].frames == 2..<8)
        #expect(news.allSatisfy { $0.state == .provisional })
        // The tail was a guess: what is decided instead takes its number.
        log.decide(frame("d", 6))
        #expect(log.news().map(\.name) == ["b", "d"])
    }

    @Test func aClosedSpanDoesNotGrow() {
        var log = SpanLog()
        log.decide(frame("a", 0))
        log.close()
        log.close()
        log.decide(frame("a", 2))
        log.close()
        #expect(log.news().map(\.frames) == [0..<2, 2..<4])
        #expect(log.names == ["a", "a"] && log.last == "a")
    }
}
