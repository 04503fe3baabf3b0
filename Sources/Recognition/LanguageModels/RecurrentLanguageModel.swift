import DuctusDecoding
import DuctusNetwork
import Foundation

/// A recurrent network that predicts the next character of a line from all those before it (Mikolov et al. 2010; Graves 2013).
///
/// Its classes are the characters of its alphabet, numbered from 1, and the line's boundary, number 0, which begins and ends a line. The
/// network reads one character per frame, one-hot (or its number, where the first layer is an embedding), and gives the natural log
/// probabilities of what follows.
///
/// Immutable, so any number of threads may use it, each with a workspace of its own.
public final class RecurrentLanguageModel: Sendable {
    /// The network from a symbol to the probabilities of the next.
    public let network: Network
    /// The characters that it can predict, in the order of their numbers.
    public let alphabet: Alphabet

    /// Classes: the characters and the line's boundary.
    public var classCount: Int { alphabet.symbols.count + 1 }

    /// - Throws: `ArchitectureError.outOfRange` where the network's widths are not those of the alphabet.
    public init(network: Network, alphabet: Alphabet) throws {
        let classes = alphabet.symbols.count + 1
        guard network.architecture.output == classes else {
            throw ArchitectureError.outOfRange(layer: nil, what: "output", value: network.architecture.output)
        }
        guard network.architecture.input == classes || network.architecture.input == 1 else {
            throw ArchitectureError.outOfRange(layer: nil, what: "input", value: network.architecture.input)
        }
        self.network = network
        self.alphabet = alphabet
    }

    /// Adds the frames that show `symbols` to the network, one frame each.
    public static func append(
        _ symbols: some Sequence<LanguageSymbol>, to frames: inout [Float], width: Int
    ) {
        for symbol in symbols {
            if width == 1 {
                frames.append(Float(symbol))
            } else {
                let first = frames.count
                frames.append(contentsOf: repeatElement(0, count: width))
                frames[first + Int(symbol)] = 1
            }
        }
    }

    /// The numbers of a text's characters; those that the alphabet lacks are left out.
    public func encode(_ text: String) -> [LanguageSymbol] {
        text.compactMap { alphabet.label(of: String($0)).map { LanguageSymbol($0) } }
    }
}

extension RecurrentLanguageModel {
    /// The metadata of a weight file that holds a language model.
    enum Key {
        static let task = "ductus.task"
        static let alphabet = "ductus.alphabet"
        static let taskName = "language-model"
    }

    /// Whether a file begins like a weight file; n-gram files begin otherwise.
    public static func isWeightFile(_ url: URL) -> Bool { url.pathExtension == "safetensors" }

    /// Opens a weight file whose task is `language-model`.
    ///
    /// - Throws: `ModelError`, which names the file and the fault.
    public convenience init(
        contentsOf url: URL, precision: Precision = .fp32, instructionSet: InstructionSet? = nil
    ) throws {
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw ModelError.unusable(path: url.path, reason: "there is no such file")
        }
        func unusable(_ reason: String) -> ModelError { .unusable(path: url.path, reason: reason) }
        let file: WeightFile
        do {
            file = try WeightFile(contentsOf: url)
        } catch {
            throw unusable("\(error)")
        }
        guard file.metadata[Key.task] == Key.taskName else {
            throw unusable("its task is not \(Key.taskName); make one with `ductus language-model train`")
        }
        guard let json = file.metadata[Key.alphabet],
            let alphabet = try? JSONDecoder().decode(Alphabet.self, from: Data(json.utf8))
        else { throw unusable("its metadata lack a usable \(Key.alphabet)") }
        do {
            try self.init(
                network: Network(file, precision: precision, instructionSet: instructionSet), alphabet: alphabet)
        } catch {
            throw unusable("\(error)")
        }
    }

    /// The model as a weight file.
    public static func weightFile(
        architecture: Architecture, parameters: [Float], alphabet: Alphabet, extras: [String: Tensor] = [:],
        metadata: [String: String] = [:]
    ) throws -> WeightFile {
        let json = String(decoding: try JSONEncoder().encode(alphabet), as: UTF8.self)
        return WeightFile(
            architecture: architecture, parameters: parameters, extras: extras,
            metadata: metadata.merging([Key.task: Key.taskName, Key.alphabet: json]) { $1 })
    }
}

extension RecurrentLanguageModel {
    /// The natural log probability of each line: of its characters, and of its end.
    ///
    /// - Parameter framesPerBatch: lines are read together until they have so many characters.
    public func logProbabilities(
        of lines: [[LanguageSymbol]], workspace: Workspace, framesPerBatch: Int = 4096
    ) throws -> [Double] {
        try characterLogProbabilities(of: lines, workspace: workspace, framesPerBatch: framesPerBatch).map {
            $0.reduce(0, +)
        }
    }

    /// The natural log probability of each character of each line, and last of its end.
    public func characterLogProbabilities(
        of lines: [[LanguageSymbol]], workspace: Workspace, framesPerBatch: Int = 4096
    ) throws -> [[Double]] {
        var result = [[Double]](repeating: [], count: lines.count)
        let order = lines.indices.sorted { (lines[$0].count, $0) < (lines[$1].count, $1) }
        var batch = Batch(dimension: network.architecture.input)
        var members: [Int] = []
        func read() throws {
            let output = try network.forward(batch, workspace: workspace)
            for (place, line) in members.enumerated() {
                let values = output[place].values
                result[line] = (lines[line] + [.boundary]).enumerated().map { frame, symbol in
                    Double(values[frame * classCount + Int(symbol)])
                }
            }
            batch.removeAll()
            members.removeAll(keepingCapacity: true)
        }
        for line in order {
            var frames: [Float] = []
            Self.append([.boundary] + lines[line], to: &frames, width: network.architecture.input)
            batch.append(frames)
            members.append(line)
            if batch.frameCount >= framesPerBatch { try read() }
        }
        if !members.isEmpty { try read() }
        return result
    }

    /// Cross-entropy over lines: bits per character, the ends of lines scored and counted as characters.
    public func bitsPerCharacter(lines: [String]) throws -> Double {
        let encoded = lines.map(encode)
        let characters = encoded.reduce(0) { $0 + $1.count + 1 }
        let sum = try logProbabilities(of: encoded, workspace: Workspace()).reduce(0, +)
        return characters == 0 ? 0 : -sum / log(2.0) / Double(characters)
    }
}
