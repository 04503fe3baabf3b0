import ArgumentParser
import DuctusDecoding
import DuctusRandomness
import Foundation

/// Times the decoders on posteriors, from a file or made from a seed.
struct BenchmarkDecoder: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decoder", abstract: "Time best path and prefix beam search on one core.")

    @Option(help: "Probabilities as .npy, float32: frames x labels, or lines x frames x labels; blank first.")
    var posteriors: String?

    @Option(help: "Frames of the posteriors made where no file is given.")
    var frames = 190

    @Option(help: "Labels of the posteriors made, the blank among them.")
    var labels = 96

    @Option(help: "Seed of the posteriors made.")
    var seed: UInt64 = 1

    @Option(help: "Hypotheses kept.")
    var beam = 16

    @Option(help: "Labels less probable than this are not expanded.")
    var threshold: Float = 0.000912

    @Option(help: "Language model file to fuse with.")
    var languageModel: String?

    @Option(help: "Timed repetitions; the median is reported.")
    var repeats = 30

    @Flag(help: "Include every line's text, as labels, and its CTC log probability within the beam.")
    var texts = false

    @Flag(help: "Print one JSON object.")
    var json = false

    struct Report: Encodable {
        var lines, frames, labels, beam: Int
        var best_path_s, beam_s: Double
        var texts: [[Int]]?
        var ctc_log_probabilities: [Float]?
    }

    func validate() throws {
        guard frames > 0, labels > 1, beam > 0, repeats > 0 else {
            throw ValidationError("--frames, --beam and --repeats must be positive, --labels at least 2")
        }
    }

    func run() throws {
        let input = try posteriors.map { try ProbabilityFile(contentsOf: URL(filePath: $0)) } ?? simulated()
        let alphabet =
            input.labels == Alphabet.printableASCII.classCount
            ? .printableASCII : try Alphabet(symbols: (1..<input.labels).map { "<\($0)>" })
        var configuration = DecoderConfiguration()
        configuration.beamWidth = beam
        configuration.labelThreshold = log(threshold)
        let model = try languageModel.map { try LanguageModel(contentsOf: URL(filePath: $0)) }
        let search = PrefixBeamSearch(alphabet: alphabet, configuration: configuration, languageModel: model)
        var path = BestPath()
        let lines = input.logarithms()
        let stride = input.frames * input.labels
        try lines.withUnsafeBufferPointer { buffer in
            func line(_ index: Int) -> Posteriors {
                Posteriors(
                    UnsafeBufferPointer(rebasing: buffer[(index * stride)..<((index + 1) * stride)]),
                    frames: input.frames,
                    labels: input.labels)
            }
            let bestPathSeconds = median {
                path.reset()
                path.advance(line(0))
            }
            let beamSeconds = median {
                search.reset()
                search.advance(line(0))
                _ = search.hypotheses(atEnd: true)
            }
            var report = Report(
                lines: input.lines, frames: input.frames, labels: input.labels, beam: beam,
                best_path_s: bestPathSeconds,
                beam_s: beamSeconds)
            if texts {
                let readings = (0..<input.lines).map { index in
                    search.reset()
                    search.advance(line(index))
                    return search.hypotheses(atEnd: true)[0]
                }
                report.texts = readings.map(\.labels)
                report.ctc_log_probabilities = readings.map(\.ctcLogProbability)
            }
            if json {
                try printJSON(report)
            } else {
                print(
                    String(format: "best path %.3f ms, beam %d %.3f ms", bestPathSeconds * 1e3, beam, beamSeconds * 1e3)
                )
            }
        }
    }

    private func median(_ body: () -> Void) -> Double {
        body()
        let seconds = (0..<repeats).map { _ in
            let duration = ContinuousClock().measure(body)
            return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
        }
        return seconds.sorted()[repeats / 2]
    }

    /// Mostly blanks, with a right and a wrong symbol every six frames, as the peer's script makes them.
    private func simulated() -> ProbabilityFile {
        var generator = SplitMix64(seed: seed)
        var logits = (0..<(frames * labels)).map { $0 % labels == 0 ? 6 : generator.normal() }
        for frame in stride(from: 3, to: frames - 2, by: 6) {
            let right = Int.random(in: 1..<labels, using: &generator)
            let wrong = Int.random(in: 1..<labels, using: &generator)
            for (later, share) in [(0, Float(1)), (1, Float(0.6))] {
                logits[(frame + later) * labels + right] += 9 * share
                logits[(frame + later) * labels + wrong] += Float.random(in: 3..<9, using: &generator) * share
            }
        }
        for frame in 0..<frames {
            let row = (frame * labels)..<((frame + 1) * labels)
            let sum = logits[row].reduce(0) { $0 + exp($1) }
            for index in row { logits[index] = exp(logits[index]) / sum }
        }
        return ProbabilityFile(lines: 1, frames: frames, labels: labels, values: logits)
    }
}

/// Arrays of probabilities in NumPy's file format.
struct ProbabilityFile {
    enum Fault: BadInput, CustomStringConvertible {
        case unusable(String, reason: String)

        var description: String {
            switch self {
            case .unusable(let path, let reason):
                "\(path): \(reason); write float32 probabilities with numpy.save, frames x labels or lines x frames x labels"
            }
        }
    }

    let lines: Int
    let frames: Int
    let labels: Int
    let values: [Float]

    init(lines: Int, frames: Int, labels: Int, values: [Float]) {
        self.lines = lines
        self.frames = frames
        self.labels = labels
        self.values = values
    }

    /// Reads an array of two or three dimensions.
    init(contentsOf url: URL) throws {
        let data = try Data(contentsOf: url, options: .alwaysMapped)
        func fault(_ reason: String) -> Fault { .unusable(url.path, reason: reason) }
        guard data.count >= 12, data.starts(with: [0x93] + Array("NUMPY".utf8)) else { throw fault("not an .npy file") }
        let isFirstVersion = data[6] == 1
        let start = isFirstVersion ? 10 : 12
        let length = (8..<start).reversed().reduce(0) { $0 << 8 | Int(data[$1]) }
        guard start + length <= data.count else { throw fault("its header is cut off") }
        let header = String(decoding: data[start..<(start + length)], as: UTF8.self)
        guard header.contains("'<f4'"), header.contains("'fortran_order': False") else {
            throw fault("not row-major float32")
        }
        guard let match = header.firstMatch(of: /'shape': \(([0-9, ]+)\)/) else { throw fault("it has no shape") }
        let shape = match.1.split(whereSeparator: { $0 == "," || $0 == " " }).compactMap { Int($0) }
        guard shape.count == 2 || shape.count == 3, shape.allSatisfy({ (1...1_000_000).contains($0) }),
            shape[shape.count - 1] > 1
        else { throw fault("its shape is \(match.1)") }
        let (first, overflow) = shape.dropFirst().reduce((shape[0], false)) { product, size in
            let (value, overflow) = product.0.multipliedReportingOverflow(by: size)
            return (value, product.1 || overflow)
        }
        guard !overflow, data.count - start - length == first * 4 else {
            throw fault("its size does not fit its shape")
        }
        lines = shape.count == 3 ? shape[0] : 1
        frames = shape[shape.count - 2]
        labels = shape[shape.count - 1]
        values = data[(start + length)...].withUnsafeBytes { bytes in
            (0..<first).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
        }
    }

    /// Natural logarithms, nothing below e^-80.
    func logarithms() -> [Float] {
        values.map { log(max($0, 1e-35)) }
    }
}
