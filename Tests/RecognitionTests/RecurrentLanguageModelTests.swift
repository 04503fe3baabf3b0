import DuctusDecoding
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import Foundation
import Testing

@Suite struct RecurrentLanguageModelTests {
    /// Large random weights over "a", "b" and the space: every text has a probability of its own.
    static func model(symbols: [String] = ["a", "b", " "], seed: UInt64 = 1) throws -> RecurrentLanguageModel {
        let classes = symbols.count + 1
        let architecture = Architecture(
            input: classes,
            layers: [
                .recurrent(.init(cell: .lstm, in: classes, hidden: 6, bidirectional: false)),
                .linear(.init(in: 6, out: classes)), .logSoftmax,
            ])
        var random = SplitMix64(seed: seed)
        let parameters = (0..<architecture.parameterCount).map { _ in random.normal(deviation: 1.5) }
        return try RecurrentLanguageModel(
            network: Network(architecture: architecture, parameters: parameters),
            alphabet: Alphabet(symbols: symbols))
    }

    @Test func linesInABatchAreAsLikelyAsCharacterByCharacter() throws {
        let model = try Self.model()
        let lines = ["", "a", "ab ba", "bbbbbbb", "a b a b"]
        let together = try model.characterLogProbabilities(
            of: lines.map(model.encode), workspace: Workspace(), framesPerBatch: 6)
        for (line, found) in zip(lines, together) {
            var predictor = RecurrentPredictor(model)
            for (symbol, logProbability) in zip(model.encode(line) + [.boundary], found) {
                #expect(abs(predictor.logProbabilities()[Int(symbol)] - logProbability) < 1e-5)
                predictor.append(symbol)
            }
            #expect(found.count == line.count + 1)
        }
    }

    @Test func probabilitiesOfAllContinuationsSumToOne() throws {
        var predictor = RecurrentPredictor(try Self.model(seed: 4))
        for symbol: LanguageSymbol in [1, 2, 3, 0, 2] {
            #expect(abs(predictor.logProbabilities().reduce(0) { $0 + exp($1) } - 1) < 1e-5)
            predictor.append(symbol)
        }
    }

    @Test func aFileGivesTheModelBack() throws {
        let model = try Self.model()
        let url = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID()).safetensors")
        defer { try? FileManager.default.removeItem(at: url) }
        try RecurrentLanguageModel.weightFile(
            architecture: model.network.architecture, parameters: model.network.parameters, alphabet: model.alphabet
        ).write(to: url)
        let read = try RecurrentLanguageModel(contentsOf: url)
        #expect(read.alphabet == model.alphabet)
        #expect(try read.bitsPerCharacter(lines: ["ab"]) == model.bitsPerCharacter(lines: ["ab"]))
        try tinyModel().weightFile().write(to: url)
        let error = #expect(throws: ModelError.self) { try RecurrentLanguageModel(contentsOf: url) }
        #expect(error?.description.contains("language-model train") == true)
    }

    @Test(arguments: 0..<8) func finishedLinesAreRankedByBothModels(seed: Int) throws {
        let alphabet = try Alphabet(symbols: ["a", "b", " "])
        let recurrent = try Self.model(seed: UInt64(seed))
        var configuration = DecoderConfiguration()
        configuration.rescoring = .init(languageWeight: 0, recurrentWeight: 0.7, symbolBonus: 0.3)
        let plain = try tinyModel()
        let model = Model(
            name: "tiny", network: plain.network, input: plain.input, alphabet: alphabet,
            standardization: plain.standardization, decoder: configuration, recurrentLanguageModel: recurrent)
        let ink = scribble(strokes: 5, seed: UInt64(seed))
        let (searched, ranked) = (Recognizer(model: plain), Recognizer(model: model))
        (searched.alternatives, ranked.alternatives) = (16, 16)
        for preceding in ["", "a", "ba a"] {
            let before = try searched.recognize(ink, precedingText: preceding).alternatives
            let after = try ranked.recognize(ink, precedingText: preceding).alternatives
            #expect(Set(before.map(\.text)) == Set(after.map(\.text)))
            #expect(after.map(\.score) == after.map(\.score).sorted(by: >))
            for reading in before {
                var predictor = RecurrentPredictor(recurrent)
                recurrent.encode(preceding).forEach { predictor.append($0) }
                var logProbability = 0.0
                for symbol in recurrent.encode(reading.text) + [.boundary] {
                    logProbability += predictor.logProbabilities()[Int(symbol)]
                    predictor.append(symbol)
                }
                let expected = Double(reading.score) + 0.7 * logProbability + 0.3 * Double(reading.text.count)
                let found = try #require(after.first { $0.text == reading.text })
                #expect(abs(Double(found.score) - expected) < 1e-3)
            }
        }
    }

    @Test func partialsAreNotRankedAnew() throws {
        var configuration = DecoderConfiguration()
        configuration.rescoring = .init(languageWeight: 0, recurrentWeight: 5, symbolBonus: 0)
        let plain = try tinyModel()
        let model = plain.with(recurrentLanguageModel: try Self.model()).with(decoder: configuration)
        var (one, other) = (
            Recognizer.Decoding.beam.decoder(for: plain), Recognizer.Decoding.beam.decoder(for: model)
        )
        let rows = (0..<12).flatMap { frame in (0..<4).map { log(Float($0 == frame % 4 ? 0.7 : 0.1)) } }
        Posteriors.withView(of: rows, labels: 4) { whole in
            one.advance(whole[0..<6])
            other.advance(whole[0..<6])
            #expect(one.read(tail: whole[6..<12]).hypothesis == other.read(tail: whole[6..<12]).hypothesis)
        }
    }

    @Test func theProbeFindsTheUnitThatFollowsTheText() throws {
        let model = try Self.model(symbols: ["a", "\"", " "])
        let lines = ["a\"aa\"a", "\"a\" a", "aa a"]
        #expect(UnitProbe.Property.quotation.values(along: lines[0]) == [0, 0, 1, 1, 1, 0, 0])
        #expect(UnitProbe.Property.wordPosition.values(along: "ab c") == [0, 1, 2, 0, 1])
        #expect(UnitProbe.Property.linePosition.values(along: "ab") == [0, 1, 2])
        for property in UnitProbe.Property.allCases {
            let probe = try UnitProbe(model, lines: lines, property: property)
            let others = try (0..<6).map { try UnitProbe(model, lines: lines, property: property, unit: $0) }
            #expect(abs(probe.correlation) == others.map { abs($0.correlation) }.max())
            #expect(probe.values.map(\.count) == lines.map { $0.count + 1 })
            let svg = probe.drawing(title: "unit <\(probe.unit)>").svg()
            #expect(svg.contains("unit &lt;") && svg.contains("&quot;"))
        }
        #expect(throws: LanguageModelFault.noText) { try UnitProbe(model, lines: ["zz"], property: .quotation) }
    }
}
