import DuctusDecoding
import DuctusFoundations
import DuctusNetwork
import DuctusRecognition

/// Reads segments without language model, and tells how well a given text fits them: what the gate and the check of corrections
/// measure by.
///
/// Keeps its memory from segment to segment; used by one thread at a time.
final class SegmentReader {
    private let model: Model
    private let reader = FrameReader()

    init(_ model: Model) {
        self.model = model
    }

    /// Calls `body` with the posteriors of each segment, all read at once; there are no frames where the model finds nothing to read, or
    /// reads no such evidence.
    func withPosteriors<Value>(of evidence: [Evidence], _ body: (Int, Posteriors) -> Value) throws -> [Value] {
        let readable = evidence.indices.filter { model.reads(evidence[$0]) }
        var values = [Int: Value](minimumCapacity: evidence.count)
        _ = try reader.read(readable.map { evidence[$0] }, with: model) { index, reading in
            values[readable[index]] = body(readable[index], reading.posteriors)
        }
        let labels = model.network.architecture.output
        return evidence.indices.map { index in
            values[index] ?? Posteriors.withView(of: [], labels: labels) { body(index, $0) }
        }
    }

    /// Reads segments and gives the figures of each. The figures have no line for a segment that the model does not
    /// read, or whose text it cannot write.
    func figures(ofEach segments: [LabelledSegment]) throws -> [ReadingFigures] {
        var figures = [ReadingFigures](repeating: ReadingFigures(), count: segments.count)
        let known = segments.enumerated().compactMap { place, segment in
            model.target(of: segment).map { (place: place, evidence: segment.evidence, target: $0) }
        }
        let parts = try withPosteriors(of: known.map(\.evidence)) { ReadingFigures(of: $1, for: known[$0].target) }
        for (known, part) in zip(known, parts) { figures[known.place] = part }
        return figures
    }
}

extension ReadingFigures {
    /// The probability that an impossible text is given: e⁻²⁰ per symbol.
    private static let leastLikely: Float = -20

    /// The figures of posteriors against their target.
    fileprivate init(of posteriors: Posteriors, for target: Target) {
        self.init()
        lines = 1
        characters = target.labelCount
        switch target {
        case .ctc(let symbols):
            let labels = symbols.map(Int.init)
            edits = EditDistance.between(labels, BestPath.decode(posteriors).labels)
            nats = -Double(
                max(
                    ForcedAlignment.ctcLogProbability(posteriors, labels: labels),
                    Self.leastLikely * Float(labels.count)))
        case .frames(let labels):
            for (frame, label) in labels.enumerated() where label != Target.ignored {
                guard frame < posteriors.frames else {
                    edits += 1
                    nats -= Double(Self.leastLikely)
                    continue
                }
                let row = posteriors[frame]
                edits += row.indices.max { row[$0] < row[$1] } == Int(label) ? 0 : 1
                nats -= Double(max(row[Int(label)], Self.leastLikely))
            }
        }
    }
}

extension ReadingFigures {
    /// Segments that are read at once: together they are read faster, and a wait between them is still short.
    private static let groupSize = 8

    /// Reads segments and adds up their figures.
    ///
    /// - Parameter pause: called now and then; what it throws ends the reading.
    public static func of(
        _ model: Model, on segments: [LabelledSegment], threads: Int = 1, pause: () throws -> Void = {}
    ) throws -> ReadingFigures {
        try ofEach(model, on: segments, threads: threads, pause: pause).reduce(ReadingFigures(), +)
    }

    /// Reads segments and gives the figures of each. Where a model cannot read one, its figures have no line.
    ///
    /// - Parameter pause: called now and then; what it throws ends the reading.
    public static func ofEach(
        _ model: Model, on segments: [LabelledSegment], threads: Int = 1, pause: () throws -> Void = {}
    ) throws -> [ReadingFigures] {
        let threads = max(1, threads)
        let size = max(1, min(groupSize, (segments.count + threads - 1) / threads))
        let groups = stride(from: 0, to: segments.count, by: size).map {
            Array(segments[$0..<min($0 + size, segments.count)])
        }
        var figures: [ReadingFigures] = []
        for first in stride(from: 0, to: groups.count, by: threads) {
            try pause()
            let parts = parallelMap(
                Array(groups[first..<min(first + threads, groups.count)]), threads: threads,
                makeContext: { SegmentReader(model) }
            ) { reading, group in Result { try reading.figures(ofEach: group) } }
            for part in parts { figures += try part.get() }
        }
        return figures
    }
}
