import DuctusDecoding
import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import Foundation
import Testing

@Suite struct SequenceModelTests {
    private let workspace = Workspace()
    private let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID())")

    /// A model with large random weights: an encoder in both directions, its connectionist output, and a decoder with attention.
    private func model(search: SequenceSearch = .init(), score: Attention.Score = .additive) throws -> SequenceModel {
        let source = try Alphabet(symbols: ["x", "y"])
        let target = try Alphabet(symbols: ["a", "b"])
        let architecture = Architecture(
            input: 1, otherInputs: [1],
            layers: [
                .embedding(.init(count: source.classCount, out: 5)),
                .recurrent(.init(cell: .lstm, in: 5, hidden: 4)),
                .linear(.init(in: 8, out: 3)),
                .logSoftmax,
                Layer(Embedding(count: 3, out: 4), from: [.input(1)]),
                .recurrent(.init(cell: .lstm, in: 4, hidden: 6, bidirectional: false)),
                Layer(Attention(in: 6, memory: 8, width: 6, out: 6, score: score), from: [.layer(5), .layer(1)]),
                Layer(Concatenation(), from: [.layer(5), .layer(6)]),
                .linear(.init(in: 12, out: 3)),
                .logSoftmax,
            ], heads: [.init(name: SequenceModel.connectionistHead, layer: 3)])
        var random = SplitMix64(seed: 5)
        let parameters = (0..<architecture.parameterCount).map { _ in random.normal(deviation: 0.9) }
        return try SequenceModel(
            name: "tiny", network: Network(architecture: architecture, parameters: parameters), source: .text(source),
            alphabet: target, search: search)
    }

    /// The log probability of a text by one whole pass.
    private func wholePass(_ model: SequenceModel, _ text: [Int], _ frames: [Float]) throws -> Double {
        var (sources, written) = (Batch(dimension: 1), Batch(dimension: 1))
        sources.append(frames)
        written.append([0] + text.map(Float.init))
        let values = try model.network.forward(sources, others: [written], workspace: workspace)[0].values
        return (text + [0]).enumerated().reduce(0) { $0 + Double(values[$1.offset * 3 + $1.element]) }
    }

    /// All texts of up to so many symbols.
    private func texts(upTo length: Int) -> [[Int]] {
        var all: [[Int]] = [[]]
        var last = all
        for _ in 0..<length {
            last = last.flatMap { [$0 + [1], $0 + [2]] }
            all += last
        }
        return all
    }

    @Test(arguments: Attention.Score.allCases)
    func textsAreAsLikelyTogetherAsEachByItself(score: Attention.Score) throws {
        let model = try model(score: score)
        let frames = try model.source.frames(of: "xyyxy", model: model.name)
        let texts = texts(upTo: 3)
        let found = try SequenceReader(model).logProbabilities(of: texts, given: frames)
        for (text, logProbability) in zip(texts, found) {
            #expect(abs(logProbability - (try wholePass(model, text, frames))) < 1e-4)
        }
    }

    @Test(arguments: Attention.Score.allCases)
    func aWideBeamFindsTheLikeliestOfAllTexts(score: Attention.Score) throws {
        var search = SequenceSearch()
        search.beamWidth = 1024
        search.lengthPenalty = 0
        search.longest = 0  // and eight more
        let model = try model(search: search, score: score)
        let reader = SequenceReader(model)
        for source in ["xy", "yyyx", "x"] {
            let frames = try model.source.frames(of: source, model: model.name)
            let all = try texts(upTo: 8).map { ($0, try wholePass(model, $0, frames)) }
            let best = try #require(all.max { $0.1 < $1.1 })
            let found = try #require(try reader.read(frames).first)
            #expect(found.labels == best.0)
            #expect(abs(found.logProbability - best.1) < 1e-4)
        }
    }

    @Test func theConnectionistShareCountsAsInTheDefinition() throws {
        var search = SequenceSearch()
        search.beamWidth = 1024
        search.lengthPenalty = 0
        search.longest = 0
        search.connectionistShare = 0.4
        let model = try model(search: search)
        let frames = try model.source.frames(of: "xyxx", model: model.name)
        var (sources, written) = (Batch(dimension: 1), Batch(dimension: 1))
        sources.append(frames)
        written.append([0])
        let output = try model.network.forward(
            sources, others: [written], heads: [SequenceModel.connectionistHead], workspace: workspace)[0][0]
        let prefixes = ConnectionistPrefixes(Posteriors(output.values, frames: output.frames, labels: 3))
        let all = try texts(upTo: 8).map { text -> ([Int], Double) in
            let prefix = text.reduce(prefixes.empty) { prefixes.extending($0, by: $1) }
            return (text, 0.6 * (try wholePass(model, text, frames)) + 0.4 * prefix.endLogProbability)
        }
        let best = try #require(all.max { $0.1 < $1.1 })
        let found = try #require(try SequenceReader(model).read(frames).first)
        #expect(found.labels == best.0)
        #expect(abs(found.score - best.1) < 1e-4)
    }

    @Test func greedyTakesTheLikeliestSymbolEachTime() throws {
        var search = SequenceSearch()
        search.beamWidth = 1
        search.longest = 1
        let model = try model(search: search)
        let frames = try model.source.frames(of: "xyyxyxxy", model: model.name)
        var text: [Int] = []
        while text.count < 16 {
            var (sources, written) = (Batch(dimension: 1), Batch(dimension: 1))
            sources.append(frames)
            written.append([0] + text.map(Float.init))
            let values = try model.network.forward(sources, others: [written], workspace: workspace)[0].values
            let last = values.suffix(3)
            let label = try #require(last.indices.max { last[$0] < last[$1] }) - last.startIndex
            if label == 0 { break }
            text.append(label)
        }
        #expect(try SequenceReader(model).read(frames).first?.labels ?? text == text)
    }

    /// Texts that ended too early must not keep a better one from its end.
    @Test(arguments: [2, 3, 4, 8])
    func aBeamFindsNothingWorseThanGreedy(width: Int) throws {
        var search = SequenceSearch()
        search.longest = 2
        search.beamWidth = 1
        let greedy = SequenceReader(try model(search: search))
        search.beamWidth = width
        let beam = SequenceReader(try model(search: search))
        for source in ["x", "yx", "xyx", "yyxy", "xyxxy", "yyyyyy", "xyxyxyx", "xxyyxxyyx"] {
            let frames = try beam.model.source.frames(of: source, model: "tiny")
            let (found, easy) = (try #require(try beam.read(frames).first), try #require(try greedy.read(frames).first))
            #expect(found.score >= easy.score - 1e-6)
        }
    }

    @Test func lengthsStayWithinTheirBounds() throws {
        var search = SequenceSearch()
        (search.shortest, search.longest) = (1, 2)
        let model = try model(search: search)
        let reader = SequenceReader(model)
        for source in ["xyxy", "yyyyyy", "x"] {
            let frames = try model.source.frames(of: source, model: model.name)
            for reading in try reader.read(frames, limit: 4) {
                #expect((source.count...2 * source.count + 8).contains(reading.labels.count))
            }
        }
    }

    @Test func aSourceWithoutFramesIsReadToo() throws {
        let reader = SequenceReader(try model())
        #expect(try reader.read([]).count == 1)
        #expect(try reader.logProbabilities(of: [[], [1, 2]], given: []).allSatisfy { $0.isFinite && $0 < 0 })
        #expect(try reader.logProbabilities(of: [], given: [1]).isEmpty)
    }

    @Test func whatWasReadBeforeChangesNothing() throws {
        let model = try model()
        let reader = SequenceReader(model)
        let sources = try ["xy", "yyx", "xyxyxy"].map { try model.source.frames(of: $0, model: model.name) }
        let fresh = try sources.map { try SequenceReader(model).read($0, limit: 3) }
        for _ in 0..<2 {
            for (source, expected) in zip(sources, fresh) { #expect(try reader.read(source, limit: 3) == expected) }
        }
    }

    @Test func aFileGivesTheSameModel() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var search = SequenceSearch()
        search.beamWidth = 3
        let model = try model(search: search)
        let file = folder.appending(path: Model.File.weights)
        try model.weightFile().write(to: file)
        let read = try SequenceModel(contentsOf: folder)
        #expect(read.network.parameters == model.network.parameters)
        #expect(read.source == model.source && read.alphabet == model.alphabet && read.search == search)
        // It is no model that streams, and says so.
        let error = #expect(throws: ModelError.self) { try Model(contentsOf: folder) }
        #expect("\(try #require(error))".contains("ductus translate"))
        // And the other way round.
        try tinyModel().weightFile().write(to: file)
        #expect(try SequenceModel.file(at: folder) == nil)
        let other = #expect(throws: ModelError.self) { try SequenceModel(contentsOf: folder) }
        #expect("\(try #require(other))".contains("sequence-to-sequence"))
    }

    @Test func aSymbolThatWasNotInTheTrainingIsRefused() throws {
        let model = try model()
        #expect(throws: Alphabet.Fault.unknownSymbol("z", position: 2, text: "xyz")) {
            try model.source.frames(of: "xyz", model: model.name)
        }
    }
}

@Suite struct TextPairTests {
    private func read(_ text: String) throws -> [TextPair] {
        let file = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID()).tsv")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(text.utf8).write(to: file)
        return try TextPair.read(file)
    }

    @Test func aLineIsAPair() throws {
        #expect(
            try read("12\ttwelve\r\n\n3\tthree") == [
                .init(source: "12", target: "twelve"), .init(source: "3", target: "three"),
            ])
    }

    @Test(arguments: ["1\tone\n2 two\n", "1\tone\n2\ttwo\tzwei\n", "1\tone\n\ttwo\n", "1\tone\n2\t\n"])
    func anythingElseIsRefusedByItsLine(text: String) throws {
        let error = #expect(throws: (any Error).self) { try read(text) }
        #expect("\(try #require(error))".contains(":2:"))
    }
}
