import DuctusInk
import DuctusPages
import DuctusRecognition
import DuctusStreaming
import StreamingTestSupport
import Testing

/// Words that were put into a line later are read at their place, as the page reader reads them.
@Suite struct FinalReadingOrderTests {
    private let clock = HandClock()
    private let collector = Collector()
    private let models: SharedModel
    private let lane: Lane

    init() throws {
        models = try TinyModel.store()
        lane = Lane(clock: clock, sink: collector)
    }

    /// The letters of a line, written in this order, their times ascending.
    private func write(_ letters: [[PenSample]], order: [Int]) -> [Stroke] {
        let rule = EndpointRule(pause: 1e9, idle: 1e9, newLine: false)
        var publisher = TestPublisher("p", Pipeline(name: "test", input: .ink, models: models, endpoint: rule))
        var strokes: [Stroke] = [], time: Int64 = 5_000_000
        for letter in order.map({ letters[$0] }) {
            let stamped = letter.map { report in
                time += 10_000
                return PenSample(Sample(x: report.sample.x, y: report.sample.y, time: time), contact: report.contact)
            }
            strokes.append(Stroke(stamped.filter(\.contact).map(\.sample)))
            publisher.send(stamped, to: lane, at: clock)
        }
        publisher.send(.endOfSegment, to: lane, at: clock)
        lane.settle()
        return strokes
    }

    @Test func aWordPutInLaterIsReadAtItsPlace() throws {
        var pen = ScribblingPen(seed: 3)
        let late = 5..<8
        let order = (0..<40).filter { !late.contains($0) } + late
        let written = write(pen.letters(40), order: order)
        let final = try #require(collector.finals.first)
        let read = (0..<40).map { written[order.firstIndex(of: $0) ?? 0] }
        let expected = try Recognizer(model: models.current(for: nil).model).recognize(read)
        #expect(!expected.text.isEmpty && expected.text == final.text)
        #expect(collector.finishedSegments.first?.evidence == .ink(read))
        // The page reader reads the same.
        let page = try PageReader(recognizer: Recognizer(model: models.current(for: nil).model))
            .read(written, layout: .line)
        #expect(page.pieces.first?.text == final.text)
    }

    @Test func symbolsPointAtTheSamplesThatWereSent() throws {
        var pen = ScribblingPen(seed: 3)
        let late = 5..<8
        let written = write(pen.letters(40), order: (0..<40).filter { !late.contains($0) } + late)
        let final = try #require(collector.finals.first)
        var first: [Int] = [0]
        for stroke in written { first.append((first.last ?? 0) + stroke.samples.count) }
        for symbol in final.symbols {
            #expect(symbol.samples.upperBound <= final.sampleCount)
            #expect(symbol.strokes.upperBound <= written.count)
            let strokes = try #require(symbol.strokes.first)..<(try #require(symbol.strokes.last)) + 1
            #expect(first[strokes.lowerBound] <= symbol.samples.lowerBound)
            #expect(symbol.samples.upperBound <= first[strokes.upperBound])
        }
        let lateSamples = first[37]..<first[40]
        #expect(final.symbols.contains { lateSamples.overlaps($0.samples) })
        #expect(final.symbols.last.map { $0.samples.upperBound <= first[37] } == true)
    }

    @Test func aLineFromRightToLeftStaysAsItWasWritten() throws {
        var pen = ScribblingPen(seed: 4)
        let written = write(pen.letters(40), order: Array((0..<40).reversed()))
        let expected = try Recognizer(model: models.current(for: nil).model).recognize(written)
        #expect(collector.finals.first?.text == expected.text)
    }
}
