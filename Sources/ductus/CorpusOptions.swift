import DuctusFoundations
import DuctusDocuments
import ArgumentParser
import DuctusDecoding
import DuctusInk
import Foundation

extension TranscriptStyle: ExpressibleByArgument {}

/// The text that a language model learns from, of either kind.
struct CorpusOptions: ParsableArguments {
    @Argument(
        help: "Text files, one paragraph or line per line, plain or gzip; folders stand for their .txt files.")
    var texts: [String] = []

    @Flag(help: "Cut paragraphs into pieces like handwritten lines, beginning anywhere in a sentence.")
    var pieces = false

    @Option(help: "Shortest piece in characters.")
    var shortest = 15

    @Option(help: "Longest piece in characters.")
    var longest = 60

    @Option(help: "Share of the paragraphs that --pieces leaves whole, 0 to 1.")
    var whole: Float = 0

    @Option(help: "Style of the transcripts that the model is for: \(TranscriptStyle.allCases.map(\.rawValue)).")
    var tokenize: TranscriptStyle = .plain

    @Option(help: "Labelled lines (.ndjson, .ndjson.gz) or plain lines, whose text is taken as it is.")
    var transcripts: [String] = []

    @Option(help: "How often each transcript counts.")
    var copies = 5

    @Option(help: "Keep every so-manieth text file, by name, out of the training.")
    var keepOut: Int?

    @Option(help: "Seed of the cutting.")
    var seed: UInt64 = 1

    func validate() throws {
        guard !texts.isEmpty || !transcripts.isEmpty else {
            throw ValidationError("give at least one text or --transcripts")
        }
        if let labelled = texts.first(where: { $0.hasSuffix(".ndjson") || $0.hasSuffix(".ndjson.gz") }) {
            throw ValidationError(
                "\(labelled) holds labelled lines and not text: name it behind --transcripts, which takes one file and may be repeated"
            )
        }
        guard shortest > 0, shortest <= longest else { throw ValidationError("--shortest above --longest") }
        guard copies > 0 else { throw ValidationError("--copies must be at least 1") }
        guard (0...1).contains(whole) else { throw ValidationError("--whole is a share from 0 to 1") }
        guard keepOut.map({ $0 > 1 }) ?? true else { throw ValidationError("--keep-out must be at least 2") }
    }

    /// The text to learn from.
    func training(alphabet: Alphabet) throws -> TextCorpus {
        var corpus = try empty(alphabet)
        try add(files().learned, to: &corpus)
        for file in transcripts {
            for text in try transcriptTexts(file) { corpus.addTranscript(text, copies: copies) }
        }
        if corpus.droppedCount > 0 {
            Terminal.error("left out \(corpus.droppedCount) characters that are not in the alphabet")
        }
        return corpus
    }

    /// The files kept out, cut and written like the others.
    func keptOut(alphabet: Alphabet) throws -> TextCorpus {
        var corpus = try empty(alphabet)
        try add(files().keptOut, to: &corpus)
        return corpus
    }

    private func empty(_ alphabet: Alphabet) throws -> TextCorpus {
        try TextCorpus(
            alphabet: alphabet, cutting: pieces ? .pieces(of: shortest...longest, whole: whole) : .whole,
            style: tokenize, seed: seed)
    }

    private func add(_ files: [URL], to corpus: inout TextCorpus) throws {
        for file in files {
            try forEachLine(of: file) { corpus.add($0) }
        }
    }

    private func files() throws -> (learned: [URL], keptOut: [URL]) {
        let all = try texts.flatMap(textFiles)
        guard let keepOut else { return (all, []) }
        let isKeptOut = { (index: Int) in index % keepOut == keepOut - 1 }
        return (
            all.indices.filter { !isKeptOut($0) }.map { all[$0] }, all.indices.filter(isKeptOut).map { all[$0] }
        )
    }
}

/// The texts of labelled lines, or the lines of a text file.
func transcriptTexts(_ path: String) throws -> [String] {
    if path.hasSuffix(".ndjson") || path.hasSuffix(".ndjson.gz") {
        return try JSONLines.read(URL(filePath: path)).compactMap(\.text)
    }
    var lines: [String] = []
    try forEachLine(of: URL(filePath: path)) { lines.append($0) }
    return lines
}

/// A file itself, or the .txt and .txt.gz files of a folder by name.
func textFiles(_ path: String) throws -> [URL] {
    let url = URL(filePath: path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return [url] }
    return try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
        .filter { $0.path.hasSuffix(".txt") || $0.path.hasSuffix(".txt.gz") }
        .sorted { $0.path < $1.path }
}

/// Reads a text file line by line.
func forEachLine(of file: URL, _ body: (String) throws -> Void) throws {
    let reader = try LineReader(file)
    while let line = try reader.next() { try body(String(decoding: line, as: UTF8.self)) }
}
