import DuctusFoundations
import DuctusNetwork
import DuctusRandomness
import Foundation

/// The frames that training would draw, written for a trainer in another program.
///
/// An epoch is two safetensors files: `NAME.frames.safetensors` (16-bit floats) with the tensor `frames`, frames × dimension, one example after
/// the other; and `NAME.examples.safetensors` (32-bit floats) with `examples`, each one's number in the corpus, `lengths` in frames, `labelCounts`,
/// and `labels`. Masks are drawn where the recipe has some; a trainer that holds two views consistent draws its own.
public struct FrameExport {
    private let folder: URL
    private let dimension: Int
    private let threads: Int
    /// Examples that are made at once.
    private let block = 4096

    /// - Parameters:
    ///   - dimension: numbers of a frame.
    ///   - threads: that examples are made with.
    public init(to folder: URL, dimension: Int, threads: Int) {
        self.folder = folder
        self.dimension = dimension
        self.threads = threads
    }

    /// Writes the examples that an epoch draws, changed at random as training would change them.
    ///
    /// - Parameter number: of the epoch, from 0; the same number and seed give the same bytes.
    /// - Throws: `SafetensorsError`.
    public func write(epoch number: Int, of corpus: any Corpus, seed: UInt64) throws {
        var random = SplitMix64(seed: seed).split(number)
        let chosen = corpus.draw(using: &random)
        try write(chosen, of: corpus, augmentedBy: SplitMix64(seed: seed &+ 1).split(number), as: "epoch-\(number + 1)")
    }

    /// Writes all examples of a validation set as they are.
    ///
    /// - Throws: `SafetensorsError`.
    public func write(validation corpus: any Corpus, name: String) throws {
        try write(Array(0..<corpus.count), of: corpus, augmentedBy: nil, as: "validation-\(name)")
    }

    private func write(_ chosen: [Int], of corpus: any Corpus, augmentedBy random: SplitMix64?, as name: String) throws
    {
        var frames: [Float] = []
        var lengths: [Float] = []
        var labels: [Float] = []
        var counts: [Float] = []
        for start in stride(from: 0, to: chosen.count, by: block) {
            let members = Array(chosen[start..<min(start + block, chosen.count)])
            let examples = parallelMap(members, threads: threads) { index in
                corpus.example(index, augmentedBy: random?.split(index))
            }
            for example in examples {
                let own = example.target.exportedLabels
                frames += example.frames
                lengths.append(Float(example.frames.count / dimension))
                counts.append(Float(own.count))
                labels += own
            }
        }
        let tensor = Tensor(shape: [frames.count / dimension, dimension], values: frames)
        try Safetensors(tensors: ["frames": tensor], metadata: [:])
            .write(to: folder.appending(path: "\(name).frames.safetensors"), storage: .f16)
        try Safetensors(
            tensors: [
                "examples": Tensor(chosen.map(Float.init)), "lengths": Tensor(lengths),
                "labelCounts": Tensor(counts), "labels": Tensor(labels),
            ], metadata: [:]
        ).write(to: folder.appending(path: "\(name).examples.safetensors"))
    }
}

extension Target {
    /// The labels in order; of frame labels one for each frame, -1 where it has none.
    fileprivate var exportedLabels: [Float] {
        switch self {
        case .ctc(let labels), .frames(let labels): labels.map(Float.init)
        }
    }
}
