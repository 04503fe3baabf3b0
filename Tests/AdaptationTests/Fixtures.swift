import Adaptation
import Foundation
import Ink
import Network
import Recognition

/// A folder that is gone when the test is.
final class TemporaryFolder {
    let url = FileManager.default.temporaryDirectory.appending(path: "ductus-adaptation-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }
}

/// A small network that reads ink; untrained, so that there is much to learn.
enum SmallModel {
    static func make(seed: UInt64 = 1) throws -> Model {
        let architecture = Architecture(
            input: 9,
            layers: [
                .convolution1D(.init(in: 9, out: 16, kernel: 4, stride: 2, padding: 1, activation: .silu)),
                .recurrent(.init(cell: .lstm, in: 16, hidden: 16)),
                .linear(.init(in: 32, out: 96)),
                .logSoftmax,
            ])
        return Model(
            name: "small", network: try Network(architecture: architecture, seed: seed), input: .ink(FeatureConfiguration()),
            alphabet: .printableASCII, standardization: .identity(9))
    }
}

/// One hand that writes simulated lines.
func simulatedLines(_ texts: [String], hand: UInt64 = 7) throws -> [InkLine] {
    let pen = SimulatedPen(writer: Writer(seed: hand))
    return try texts.enumerated().map { try pen.line($1, seed: UInt64($0)) }
}

func correction(
    _ text: String = "so", stream: String = "desk", segment: UInt64, writer: String? = "anna", strokes: [Stroke] = [stroke], time: Int64 = 5
) -> Correction {
    Correction(
        stream: stream, segment: segment, writer: writer, strokes: strokes, text: text, recognized: "no", generation: .base,
        time: time)
}

let stroke = Stroke([
    Sample(x: 1.5, y: -2, time: 1_000_000, pressure: 0.25), Sample(x: 3, y: 4, time: 999_000, pressure: 0.5),
])

func figures(held before: (edits: Int, nats: Double), _ after: (edits: Int, nats: Double), canary: (Int, Int)? = nil) -> GateFigures {
    func reading(_ edits: Int, _ nats: Double) -> ReadingFigures {
        var figures = ReadingFigures()
        (figures.lines, figures.characters, figures.edits, figures.nats) = (4, 1000, edits, nats)
        return figures
    }
    return GateFigures(
        heldOutBefore: reading(before.edits, before.nats), heldOutAfter: reading(after.edits, after.nats),
        canaryBefore: canary.map { reading($0.0, 1) }, canaryAfter: canary.map { reading($0.1, 1) })
}
