import Foundation

/// A beam whose scorer is not part of its type. It costs one indirect call for each piece of posteriors, and none for
/// each label.
///
/// Made of closures rather than of a generic class behind a protocol: the methods of such a class are compiled once for all scorers, and then
/// every label costs a call through a witness table. The closures are compiled with the scorer known.
final class AnyBeam {
    /// Goes back to the first frame of a line that continues a text.
    let reset: (_ precedingText: String) -> Void
    /// Takes the next frames.
    let advance: (Posteriors) -> Void
    /// All hypotheses, best first; the end of the line is scored where `atEnd`.
    let readings: (_ atEnd: Bool) -> [BeamReading]
    let frameCount: () -> Int
    let memoryBytes: () -> Int
    /// The length of the longest prefix of all hypotheses, and its labels.
    let stablePrefixLength: () -> Int
    let stablePrefix: () -> [Int]
    /// A beam with the same scorer, before the first frame.
    let another: () -> AnyBeam
    private let box: AnyObject
    private let takeState: (AnyObject) -> Void

    init<S: Scorer>(labels: Int, configuration: DecoderConfiguration, scorer: S) {
        let own = BeamBox(labels: labels, configuration: configuration, scorer: scorer)
        box = own
        reset = { own.beam.reset(precedingText: $0) }
        advance = { own.advance($0) }
        readings = { own.readings(atEnd: $0) }
        frameCount = { Int(own.beam.frame) }
        memoryBytes = { own.beam.memoryBytes }
        stablePrefixLength = { Int(own.beam.tree.nodes[Int(own.stableNode)].depth) }
        stablePrefix = { own.beam.tree.labels(to: own.stableNode) }
        another = { AnyBeam(labels: labels, configuration: configuration, scorer: scorer) }
        takeState = { other in
            guard let other = other as? BeamBox<S> else {
                preconditionFailure("a beam takes over the state of one with the same scorer only")
            }
            own.beam.copy(from: other.beam)
        }
    }

    /// Copies the state of `other`, which was made by `another`.
    func copyState(from other: AnyBeam) { takeState(other.box) }
}

/// One hypothesis of a beam as it is told to others.
struct BeamReading {
    var score: Double
    var ctcLogProbability: Double
    var symbols: [AlignmentHistory.Record]
}

/// Holds a beam, which cannot be copied, for the closures that work on it.
private final class BeamBox<S: Scorer> {
    var beam: Beam<S>
    let configuration: DecoderConfiguration

    init(labels: Int, configuration: DecoderConfiguration, scorer: S) {
        self.configuration = configuration
        beam = Beam(width: max(1, configuration.beamWidth), labels: labels, scorer: scorer)
    }

    func advance(_ posteriors: Posteriors) {
        guard var row = posteriors.logProbabilities.baseAddress else { return }
        for _ in 0..<posteriors.frames {
            beam.advance(
                row, labelThreshold: configuration.labelThreshold, blankThreshold: configuration.blankThreshold)
            row += posteriors.labels
        }
    }

    /// The node of the longest prefix of all hypotheses.
    var stableNode: Int32 {
        var node = beam.entries[0].node
        for index in 1..<max(1, beam.count) {
            node = beam.tree.commonAncestor(node, beam.entries[index].node)
        }
        return node
    }

    func readings(atEnd: Bool) -> [BeamReading] {
        var ranked = (0..<beam.count).map { index -> BeamReading in
            let entry = beam.entries[index]
            let fused = log(entry.total) + beam.logScale
            let trace = AlignmentHistory.likelier(entry.blankTrace, entry.labelTrace)
            return BeamReading(
                score: fused + (atEnd ? beam.scorer.logFactorOfEnd(after: entry.state) : 0),
                ctcLogProbability: fused - entry.logWeight, symbols: beam.history.symbols(of: trace, label: entry.label)
            )
        }
        ranked.sort { $0.score > $1.score }
        return ranked
    }
}
