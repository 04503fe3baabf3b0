import DuctusDrawing
import DuctusInk
import Foundation

/// The picture of a training run: loss and validation errors over the epochs.
public struct LearningCurve {
    /// The epochs that are drawn.
    public let history: [EpochRecord]

    /// The picture of a run that has gone through `history`.
    public init(_ history: [EpochRecord]) {
        self.history = history
    }

    /// Validation errors in per cent, one line per validation set, cut off at `ceiling` so that the early epochs do not
    /// flatten the rest.
    public func drawing(ceiling: Double = 40) -> Drawing {
        let names = Set(history.flatMap(\.errors.keys)).sorted()
        let errors = names.map { name in
            Chart.Series(
                name,
                points: history.compactMap { record in
                    record.errors[name].map { PlanePoint(x: Double(record.epoch), y: min(ceiling, 100 * $0)) }
                },
                hasDots: true)
        }
        let loss = Chart.Series(
            "training loss per label × 10",
            points: history.map { PlanePoint(x: Double($0.epoch), y: min(ceiling, 10 * $0.loss)) }, isDashed: true)
        return Chart(
            title: "Learning curve", x: ChartAxis("epoch"), y: ChartAxis("error, %"), series: errors + [loss]
        ).drawing()
    }
}
