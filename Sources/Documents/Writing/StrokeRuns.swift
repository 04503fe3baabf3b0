import DuctusInk

/// A stroke as it is drawn on a sheet: runs of one width each, for paths have one width. A run begins where the one before ends.
struct StrokeRuns {
    struct Run {
        /// The width in points (1/72 inch).
        var width: Double
        /// The points of the run, two at least, in points (1/72 inch).
        var points: [(x: Double, y: Double)]
    }

    private(set) var runs: [Run] = []

    private static let thinnest = 0.1

    /// - Parameters:
    ///   - step: how far the width, in points, goes from that of a run before another begins.
    ///   - place: where a place of the ink is on the sheet, in points.
    init(
        _ stroke: Stroke, _ mark: StrokeMark, _ frame: PageFrame, step: Double,
        place: (Float, Float) -> (Double, Double)
    ) {
        let samples = stroke.samples.enumerated().filter { $0.element.x.isFinite && $0.element.y.isFinite }
        guard let first = samples.first else { return }
        func width(_ sample: (offset: Int, element: Sample)) -> Double {
            mark.points(at: sample.offset, of: stroke, scale: frame.scale)
        }
        func point(_ sample: (offset: Int, element: Sample)) -> (x: Double, y: Double) {
            place(sample.element.x, sample.element.y)
        }
        if samples.count == 1 {
            runs = [Run(width: max(Self.thinnest, width(first)), points: [point(first), point(first)])]
        }
        for (before, sample) in zip(samples, samples.dropFirst()) {
            let wanted = max(Self.thinnest, (width(before) + width(sample)) / 2)
            if let run = runs.last, abs(wanted - run.width) < step {
                runs[runs.count - 1].points.append(point(sample))
            } else {
                runs.append(Run(width: wanted, points: [point(before), point(sample)]))
            }
        }
    }
}
