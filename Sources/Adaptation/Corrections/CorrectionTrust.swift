import DuctusDecoding
import DuctusRecognition

/// The rule for corrections that are learned from without further evidence.
///
/// The confidences of a reading tell how many of its symbols should be wrong. A correction that changes far more of them contradicts the ink,
/// not only the reading: it is quarantined. So is everything from a source, many of whose corrections do so. `docs/adaptation.md` has the
/// distributions behind the numbers.
public struct CorrectionTrust: Sendable, Equatable {
    /// A correction may change so many symbols, and so many times as many as the confidences expect.
    public var tolerated = (symbols: 1.0, times: 3.0)
    /// A source is not trusted once it has sent so many doubtful corrections, and they are so large a part of all.
    public var distrusted = (corrections: 4, share: 0.2)

    /// The default rule.
    public init() {}

    public static func == (a: CorrectionTrust, b: CorrectionTrust) -> Bool {
        a.tolerated == b.tolerated && a.distrusted == b.distrusted
    }

    /// Whether the text contradicts what a model reads with confidence.
    ///
    /// Corrections of models that label every frame are never doubtful, because they have no symbols to compare.
    ///
    /// - Throws: the errors of the network.
    public func isDoubtful(_ text: String, for evidence: Evidence, by model: Model) throws -> Bool {
        guard model.task == .transcription, let given = try? model.alphabet.encode(text) else { return false }
        return try SegmentReader(model).withPosteriors(of: [evidence]) { _, posteriors in
            let read = model.calibrated(BestPath.decode(posteriors), from: .bestPath)
            let expected = read.symbols.reduce(0.0) { $0 + 1 - Double($1.confidence) }
            let changed = Self.changes(of: read.symbols.map(\.label), in: given)
            return Double(changed) > tolerated.symbols + tolerated.times * expected
        }[0]
    }

    /// Whether nothing that comes from a source is learned from.
    public func isDistrusted(_ standing: SourceStanding) -> Bool {
        standing.doubtful >= distrusted.corrections
            && Double(standing.doubtful) >= distrusted.share * Double(standing.corrections)
    }

    /// The number of read symbols that are not in the given text, in the alignment with the fewest edits. Missed
    /// symbols do not count, because they have no confidence.
    package static func changes(of read: [Int], in given: [Int]) -> Int {
        // Edits weigh more than any number of changes.
        let edit = 1 << 32
        var above = (0...given.count).map { $0 * edit }
        for symbol in read {
            var row = [above[0] + edit + 1]
            row.reserveCapacity(given.count + 1)
            for (place, wanted) in given.enumerated() {
                let kept = above[place] + (symbol == wanted ? 0 : edit + 1)
                row.append(min(kept, above[place + 1] + edit + 1, row[place] + edit))
            }
            above = row
        }
        return (above.last ?? 0) % edit
    }
}

/// The record of one source: how many of its corrections were doubtful.
public struct SourceStanding: Sendable, Equatable {
    /// Superseded ones not counted.
    public var corrections: Int
    /// Corrections of the source that were set aside as doubtful.
    public var doubtful: Int

    /// Counts of one source.
    public init(corrections: Int, doubtful: Int) {
        self.corrections = corrections
        self.doubtful = doubtful
    }
}
