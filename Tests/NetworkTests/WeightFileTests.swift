import Foundation
import Network
import Randomness
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
        for text in ["", "{}", #"{"input":3,"layers":[{"kind":"magic"}]}"#, #"{"input":3,"layers":[]}"#,
            #"{"input":3,"layers":[{"kind":"linear","in":3,"out":9223372036854775807}]}"#,
            #"{"input":3,"layers":[{"kind":"convolution1D","in":3,"out":2,"kernel":0}]}"#]
        {
            guard case .badArchitecture = error({ $0.metadata["ductus.architecture"] = text }) else {
                Issue.record("accepted \(text)")
                continue
            }
        }
    }

    /// Seeded and aware of the format: changes of the header's text, its numbers, its length, the body, and their sizes.
    @Test func noDamageMakesTheReaderCrash() throws {
        let whole = [UInt8](try Self.sample().contents().encoded())
        let header = Int(whole[0]) | Int(whole[1]) << 8
        var generator = SplitMix64(seed: 20_24)
        var refused = 0
        let fragments = ["\"", "{", "}", "[", "]", ",", ":", "-1", "1e9", "18446744073709551616", "null", "\\u0000", "\\", "F16", "F64"]
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 8..<8 + header, using: &generator)
                switch Int.random(in: 0..<7, using: &generator) {
                case 0: bytes[min(place, bytes.count - 1)] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.replaceSubrange(
                    min(place, bytes.count)..<min(place + 1, bytes.count),
                    with: Array(fragments.randomElement(using: &generator)!.utf8))
                case 2: bytes.removeLast(Int.random(in: 0...bytes.count - 1, using: &generator))
                case 3: bytes[Int.random(in: 0..<min(8, bytes.count), using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                case 4:
                    // A digit of an offset or a shape.
                    if let digit = bytes.indices.dropFirst(place).first(where: { (0x30...0x39).contains(bytes[$0]) }) {
                        bytes[digit] = UInt8.random(in: 0x30...0x39, using: &generator)
                    }
                case 5: bytes.append(contentsOf: [UInt8](repeating: 0, count: Int.random(in: 1...9, using: &generator)))
                default:
                    if bytes.count > 8 + header {
                        bytes[Int.random(in: 8 + header..<bytes.count, using: &generator)] = 0xff
                    }
                }
                if bytes.count < 9 { break }
            }
            do throws(SafetensorsError) {
                let file = try WeightFile(Safetensors(bytes: bytes))
                // What is accepted is sound.
                #expect(file.parameters.count == file.architecture.parameterCount)
                #expect(file.parameters.allSatisfy { $0.isFinite })
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1000)
    }
}
