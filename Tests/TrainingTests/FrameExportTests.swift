import DuctusDecoding
import DuctusInk
import DuctusNetwork
import DuctusRandomness
import DuctusTraining
import Foundation
import Testing

@Suite struct FrameExportTests {
    private let folder: URL
    private let corpus: InkCorpus

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "frames-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let words = ["one", "three", "eleven"].enumerated().map { number, text in
            InkLine(
                id: "w\(number)", source: "test", writer: "ann", text: text,
                strokes: [Stroke((0..<(20 + 10 * number)).map { Sample(x: Float($0), y: Float($0 % 5)) })])
        }
        corpus = InkCorpus(
            [.init(words)], features: .init(), alphabet: .printableASCII, augmentation: .init(), sampling: .init(),
            threads: 2)
    }

    private func read(_ name: String) throws -> [String: Tensor] {
        try Safetensors(contentsOf: folder.appending(path: name)).tensors
    }

    @Test func anEpochHasTheFramesThatTrainingWouldDraw() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FrameExport(to: folder, dimension: 9, threads: 2).write(epoch: 3, of: corpus, seed: 5)
        let frames = try #require(try read("epoch-4.frames.safetensors")["frames"])
        let examples = try read("epoch-4.examples.safetensors")
        let lengths = try #require(examples["lengths"]).values
        #expect(examples["examples"]?.values == [0, 1, 2])
        #expect(frames.shape == [Int(lengths.reduce(0, +)), 9])
        // The generator of a training's epoch 3 with this seed.
        let random = SplitMix64(seed: 6).split(3)
        let expected = (0..<3).map { corpus.example($0, augmentedBy: random.split($0)) }
        #expect(lengths == expected.map { Float($0.frames.count / 9) })
        let drawn = expected.flatMap(\.frames)
        #expect(zip(frames.values, drawn).allSatisfy { abs($0 - $1) <= 1e-3 * max(1, abs($1)) })
        let labels = expected.flatMap { example -> [Float] in
            guard case .ctc(let labels) = example.target else { return [] }
            return labels.map(Float.init)
        }
        #expect(labels.count == 14 && examples["labels"]?.values == labels)
        #expect(examples["labelCounts"]?.values == [3, 5, 6])
    }

    @Test func aValidationSetIsWrittenAsItIs() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FrameExport(to: folder, dimension: 9, threads: 1).write(validation: corpus, name: "words")
        let frames = try #require(try read("validation-words.frames.safetensors")["frames"])
        let expected = (0..<3).flatMap { corpus.example($0, augmentedBy: nil).frames }
        #expect(frames.values.count == expected.count)
        #expect(zip(frames.values, expected).allSatisfy { abs($0 - $1) <= 1e-3 * max(1, abs($1)) })
    }

    @Test func examplesAreNamedByTheirLines() {
        #expect((0..<3).map(corpus.identifier) == ["w0", "w1", "w2"])
    }
}
