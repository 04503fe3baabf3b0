import DuctusAdaptation
import DuctusDecoding
import DuctusInk
import DuctusNetwork
import DuctusRecognition
import Foundation

/// A folder that is gone when the test is.
package final class TemporaryFolder {
    package let url = FileManager.default.temporaryDirectory.appending(path: "ductus-adaptation-\(UUID().uuidString)")

    package init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// A small network that reads ink; untrained, so that there is much to learn.
package enum SmallModel {
    package static func make(seed: UInt64 = 1) throws -> Model {
        let architecture = Architecture(
            input: 9,
            layers: [
                .convolution1D(.init(in: 9, out: 16, kernel: 4, stride: 2, padding: 1, activation: .silu)),
                .recurrent(.init(cell: .lstm, in: 16, hidden: 16)),
                .linear(.init(in: 32, out: 96)),
                .logSoftmax,
            ])
        return Model(
            name: "small", network: try Network(architecture: architecture, seed: seed),
            input: .ink(FeatureConfiguration()),
            alphabet: .printableASCII, standardization: .identity(9))
    }
}

/// A small network that reads vectors of two channels as the letters A and B: as a text, or frame by frame.
package enum SmallVectorModel {
    package static let configuration = VectorConfiguration(channels: ["left", "right"], rate: 50, stack: 2)

    package static func make(task: ModelTask = .transcription, seed: UInt64 = 1) throws -> Model {
        let alphabet = try Alphabet(symbols: ["A", "B"])
        let classes = task == .transcription ? alphabet.classCount : alphabet.symbols.count
        let architecture = Architecture(
            input: configuration.dimension,
            layers: [
                .recurrent(.init(cell: .lstm, in: configuration.dimension, hidden: 12)),
                .linear(.init(in: 24, out: classes)),
                .logSoftmax,
            ])
        return Model(
            name: "small-vectors", network: try Network(architecture: architecture, seed: seed),
            input: .vectors(configuration),
            task: task, alphabet: alphabet, standardization: .identity(configuration.dimension))
    }

    /// What a sensor gives for a text: one channel rises for each letter, 0.32 s each.
    package static func segment(_ text: String, id: String = "1") -> LabelledSegment {
        var values: [Float] = []
        for letter in text {
            for step in 0..<16 {
                let height: Float = step < 8 ? 1 : 0
                values += letter == "A" ? [height, 0] : [0, height]
            }
        }
        return LabelledSegment(
            id: id, text: text,
            evidence: .vectors(SensorVectors(channels: configuration.channels, rate: 50, values: values)))
    }
}

/// What one hand's simulated lines say.
package func simulatedSegments(_ texts: [String], hand: UInt64 = 7) throws -> [LabelledSegment] {
    try simulatedLines(texts, hand: hand).map(LabelledSegment.init)
}

/// One hand that writes simulated lines.
package func simulatedLines(_ texts: [String], hand: UInt64 = 7) throws -> [InkLine] {
    let pen = SimulatedPen(writer: Writer(seed: hand))
    return try texts.enumerated().map { try pen.line($1, seed: UInt64($0)) }
}

package func correction(
    _ text: String = "so", stream: String = "desk", segment: UInt64, writer: String? = "anna",
    evidence: Evidence = .ink([stroke]), time: Int64 = 5
) -> Correction {
    Correction(
        stream: stream, segment: segment, writer: writer, evidence: evidence, text: text, recognized: "no",
        generation: .base,
        time: time)
}

package let stroke = Stroke([
    Sample(x: 1.5, y: -2, time: 1_000_000, pressure: 0.25), Sample(x: 3, y: 4, time: 999_000, pressure: 0.5),
])

package func figures(
    held before: (edits: Int, nats: Double), _ after: (edits: Int, nats: Double), canary: (Int, Int)? = nil
)
    -> GateFigures
{
    func reading(_ edits: Int, _ nats: Double) -> ReadingFigures {
        var figures = ReadingFigures()
        (figures.lines, figures.characters, figures.edits, figures.nats) = (4, 1000, edits, nats)
        return figures
    }
    return GateFigures(
        heldOutBefore: reading(before.edits, before.nats), heldOutAfter: reading(after.edits, after.nats),
        canaryBefore: canary.map { reading($0.0, 1) }, canaryAfter: canary.map { reading($0.1, 1) })
}

/// Weights a little beside the base's, as if they had passed the gate.
package func candidate(
    over base: BaseModel, _ scope: Scope = .shared, change: Float = 0, parent: GenerationName = .base,
    corrections: [UInt64] = []
) -> GenerationCandidate {
    GenerationCandidate(
        scope: scope, parameters: base.model.network.parameters.map { $0 + change }, parent: parent,
        corrections: corrections, figures: figures(held: (9, 9), (8, 8)), time: 7)
}
