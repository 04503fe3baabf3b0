import DuctusDecoding
import DuctusNetwork
import DuctusRecognition
import Foundation
import Testing

@Suite struct ModelTests {
    private func inFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    @Test func aModelThatWasWrittenReadsTheSame() throws {
        try inFolder { folder in
            let model = try tinyModel()
            try model.weightFile().write(to: folder.appending(path: Model.File.weights))
            let loaded = try Model(contentsOf: folder)
            #expect(loaded.alphabet == model.alphabet)
            #expect(loaded.input == model.input)
            #expect(loaded.network.parameters == model.network.parameters)
            let ink = scribble(strokes: 5, seed: 2)
            let (before, after) = (Recognizer(model: model), Recognizer(model: loaded))
            #expect(try before.recognize(ink) == after.recognize(ink))
        }
    }

    @Test func aFolderBringsItsDecoder() throws {
        try inFolder { folder in
            try tinyModel().weightFile().write(to: folder.appending(path: Model.File.weights))
            try Data(#"{"beamWidth": 7}"#.utf8).write(to: folder.appending(path: Model.File.decoder))
            let model = try Model(contentsOf: folder)
            #expect(model.decoder.beamWidth == 7)
            #expect(model.decoder.languageWeight == DecoderConfiguration().languageWeight)
        }
    }

    @Test(arguments: [
        #"{"beamWidth": 0}"#, #"{"beamWidth": 1000000000}"#, #"{"symbolBonus": 1e30}"#, #"{"blankThreshold": 2}"#,
    ])
    func aDecoderThatNoSearchCouldWorkWithIsRefused(json: String) throws {
        try inFolder { folder in
            try tinyModel().weightFile().write(to: folder.appending(path: Model.File.weights))
            try Data(json.utf8).write(to: folder.appending(path: Model.File.decoder))
            let error = #expect(throws: ModelError.self) { try Model(contentsOf: folder) }
            #expect("\(error!)".contains("decoder.json") && "\(error!)".contains("write a number from"))
        }
    }

    @Test func aFolderTellsHowMuchItsWeightsMatter() throws {
        try inFolder { folder in
            let model = try tinyModel()
            try model.weightFile().write(to: folder.appending(path: Model.File.weights))
            #expect(try Model(contentsOf: folder).importance() == nil)
            var importance = (0..<model.network.layout.count).map { Float($0 % 7) / 4 }
            importance[0] = 1e9
            try Model.write(importance: importance, of: model.network, to: folder)
            let read = try #require(try Model(contentsOf: folder).importance())
            #expect(read.dropFirst() == importance.dropFirst() && read[0] == Float(Float16.greatestFiniteMagnitude))
            // Another generation is held by the same.
            #expect(try Model(contentsOf: folder).with(network: model.network).importance() == read)
            // So is one that a pipeline reads without the language model.
            #expect(try Model(contentsOf: folder).withoutLanguageModel().importance() == read)
        }
    }

    @Test func anImportanceOfAnotherNetworkIsRefusedByName() throws {
        try inFolder { folder in
            let model = try tinyModel()
            try model.weightFile().write(to: folder.appending(path: Model.File.weights))
            let file = folder.appending(path: Model.File.importance)
            let other = Architecture(input: 2, layers: [.linear(.init(in: 2, out: 3))])
            for faulty in [
                WeightFile(architecture: other, parameters: [Float](repeating: 1, count: 9)),
                WeightFile(
                    architecture: model.network.architecture,
                    parameters: [Float](repeating: -1, count: model.network.layout.count)),
            ] {
                try faulty.write(to: file)
                let error = #expect(throws: ModelError.self) { try Model(contentsOf: folder).importance() }
                #expect("\(error!)".contains(Model.File.importance) && "\(error!)".contains("calibrate --fisher"))
            }
            try Data("?".utf8).write(to: file)
            #expect(throws: ModelError.self) { try Model(contentsOf: folder).importance() }
        }
    }

    @Test func aFolderBringsItsWordsAndAUserAddsMore() throws {
        try inFolder { folder in
            try tinyModel().weightFile().write(to: folder.appending(path: Model.File.weights))
            try Data("ab\t1\n".utf8).write(to: folder.appending(path: Model.File.lexicon))
            let own = folder.appending(path: "own.txt")
            try Data("ba\n".utf8).write(to: own)
            let model = try Model(contentsOf: folder)
            #expect(model.lexicon?.contains("ab") == true && model.lexicon?.contains("ba") == false)
            let extended = try model.with(wordsOf: own)
            #expect(extended.lexicon == model.lexicon && extended.personalWords?.contains("ba") == true)
            #expect(extended.with(network: model.network).personalWords == extended.personalWords)
        }
    }

    @Test func whatIsNotThereIsNamed() {
        #expect(throws: ModelError.missing(path: "/nonexistent/model")) {
            try Model(contentsOf: URL(filePath: "/nonexistent/model"))
        }
    }

    @Test(arguments: ["ductus.features", "ductus.alphabet"])
    func metadataThatIsMissingOrBrokenIsNamed(key: String) throws {
        for broken in [nil, "{", "[]"] as [String?] {
            var file = try tinyModel().weightFile()
            file.metadata[key] = broken
            #expect { try Model(file, name: "m", path: "m.safetensors") } throws: { error in
                "\(error)".contains("m.safetensors") && "\(error)".contains(key)
            }
        }
    }

    @Test func anAlphabetOfAnotherSizeIsRefused() throws {
        var file = try tinyModel().weightFile()
        file.metadata["ductus.alphabet"] = #"["a", "b"]"#
        #expect { try Model(file, name: "m", path: "m") } throws: { "\($0)".contains("gives 4 classes") }
    }

    @Test func standardizationOfAnotherWidthIsRefused() throws {
        var file = try tinyModel().weightFile()
        file.extras["features.mean"] = Tensor(shape: [2], values: [0, 0])
        #expect { try Model(file, name: "m", path: "m") } throws: { "\($0)".contains("features.mean") }
    }

    @Test func aGenerationSharesEverythingButTheWeights() throws {
        let (base, other) = (try tinyModel(seed: 1), try tinyModel(seed: 2))
        let generation = base.with(network: other.network)
        #expect(generation.network === other.network)
        #expect(generation.alphabet == base.alphabet)
        #expect(generation.standardization == base.standardization)
    }
}
