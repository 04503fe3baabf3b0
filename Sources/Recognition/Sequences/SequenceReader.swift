import DuctusDecoding
import DuctusNetwork
import Foundation

/// One output of a sequence-to-sequence model.
public struct SequenceReading: Sendable, Equatable {
    /// The classes of its symbols, 1 and up.
    public var labels: [Int]
    /// The score by which readings are ranked.
    public var score: Double
    /// The natural log probability that the decoder gives it, its end included.
    public var logProbability: Double

    /// A reading: its classes, the score that the search ranks by, and its log-probability, natural.
    public init(labels: [Int], score: Double, logProbability: Double) {
        self.labels = labels
        self.score = score
        self.logProbability = logProbability
    }
}

/// Reads sources with a sequence-to-sequence model: searches what it writes, or tells how likely it is to write something.
///
/// The encoder runs once for each source. Keeps its memory from source to source; used by one thread at a time.
public final class SequenceReader {
    /// The model that reads.
    public let model: SequenceModel
    private let search: SequenceSearch
    private let workspace = Workspace()
    private var sources: Batch
    private var written = Batch(dimension: 1)

    /// A reader of a model, with the search that the model's folder sets.
    public init(_ model: SequenceModel) {
        self.model = model
        search = model.search
        sources = Batch(dimension: model.network.architecture.input)
    }

    /// A source that the encoder has read.
    private struct Encoded {
        /// Before the first symbol.
        var state: NetworkState
        var connectionist: ConnectionistPrefixes?
        var frames: Int
    }

    /// A text that the search grows.
    private struct Candidate {
        var labels: [Int]
        var logProbability: Double
        /// Before the last symbol; shared by candidates that have it in common, so it is copied before it moves.
        var state: NetworkState
        var prefix: ConnectionistPrefixes.Prefix?
        var score: Double
    }

    /// The likeliest outputs for a source, best first.
    ///
    /// - Parameters:
    ///   - frames: as `SequenceSource.frames` gives them.
    ///   - limit: how many.
    /// - Throws: `NetworkError` for frames that are not the model's.
    public func read(_ frames: [Float], limit: Int = 1) throws -> [SequenceReading] {
        let encoded = try encode(frames)
        let lengths = search.lengths(frames: encoded.frames)
        var live = [
            Candidate(
                labels: [], logProbability: 0, state: encoded.state, prefix: encoded.connectionist?.empty, score: 0)
        ]
        var finished: [SequenceReading] = []
        for length in 0...lengths.upperBound {
            let output = try step(live)
            let next = extensions(of: live, output, encoded.connectionist, length: length, in: lengths, &finished)
            live = separated(next)
            guard !live.isEmpty else { break }
            // No continuation can become likelier than its beginning. How many have ended says nothing: those that
            // ended too early are many.
            let best = finished.map(\.score).max() ?? -.infinity
            let hope = live.map { ranked($0.score, length: lengths.upperBound) }.max() ?? -.infinity
            guard best < hope else { break }
        }
        return Array(finished.sorted { $0.score > $1.score }.prefix(limit))
    }

    /// The natural log probability of each text, its end included, given one source: all in one pass.
    ///
    /// - Parameter texts: classes, 1 and up.
    /// - Throws: `NetworkError` for frames that are not the model's, or labels that it does not have.
    public func logProbabilities(of texts: [[Int]], given frames: [Float]) throws -> [Double] {
        guard !texts.isEmpty else { return [] }
        let encoded = try encode(frames)
        refill(sources: texts.count)
        written.removeAll()
        for text in texts { written.append([0] + text.map(Float.init)) }
        let windows = texts.map { text in
            Window(
                state: encoded.state.copy(), chunk: 0, isEnd: true,
                others: [.init(chunk: text.count + 1, isEnd: true)])
        }
        let output = try model.network.advance(windows, frames: sources, others: [written], workspace: workspace)
        return texts.enumerated().map { index, text in
            let values = output[index].values
            return (text + [0]).enumerated().reduce(0) { sum, step in
                sum + Double(values[step.offset * model.classCount + step.element])
            }
        }
    }

    private func encode(_ frames: [Float]) throws -> Encoded {
        let state = model.network.makeState()
        sources.removeAll()
        sources.append(frames)
        written.removeAll()
        written.append([])
        let wantsConnectionist = search.connectionistShare > 0 && model.isConnectionist
        let windows = [
            Window(
                state: state, chunk: sources.lengths[0], isEnd: true, others: [.init(chunk: 0, isEnd: false)])
        ]
        let output = try model.network.advance(
            windows, frames: sources, others: [written],
            heads: wantsConnectionist ? [nil, SequenceModel.connectionistHead] : [nil], workspace: workspace)
        var connectionist: ConnectionistPrefixes?
        if wantsConnectionist {
            let sequence = output[1][0]
            connectionist = ConnectionistPrefixes(
                Posteriors(sequence.values, frames: sequence.frames, labels: model.classCount))
        }
        return Encoded(state: state, connectionist: connectionist, frames: sources.lengths[0])
    }

    /// No more frames of the source for so many sequences.
    private func refill(sources count: Int) {
        sources.removeAll()
        for _ in 0..<count { sources.append([]) }
    }

    /// Shows the network each candidate's last symbol; its state moves past it.
    private func step(_ candidates: [Candidate]) throws -> Output {
        refill(sources: candidates.count)
        written.removeAll()
        for candidate in candidates { written.append([Float(candidate.labels.last ?? 0)]) }
        return try model.network.advance(
            candidates.map {
                Window(state: $0.state, chunk: 0, isEnd: true, others: [.init(chunk: 1, isEnd: false)])
            }, frames: sources, others: [written], workspace: workspace)
    }

    /// The best continuations of all candidates; those that end go to `finished`.
    private func extensions(
        of live: [Candidate], _ output: Output, _ connectionist: ConnectionistPrefixes?, length: Int,
        in lengths: ClosedRange<Int>, _ finished: inout [SequenceReading]
    ) -> [Candidate] {
        let share = connectionist == nil ? 0 : Double(search.connectionistShare)
        var found: [(candidate: Candidate, ends: Bool)] = []
        for (index, candidate) in live.enumerated() {
            let values = output[index].values
            // A few more than are kept, since the connectionist score may rank them anew.
            let wanted = share > 0 ? 2 * search.beamWidth + 2 : search.beamWidth
            let likeliest = (1..<model.classCount).sorted { (values[$0], $1) > (values[$1], $0) }.prefix(wanted)
            for label in [0] + likeliest {
                let ends = label == 0
                guard ends ? length >= lengths.lowerBound : length < lengths.upperBound else { continue }
                var next = candidate
                next.logProbability += Double(values[label])
                if !ends { next.labels.append(label) }
                next.score = (1 - share) * next.logProbability
                if let connectionist, let prefix = candidate.prefix {
                    if ends {
                        next.score += share * prefix.endLogProbability
                    } else {
                        let extended = connectionist.extending(prefix, by: label)
                        next.prefix = extended
                        next.score += share * extended.logProbability
                    }
                }
                guard next.score > -.infinity else { continue }
                found.append((next, ends))
            }
        }
        found.sort {
            ($0.candidate.score, $1.candidate.labels.last ?? 0) > ($1.candidate.score, $0.candidate.labels.last ?? 0)
        }
        var kept: [Candidate] = []
        for (candidate, ends) in found.prefix(search.beamWidth) {
            guard ends else {
                kept.append(candidate)
                continue
            }
            finished.append(
                SequenceReading(
                    labels: candidate.labels, score: ranked(candidate.score, length: length),
                    logProbability: candidate.logProbability))
        }
        return kept
    }

    /// Gives each candidate a state of its own.
    private func separated(_ candidates: [Candidate]) -> [Candidate] {
        var taken: Set<ObjectIdentifier> = []
        return candidates.map { candidate in
            var own = candidate
            // The first goes on with what it shares, the others with copies.
            if !taken.insert(ObjectIdentifier(candidate.state)).inserted { own.state = candidate.state.copy() }
            return own
        }
    }

    /// A score, made comparable between lengths.
    private func ranked(_ score: Double, length: Int) -> Double {
        score / pow(Double(5 + length + 1) / 6, Double(search.lengthPenalty))
    }
}
