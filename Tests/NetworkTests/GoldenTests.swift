import DuctusNetwork
import Foundation
import Testing

/// Files made by PyTorch (`golden/make_golden.py`): what it computes in double precision from the same weights.
@Suite struct GoldenTests {
    static let names = [
        "rnn-forward", "lstm-forward", "gru-forward", "rnn-bidirectional", "lstm-bidirectional", "gru-bidirectional",
        "convolution-none", "convolution-silu", "convolution-relu", "convolution-tanh", "stack", "layer-norm",
        "instance-norm", "instance-norm-short", "embedding", "convolution-depthwise", "convolution-dilated",
        "convolution-grouped",
        "convolution-depthwise-strided", "transposed-plain", "transposed-doubling", "transposed-tripling",
        "indy-forward",
        "indy-bidirectional", "lstmp-forward", "lstmp-bidirectional", "lstm-skip", "attention-scaled-1",
        "attention-scaled-4-causal-span", "attention-additive-3-residual", "attention-scaled-2-span",
        "attention-memory-scaled", "attention-memory-additive", "attention-memory-location", "random-field", "u-shape",
        "heads",
    ]

    /// Every instruction set, with its own products and with OpenBLAS'.
    static let ways = InstructionSet.available.flatMap { set in
        LargeProducts.allCases.map { Way(set: set, products: $0) }
    }

    struct Way: CustomTestStringConvertible, Sendable {
        let set: InstructionSet
        let products: LargeProducts
        var testDescription: String { "\(set.rawValue), \(products.rawValue)" }
    }

    struct Golden {
        let file: WeightFile
        var batch: Batch
        /// Of inputs beside the main one.
        var others: [Batch]
        var outputs: [[Float]] = []
        var targets: [Target] = []
        var heads: [HeadLosses] = []
        let losses: [Float]

        init(_ name: String) throws {
            let url = try #require(
                Bundle.module.url(forResource: name, withExtension: "safetensors", subdirectory: "golden"))
            let file = try WeightFile(contentsOf: url)
            self.file = file
            batch = Batch(dimension: file.architecture.input)
            others = file.architecture.otherInputs.map { Batch(dimension: $0) }
            losses = try #require(file.extras["loss"]).values
            func target(_ name: String) throws -> Target {
                let labels = try #require(file.extras[name]).values.map { Int32($0) }
                return file.metadata["loss"] == "ctc" ? .ctc(labels) : .frames(labels)
            }
            for index in losses.indices {
                batch.append(try #require(file.extras["input.\(index)"]).values)
                for number in others.indices {
                    others[number].append(try #require(file.extras["other.\(number).\(index)"]).values)
                }
                outputs.append(try #require(file.extras["output.\(index)"]).values)
                targets.append(try target("labels.\(index)"))
            }
            for head in file.architecture.heads {
                let weight = try #require(file.metadata["head.\(head.name)"].flatMap(Float.init))
                let own = try losses.indices.map { try target("head.\(head.name).labels.\($0)").loss }
                heads.append(HeadLosses(head: head.name, losses: own, weight: weight))
            }
        }
    }

    @Test(arguments: names, ways)
    func outputsAreThoseOfPyTorch(name: String, way: Way) throws {
        let golden = try Golden(name)
        let network = try Network(golden.file, instructionSet: way.set, products: way.products)
        let output = try network.forward(golden.batch, others: golden.others, workspace: Workspace())
        for (index, expected) in golden.outputs.enumerated() {
            #expect(output[index].values.count == expected.count)
            #expect(largestDifference(Array(output[index].values), expected) < 1e-5)
        }
    }

    @Test(arguments: names, InstructionSet.available)
    func reducedPrecisionStaysWithinAThousandth(name: String, set: InstructionSet) throws {
        let golden = try Golden(name)
        let network = try Network(golden.file, precision: .bf16, instructionSet: set)
        let output = try network.forward(golden.batch, others: golden.others, workspace: Workspace())
        for (index, expected) in golden.outputs.enumerated() {
            let probabilities = output[index].values.map { exp($0) }
            // bf16 has 8 bits where int16 uses 14: no processor that has VNNI, too, takes it by itself. In double
            // precision, rounding the operands alone (`golden/rounding.py`) moves a probability by up to 8.5e-3 where
            // attention weighs by what was rounded, and by up to 2.7e-3 elsewhere; the limits are one and a half times that.
            let rounding: Float = name.contains("attention") ? 1.3e-2 : 4e-3
            let limit = set == .avx512bf16 ? rounding : 1e-3
            #expect(largestDifference(probabilities, expected.map { exp($0) }) < limit)
        }
    }

    @Test(arguments: names, ways)
    func lossesAndGradientsAreThoseOfPyTorch(name: String, way: Way) throws {
        let golden = try Golden(name)
        for threads in 1...3 {
            let backpropagation = try Backpropagation(
                architecture: golden.file.architecture, parameters: golden.file.parameters, threads: threads,
                instructionSet: way.set, products: way.products)
            let report = try backpropagation.computeGradient(
                of: golden.batch, targets: golden.targets, reduction: .sum, heads: golden.heads, others: golden.others)
            for (loss, expected) in zip(report.perSequence, golden.losses) {
                #expect(abs(loss - expected) < 1e-4 * max(1, expected))
            }
            for tensor in backpropagation.layout.tensors {
                let expected = try #require(golden.file.extras["gradient.\(tensor.name)"]).values
                let found = Array(backpropagation.gradient[tensor.range])
                let size = expected.map { abs($0) }.max() ?? 0
                #expect(largestDifference(found, expected) < 1e-4 * max(size, 0.1), "\(tensor.name)")
            }
        }
    }

    @Test func aFileCrossesOverUnchanged() throws {
        let golden = try Golden("stack")
        let copy = try WeightFile(Safetensors(bytes: [UInt8](golden.file.contents().encoded())))
        #expect(copy == golden.file)
        #expect(copy.parameters.count == golden.file.architecture.parameterCount)
    }

    @Test func otherInstructionSetsAreSaidToBeSkipped() {
        let missing = InstructionSet.allCases.filter { !InstructionSet.available.contains($0) }
        for set in missing { print("skipped: \(set.rawValue), which this processor cannot run") }
        #expect(InstructionSet.available.contains(.portable))
    }
}

func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { max($0, $1.0.isFinite && $1.1.isFinite ? abs($1.0 - $1.1) : .infinity) }
}
