import DuctusNetwork
import Foundation
import Testing

/// Files made by PyTorch (`golden/make_golden.py`): what it computes in double precision from the same weights.
@Suite struct GoldenTests {
    static let names = [
        "rnn-forward", "lstm-forward", "gru-forward", "rnn-bidirectional", "lstm-bidirectional", "gru-bidirectional",
        "convolution-none", "convolution-silu", "convolution-relu", "convolution-tanh", "stack",
    ]

    struct Golden {
        let file: WeightFile
        var batch: Batch
        var outputs: [[Float]] = []
        var targets: [Target] = []
        let losses: [Float]

        init(_ name: String) throws {
            let url = try #require(
                Bundle.module.url(forResource: name, withExtension: "safetensors", subdirectory: "golden"))
            file = try WeightFile(contentsOf: url)
            batch = Batch(dimension: file.architecture.input)
            losses = try #require(file.extras["loss"]).values
            for index in losses.indices {
                batch.append(try #require(file.extras["input.\(index)"]).values)
                outputs.append(try #require(file.extras["output.\(index)"]).values)
                let labels = try #require(file.extras["labels.\(index)"]).values.map { Int32($0) }
                targets.append(file.metadata["loss"] == "ctc" ? .ctc(labels) : .frames(labels))
            }
        }
    }

    @Test(arguments: names, InstructionSet.available)
    func outputsAreThoseOfPyTorch(name: String, set: InstructionSet) throws {
        let golden = try Golden(name)
        let network = try Network(golden.file, instructionSet: set)
        let output = try network.forward(golden.batch, workspace: Workspace())
        for (index, expected) in golden.outputs.enumerated() {
            #expect(output[index].values.count == expected.count)
            #expect(largestDifference(Array(output[index].values), expected) < 1e-5)
        }
    }

    @Test(arguments: names, InstructionSet.available)
    func reducedPrecisionStaysWithinAThousandth(name: String, set: InstructionSet) throws {
        let golden = try Golden(name)
        let network = try Network(golden.file, precision: .bf16, instructionSet: set)
        let output = try network.forward(golden.batch, workspace: Workspace())
        for (index, expected) in golden.outputs.enumerated() {
            let probabilities = output[index].values.map { exp($0) }
            // bf16 has 8 bits where int16 uses 14: no processor that has VNNI, too, takes it by itself.
            #expect(largestDifference(probabilities, expected.map { exp($0) }) < (set == .avx512bf16 ? 4e-3 : 1e-3))
        }
    }

    @Test(arguments: names, InstructionSet.available)
    func lossesAndGradientsAreThoseOfPyTorch(name: String, set: InstructionSet) throws {
        let golden = try Golden(name)
        for threads in 1...3 {
            let backpropagation = try Backpropagation(
                architecture: golden.file.architecture, parameters: golden.file.parameters, threads: threads,
                instructionSet: set)
            let report = try backpropagation.computeGradient(of: golden.batch, targets: golden.targets, reduction: .sum)
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
