import DuctusInk
import DuctusPages
import DuctusRecognition

/// The order in which a segment's strokes are read, where it is not that of writing: words that were put in later are read at their place.
///
/// As ``PageReader`` orders a line, so the same strokes give the same text live and off line.
struct ReadingOrder: Equatable {
    /// Indexes of the segment's strokes.
    private let order: [Int]

    /// nil where the strokes are read as they were written.
    init?(_ strokes: [Stroke]) {
        guard let order = LineOrder.order(ofWritten: strokes) else { return nil }
        self.order = order
    }

    /// The strokes as they are read.
    func apply(to strokes: [Stroke]) -> [Stroke] { order.map { strokes[$0] } }

    /// A symbol that was read in this order, with the samples and strokes of `ink`: of those that it has in one run, the longest.
    func place(_ symbol: RecognizedSymbol, in ink: InkSegment) -> RecognizedSymbol {
        var runs: [(samples: Range<Int>, strokes: Range<Int>)] = []
        var first = 0
        for stroke in order {
            let range = ink.range(ofStroke: stroke)
            let read = symbol.samples.clamped(to: first..<first + range.count)
            let isHere = !read.isEmpty || (symbol.samples.isEmpty && read == symbol.samples && runs.isEmpty)
            let start = range.lowerBound + read.lowerBound - first
            first += range.count
            guard isHere else { continue }
            let samples = start..<start + read.count
            if let last = runs.last, last.strokes.upperBound == stroke, last.samples.upperBound == samples.lowerBound {
                runs[runs.count - 1].samples = last.samples.lowerBound..<samples.upperBound
                runs[runs.count - 1].strokes = last.strokes.lowerBound..<stroke + 1
            } else {
                runs.append((samples, stroke..<stroke + 1))
            }
        }
        var symbol = symbol
        guard let longest = runs.max(by: { $0.samples.count < $1.samples.count }) else { return symbol }
        symbol.samples = longest.samples
        symbol.strokes = longest.strokes
        return symbol
    }
}
