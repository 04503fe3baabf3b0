import DuctusDecoding
import DuctusRecognition
import Foundation
import Testing

/// A decoder of another module: reads as the best path does, the labels of the first symbol throughout.
private struct Parrot: StreamDecoder {
    private var path = BestPath()

    mutating func reset(precedingText: String) { path.reset() }
    mutating func advance(_ posteriors: Posteriors) { path.advance(posteriors) }

    func read(tail: Posteriors) -> (hypothesis: Hypothesis, stable: Int) {
        (repeated(path.read(tail: tail).hypothesis), 0)
    }

    func finish(limit: Int) -> [Hypothesis] { [repeated(path.hypothesis)] }
    var byteCount: Int { path.byteCount }

    private func repeated(_ hypothesis: Hypothesis) -> Hypothesis {
        var result = hypothesis
        for index in result.symbols.indices { result.symbols[index].label = 1 }
        return result
    }
}

extension Recognizer.Decoding {
    fileprivate static let parrot = register("parrot") { _ in Parrot() }
}

@Suite struct OpenDecodingTests {
    @Test func aDecoderOfAnotherModuleReadsByItsName() throws {
        let ink = scribble(strokes: 6, seed: 3)
        let recognized = try Recognizer(model: tinyModel(), decoding: .parrot).recognize(ink)
        let plain = try Recognizer(model: tinyModel(), decoding: .bestPath).recognize(ink)
        #expect(!plain.text.isEmpty)
        #expect(recognized.text == String(repeating: "a", count: plain.text.count))
        #expect(Recognizer.Decoding(rawValue: "parrot") == .parrot)
        #expect(Recognizer.Decoding.allCases.contains(.parrot))
        #expect(Recognizer.Decoding(rawValue: "no such decoder") == nil)
    }

    @Test func aTaskOfAnotherProgramTravelsWithItsModel() throws {
        let task = ModelTask(
            name: "chords", form: .transcription, loss: "ctc", decoder: "parrot", metric: "character-errors")
        let plain = try tinyModel()
        let model = Model(
            name: "tiny", network: plain.network, input: plain.input, task: task, alphabet: plain.alphabet,
            standardization: plain.standardization,
            script: Script(direction: .rightToLeft, wordSeparator: "", samples: ["ab"]))
        let read = try Model(model.weightFile(), name: "tiny", path: "tiny.safetensors")
        #expect(read.task == task && read.script == model.script)
        #expect(try plain.weightFile().metadata["ductus.task"] == "transcription")
        #expect(try plain.weightFile().metadata["ductus.script"] == nil)
    }

    @Test func anUnknownTaskIsRefusedByItsName() throws {
        var file = try tinyModel().weightFile()
        file.metadata["ductus.task"] = "juggling"
        let error = #expect(throws: ModelError.self) { try Model(file, name: "tiny", path: "tiny.safetensors") }
        #expect(error?.description.contains("juggling") == true)
        #expect(error?.description.contains("tiny.safetensors") == true)
    }

    @Test func wordsHaveWhatTheOtherReadingsHaveInTheirPlace() throws {
        let alphabet = Alphabet.printableASCII
        func hypothesis(_ text: String, score: Float) throws -> Hypothesis {
            let labels = try alphabet.encode(text)
            return Hypothesis(
                symbols: labels.enumerated().map {
                    ReadSymbol(label: $1, frames: (10 * $0)..<(10 * $0 + 2), confidence: 1)
                }, score: score, ctcLogProbability: score)
        }
        let readings = try [
            hypothesis("to be", score: log(0.5)), hypothesis("do be", score: log(0.3)),
            hypothesis("to he", score: log(0.2)),
        ]
        let symbols = readings[0].symbols.enumerated().map { index, symbol in
            RecognizedSymbol(
                text: alphabet.symbol(of: symbol.label), confidence: 1, frames: symbol.frames, samples: 0..<1,
                strokes: index..<(index + 1))
        }
        let recognition = Recognition(text: "to be", symbols: symbols, alternatives: [], frames: 50)
        let words = recognition.words(among: readings, alphabet: alphabet, separator: " ")
        #expect(words.map(\.text) == ["to", "be"])
        #expect(words.map(\.symbols) == [0..<2, 3..<5])
        #expect(words.map(\.strokes) == [0..<2, 3..<5])
        #expect(words[0].candidates.map(\.text) == ["to", "do"])
        #expect(words[1].candidates.map(\.text) == ["be", "he"])
        #expect(abs(words[0].candidates[0].probability - 0.7) < 1e-5)
        #expect(recognition.words(among: readings, alphabet: alphabet, separator: "").count == 5)
        #expect(Recognition.nothing.words(among: [], alphabet: alphabet, separator: " ").isEmpty)
    }

    @Test func wordsAreThoseOfTheText() throws {
        let recognizer = Recognizer(model: try tinyModel())
        let ink = scribble(strokes: 8, seed: 5)
        let plain = try recognizer.recognize(ink)
        #expect(plain.words.isEmpty)
        recognizer.wordCandidates = 3
        var found = try recognizer.recognize(ink)
        #expect(found.words.map(\.text) == plain.text.split(separator: " ").map(String.init))
        for word in found.words {
            #expect((1...3).contains(word.candidates.count))
            #expect(word.candidates.map(\.probability) == word.candidates.map(\.probability).sorted(by: >))
        }
        found.words = []
        #expect(found == plain)
    }
}
