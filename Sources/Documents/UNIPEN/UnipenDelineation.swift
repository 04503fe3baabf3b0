import DuctusInk

/// The ink of a UNIPEN segment: `3`, `0-5`, `0:10-5:2`, several of them with commas between.
///
/// A number is a stroke, counted from 0; behind a colon stands a point of it.
struct UnipenDelineation {
    private struct Place {
        var stroke: Int
        var point: Int?

        init?(_ text: Substring) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2, let stroke = Int(parts[0]), stroke >= 0 else { return nil }
            self.stroke = stroke
            if parts.count == 2 {
                guard let point = Int(parts[1]), point >= 0 else { return nil }
                self.point = point
            }
        }
    }

    private var ranges: [(first: Place, last: Place)] = []

    /// Reads a delineation; nil if `text` is not of this form.
    init?(_ text: Substring) {
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 1 || ends.count == 2, let first = Place(ends[0]),
                let last = Place(ends[ends.count - 1]),
                first.stroke <= last.stroke
            else { return nil }
            ranges.append((first, last))
        }
    }

    /// The strokes meant, cut where a range begins or ends inside of one; nil if there is no such stroke or point.
    func strokes(of all: [Stroke]) -> [Stroke]? {
        var strokes: [Stroke] = []
        for (first, last) in ranges {
            guard last.stroke < all.count else { return nil }
            for index in first.stroke...last.stroke {
                let samples = all[index].samples
                let begin = index == first.stroke ? first.point ?? 0 : 0
                let end = index == last.stroke ? last.point.map { $0 &+ 1 } ?? samples.count : samples.count
                guard begin >= 0, begin <= end, end <= samples.count else { return nil }
                strokes.append(end - begin == samples.count ? all[index] : Stroke(Array(samples[begin..<end])))
            }
            guard strokes.count <= InkLimits().strokes else { return nil }
        }
        return strokes
    }
}
