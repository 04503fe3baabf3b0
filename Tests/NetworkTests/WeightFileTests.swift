import DuctusNetwork
import Foundation
import Testing

@Suite struct WeightFileTests {
    private static func sample() -> WeightFile {
        let architecture = TestNetworks.stack(dropout: 0.25)
        return WeightFile(
            architecture: architecture,
            parameters: ParameterLayout(architecture).freshParameters(for: architecture, seed: 3),
            extras: ["features.mean": Tensor([1, 2, 3])], metadata: ["ductus.alphabet": " abc"])
    }

    @Test func aNetworkSurvivesTheFile() throws {
        let file = Self.sample()
        let read = try WeightFile(Safetensors(bytes: [UInt8](file.contents().encoded())))
        #expect(read == file)
        let frames = TestNetworks.frames(30, dimension: 3, seed: 1)
        #expect(try Network(read).posteriors(frames) == Network(file).posteriors(frames))
    }

    @Test func tensorsHaveTheNamesAndShapesOfPyTorch() throws {
        let tensors = try Self.sample().contents().tensors
        #expect(tensors["layers.0.weight"]?.shape == [8, 3, 5])
        #expect(tensors["layers.2.weight_ih_l0_reverse"]?.shape == [28, 10])
        #expect(tensors["layers.3.weight_hh_l0"]?.shape == [28, 7])
        #expect(tensors["layers.4.bias"]?.shape == [6])
        let bias = try #require(tensors["layers.2.bias_ih_l0"]).values
        #expect(Array(bias[7..<14]) == [Float](repeating: 1, count: 7))
        #expect(try #require(tensors["layers.2.bias_hh_l0"]).values.allSatisfy { $0 == 0 })
    }

    @Test func eachFaultIsNamed() throws {
        let contents = try Self.sample().contents()
        func error(_ change: (inout Safetensors) -> Void) -> SafetensorsError? {
            var changed = contents
            change(&changed)
            do throws(SafetensorsError) {
                _ = try WeightFile(changed)
                return nil
            } catch {
                return error
            }
        }
        #expect(error { $0.tensors["layers.4.bias"] = nil } == .missingTensor("layers.4.bias"))
        #expect(
            error { $0.tensors["layers.4.bias"] = Tensor([1]) }
                == .wrongShape(tensor: "layers.4.bias", expected: [6], found: [1]))
        #expect(error { $0.metadata = [:] } == .missingMetadata(key: "ductus.architecture"))
        for text in [
            "", "{}", #"{"input":3,"layers":[{"kind":"magic"}]}"#, #"{"input":3,"layers":[]}"#,
            #"{"input":3,"layers":[{"kind":"linear","in":3,"out":9223372036854775807}]}"#,
            #"{"input":3,"layers":[{"kind":"convolution1D","in":3,"out":2,"kernel":0}]}"#,
        ] {
            guard case .badArchitecture = error({ $0.metadata["ductus.architecture"] = text }) else {
                Issue.record("accepted \(text)")
                continue
            }
        }
    }
}
