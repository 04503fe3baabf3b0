import ArgumentParser
import DuctusAdaptation
import DuctusDecoding
import DuctusDocuments
import DuctusFoundations
import DuctusInk
import DuctusNetwork
import DuctusRecognition
import DuctusTraining
import Foundation

struct CalibrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Fit a model folder's decoder weights and confidences to lines of people it was not trained on.",
        discussion: """
            Tries weights for the language model, the symbol bonus and the word list, keeps those with the least character error \
            rate over all lines of --data together; does the same for the recurrent language model, if the folder has one; then fits what turns raw confidences into probabilities, for both decoders. With \
            --fisher alone these stay as they are.
            """)

    @Option(help: "Model folder.")
    var model: String

    @Option(name: .customLong("data"), parsing: .upToNextOption, help: "Labelled lines.")
    var data: [String] = []

    @Option(
        help:
            "Find out how much each weight matters for these lines, which it was trained on (Fisher diagonal), as `train` does at its end."
    )
    var fisher: String?

    @Option(help: "Use only the first lines of each file.")
    var limit: Int?

    @Flag(help: "Leave the weights of the beam search as they are.")
    var keepDecoder = false

    @Option(help: "Hypotheses kept after each frame.")
    var beamWidth = 16

    @Option(help: "Threads.", transform: ThreadCount.parse)
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        guard !data.isEmpty || fisher != nil else {
            throw ValidationError("nothing to do: give --data, or --fisher, or both")
        }
    }

    func run() throws {
        let folder = URL(filePath: model)
        if let fisher {
            let model = try Model(contentsOf: folder)
            let segments = try InkFile.read(URL(filePath: fisher)).filter { $0.text != nil }.map {
                LabelledSegment(AdaptationStudy.prepared($0))
            }
            guard !segments.isEmpty else { throw ValidationError("--fisher: \(fisher) has no labelled line") }
            let corpus = try model.corpus(of: segments, threads: threads)
            try Model.write(
                importance: FisherDiagonal.importance(in: model.network, for: corpus), of: model.network, to: folder)
        }
        if !data.isEmpty { try calibrate(folder) }
    }

    private func calibrate(_ folder: URL) throws {
        var model = try Model(contentsOf: folder).with(calibration: .init())
        let lines = try data.flatMap { path in
            let lines = try InkFile.read(URL(filePath: path))
            return limit.map { Array(lines.prefix($0)) } ?? lines
        }
        if model.languageModel != nil {
            if !keepDecoder { model = model.with(decoder: try bestDecoder(for: model, on: lines)) }
            if model.recurrentLanguageModel != nil { model = model.with(decoder: try rescoring(for: model, on: lines)) }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(model.decoder).write(
                to: folder.appending(path: Model.File.decoder), options: .atomic)
        }
        var calibrations = Calibrations()
        for decoding in Recognizer.Decoding.allCases {
            let evaluation = try Evaluation.run(model, on: lines, decoding: decoding, threads: threads)
            calibrations.fit(decoding, to: evaluation)
            Terminal.error("\(decoding.rawValue): character error rate \(percent(evaluation.cer))")
        }
        try TrainingFolder(folder).write(model.with(calibration: calibrations))
    }

    /// Adds the weights of the recurrent language model, where they help.
    private func rescoring(for model: Model, on lines: [InkLine]) throws -> DecoderConfiguration {
        let fit = try RescoringFit.run(model, on: lines, threads: threads)
        var decoder = model.decoder
        decoder.rescoring = fit.error < fit.searchedError ? fit.weights : nil
        Terminal.error(
            "finished lines: \(percent(fit.searchedError)) as the search ranks, \(percent(fit.error)) with "
                + String(
                    format: "n-gram weight %.2f, recurrent weight %.2f, symbol bonus %.2f",
                    fit.weights.languageWeight, fit.weights.recurrentWeight, fit.weights.symbolBonus)
                + "; the best of each line's readings would give \(percent(fit.bestPossibleError))")
        return decoder
    }

    /// Coordinate search over the weights that matter.
    private func bestDecoder(for model: Model, on lines: [InkLine]) throws -> DecoderConfiguration {
        var best = model.decoder
        best.beamWidth = beamWidth
        best.rescoring = nil
        var paths = [\DecoderConfiguration.languageWeight, \DecoderConfiguration.symbolBonus]
        if model.lexicon != nil { paths += [\.wordBonus, \.unknownWordPenalty] }
        var error = try errorRate(model, best, lines)
        for round in 0..<2 {
            let step: Float = round == 0 ? 0.2 : 0.1
            for path in paths {
                for direction: Float in [1, -1] {
                    var candidate = best
                    candidate[keyPath: path] += direction * step
                    while candidate[keyPath: path] >= 0 {
                        let found = try errorRate(model, candidate, lines)
                        guard found < error else { break }
                        (best, error) = (candidate, found)
                        candidate[keyPath: path] += direction * step
                    }
                }
            }
        }
        return best
    }

    private func errorRate(_ model: Model, _ decoder: DecoderConfiguration, _ lines: [InkLine]) throws -> Double {
        let error = try Evaluation.run(
            model.with(decoder: decoder), on: lines, decoding: .beam, threads: threads
        ).cer
        Terminal.error(
            String(
                format: "language weight %.2f, symbol bonus %.2f, known words %.2f, unknown words -%.2f: ",
                decoder.languageWeight, decoder.symbolBonus, decoder.wordBonus, decoder.unknownWordPenalty)
                + percent(error))
        return error
    }
}
