/// Held-out corrections that a candidate reads clearly worse than the serving weights. They are counted line by line
/// and source by source, because a sum hides them.
///
/// A flood of wrong corrections can make the sum better, but right corrections from before still contradict it.
public struct Contradictions: Sendable, Equatable, Codable {
    /// Lines that are read clearly worse.
    public var lines = 0
    /// Held-out lines that were compared.
    public var ofLines = 0
    /// Sources whose lines are read worse altogether.
    public var sources = 0
    /// Sources that were compared.
    public var ofSources = 0

    /// Counts of no line.
    public init() {}

    /// - Parameters:
    ///   - candidate: how the candidate reads each line.
    ///   - references: readings by the serving weights and by those that they were trained from. The best of them
    ///     counts, so that small losses do not add up.
    ///   - sources: where each line comes from.
    public init(of candidate: [ReadingFigures], against references: [[ReadingFigures]], sources: [String]) {
        var bySource: [String: (candidate: ReadingFigures, references: [ReadingFigures])] = [:]
        for (place, figures) in candidate.enumerated() where figures.lines > 0 {
            let known = references.map { $0[place] }
            ofLines += 1
            if Self.isClearlyWorse(figures, than: known) { lines += 1 }
            let none = [ReadingFigures](repeating: ReadingFigures(), count: known.count)
            var sums = bySource[sources[place]] ?? (ReadingFigures(), none)
            sums.candidate = sums.candidate + figures
            sums.references = zip(sums.references, known).map(+)
            bySource[sources[place]] = sums
        }
        ofSources = bySource.count
        self.sources = bySource.values.count { sums in
            let fewest = sums.references.map(\.edits).min() ?? 0
            return sums.candidate.edits > fewest + max(2, sums.candidate.characters / 50)
        }
    }

    /// More errors than one, and than one symbol in twenty; or far less likely.
    private static func isClearlyWorse(_ candidate: ReadingFigures, than references: [ReadingFigures]) -> Bool {
        let edits = references.map(\.edits).min() ?? 0
        let nats = references.map(\.nats).min() ?? 0
        return candidate.edits > edits + max(1, candidate.characters / 20)
            || candidate.nats > nats + max(4, 0.3 * Double(candidate.characters))
    }

    /// One in eight may be read worse by chance.
    public var isTolerable: Bool { lines <= ofLines / 8 && sources <= ofSources / 8 }
}
