import ArgumentParser
import DuctusInk
import DuctusRecognition
import Foundation

struct RecognizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recognize", abstract: "Read the ink in files: JSON lines, InkML or UNIPEN, also gzip-compressed.")

    @Argument(help: "Files of ink.")
    var files: [String]

    @OptionGroup var options: ModelOptions

    @Flag(help: "One JSON object per line of ink.")
    var json = false

    func run() throws {
        let recognizer = Recognizer(model: try options.load(), decoding: options.decoding)
        for file in files {
            for line in try InkFile.read(URL(filePath: file)) {
                let recognized = try recognizer.recognize(line.strokes)
                if json {
                    try printJSON(RecognitionOutput(file: file, line: line, recognized))
                } else {
                    print(recognized.text)
                }
            }
        }
    }
}

/// What `recognize --json` prints for each line of ink.
struct RecognitionOutput: Encodable {
    struct Symbol: Encodable {
        var text: String
        var confidence: Float
        /// First and one past the last: samples over all strokes, strokes of the line.
        var samples, strokes: [Int]
    }

    struct Alternative: Encodable {
        var text: String
        var score: Float
    }

    var file, id, text: String
    var reference: String?
    var confidence: Float
    var symbols: [Symbol]
    var alternatives: [Alternative]

    init(file: String, line: InkLine, _ recognized: Recognition) {
        self.file = file
        id = line.id
        text = recognized.text
        reference = line.text
        let count = Float(max(1, recognized.symbols.count))
        confidence = recognized.symbols.reduce(0) { $0 + $1.confidence } / count
        symbols = recognized.symbols.map {
            Symbol(
                text: $0.text, confidence: $0.confidence, samples: [$0.samples.lowerBound, $0.samples.upperBound],
                strokes: [$0.strokes.lowerBound, $0.strokes.upperBound])
        }
        alternatives = recognized.alternatives.map { Alternative(text: $0.text, score: $0.score) }
    }
}
