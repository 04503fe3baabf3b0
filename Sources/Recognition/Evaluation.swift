import DuctusDecoding
import DuctusFoundations
import DuctusInk
import Foundation

/// The accuracy of a model on labelled ink.
///
/// Rates are fractions. CER is the edit distance over the number of reference characters, spaces included; WER the same over
/// words; ECE the expected calibration error of the symbols' confidences in 15 bins (Guo et al. 2017).
public struct Evaluation: Sendable {
    /// Lines that were read.
    public private(set) var lines = 0
    /// Characters of the references, spaces included.
    public private(set) var characters = 0
    /// Words of the references.
    public private(set) var words = 0
    /// Characters put in, left out or exchanged.
    public private(set) var characterEdits = 0
    /// Words put in, left out or exchanged.
    public private(set) var wordEdits = 0
    /// Feature vectors read.
    public private(set) var frames = 0
    /// Time spent reading, all threads together.
    public var seconds = 0.0
    /// The confidence of each recognized symbol.
    public private(set) var confidences: [Float] = []
    /// Whether the symbol is right, for each of `confidences`.
    public private(set) var isCorrect: [Bool] = []
    /// The extent of the reading that the symbol stands in, for each of `confidences`.
    public private(set) var extents: [Calibrations.Extent] = []
    /// How often a reference character (or nothing, for insertions) was read as another (or nothing, for deletions).
    public private(set) var confusions: [Confusion: Int] = [:]
    /// How often each word was read that the line's reference does not have.
    public private(set) var wrongWords: [String: Int] = [:]
    /// Edits and characters by source and writer.
    public private(set) var groups: [String: Group] = [:]

    /// A reference character and what was read in its place; empty for nothing.
    public struct Confusion: Hashable, Sendable {
        /// The character of the reference; empty for an insertion.
        public var reference: String
        /// The character that was read; empty for a deletion.
        public var recognized: String

        /// A part of the reference, and what was read in its place; either may be empty.
        public init(reference: String, recognized: String) {
            self.reference = reference
            self.recognized = recognized
        }
    }

    /// One writer's part of the errors.
    public struct Group: Sendable {
        /// Lines of the writer.
        public var lines = 0
        /// Characters of the references.
        public var characters = 0
        /// Characters put in, left out or exchanged.
        public var edits = 0
        /// Character error rate, a fraction.
        public var cer: Double { characters == 0 ? 0 : Double(edits) / Double(characters) }
    }

    /// An evaluation of no line.
    public init() {}

    /// Character error rate, a fraction.
    public var cer: Double { characters == 0 ? 0 : Double(characterEdits) / Double(characters) }
    /// Word error rate, a fraction.
    public var wer: Double { words == 0 ? 0 : Double(wordEdits) / Double(words) }
    /// Expected calibration error, a fraction.
    public var ece: Double {
        confidences.isEmpty ? 0 : expectedCalibrationError(confidences: confidences, correct: isCorrect, bins: 15)
    }

    /// Counts one line: its text, and what was read.
    ///
    /// - Parameter group: whose line it is, for example `unipen/aga u1`.
    public mutating func add(reference: String, recognized: Recognition, group: String? = nil) {
        let expected = reference.map(String.init)
        let found = recognized.symbols.map(\.text)
        let extent = Calibrations.Extent(symbols: found.count, hasSeparator: found.contains(" "))
        extents += found.map { _ in extent }
        var edits = 0
        var next = 0
        for edit in EditDistance.alignment(expected, found) {
            switch edit {
            case .match:
                score(recognized.symbols[next], isRight: true)
                next += 1
            case .substitution(let reference, let read):
                confusions[Confusion(reference: reference, recognized: read), default: 0] += 1
                score(recognized.symbols[next], isRight: false)
                next += 1
                edits += 1
            case .deletion(let reference):
                confusions[Confusion(reference: reference, recognized: ""), default: 0] += 1
                edits += 1
            case .insertion(let read):
                confusions[Confusion(reference: "", recognized: read), default: 0] += 1
                score(recognized.symbols[next], isRight: false)
                next += 1
                edits += 1
            }
        }
        let expectedWords = reference.split(separator: " ")
        lines += 1
        characters += expected.count
        characterEdits += edits
        words += expectedWords.count
        wordEdits += EditDistance.between(expectedWords, recognized.text.split(separator: " "))
        let right = Set(Self.plainWords(of: reference))
        for word in Self.plainWords(of: recognized.text) where !right.contains(word) {
            wrongWords[word, default: 0] += 1
        }
        frames += recognized.frames
        if let group {
            groups[group, default: Group()].lines += 1
            groups[group, default: Group()].characters += expected.count
            groups[group, default: Group()].edits += edits
        }
    }

    /// The runs of letters, apostrophes within them included.
    private static func plainWords(of text: String) -> [String] {
        text.split { !$0.isLetter && $0 != "'" }.map { $0.trimmingCharacters(in: ["'"]) }.filter { !$0.isEmpty }
    }

    private mutating func score(_ symbol: RecognizedSymbol, isRight: Bool) {
        confidences.append(symbol.confidence)
        isCorrect.append(isRight)
    }

    /// Adds what was counted elsewhere.
    public mutating func add(_ other: Evaluation) {
        lines += other.lines
        characters += other.characters
        words += other.words
        characterEdits += other.characterEdits
        wordEdits += other.wordEdits
        frames += other.frames
        seconds += other.seconds
        confidences += other.confidences
        isCorrect += other.isCorrect
        extents += other.extents
        confusions.merge(other.confusions, uniquingKeysWith: +)
        wrongWords.merge(other.wrongWords, uniquingKeysWith: +)
        for (name, group) in other.groups {
            groups[name, default: Group()].lines += group.lines
            groups[name, default: Group()].characters += group.characters
            groups[name, default: Group()].edits += group.edits
        }
    }

    /// The words that were read where they are not, and that `list` does not have either, most frequent first.
    public func nonWords(beyond list: Lexicon) -> [(word: String, count: Int)] {
        wrongWords.filter { !list.contains($0.key) && !list.contains($0.key.lowercased()) }
            .map { (word: $0.key, count: $0.value) }
            .sorted { ($1.count, $0.word) < ($0.count, $1.word) }
    }

    /// The most frequent confusions, most frequent first.
    public func topConfusions(_ count: Int) -> [(Confusion, Int)] {
        let sorted = confusions.sorted {
            ($1.value, $0.key.reference, $0.key.recognized) < ($0.value, $1.key.reference, $1.key.recognized)
        }
        return sorted.prefix(count).map { ($0.key, $0.value) }
    }
}

extension Evaluation {
    /// Reads every line that has a text and counts the errors.
    ///
    /// - Parameters:
    ///   - timelessSources: sources (by prefix) whose times are made up and not shown to the model.
    ///   - progress: called with the number of lines done, on any thread.
    public static func run(
        _ model: Model, on lines: [InkLine], decoding: Recognizer.Decoding, threads: Int,
        timelessSources: [String] = ["unipen"], progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> Evaluation {
        try run(
            on: lines, threads: threads, timelessSources: timelessSources, progress: progress,
            makeReader: { Recognizer(model: model, decoding: decoding) }, read: { try $0.recognize($1) })
    }

    /// As above, with another way of reading: `makeReader` is called once per thread, `read` for each line.
    public static func run<Reader>(
        on lines: [InkLine], threads: Int, timelessSources: [String] = ["unipen"],
        progress: @escaping @Sendable (Int) -> Void = { _ in }, makeReader: @Sendable () -> Reader,
        read: @Sendable (Reader, [Stroke]) throws -> Recognition
    ) throws -> Evaluation {
        let done = Progress(report: progress)
        let labelled = lines.filter { $0.text != nil }
        let parts = parallelMap(labelled, threads: threads, makeContext: makeReader) { reader, line in
            Result<Evaluation, any Error> {
                let timeless = timelessSources.contains { (line.source ?? "").hasPrefix($0) }
                let strokes = timeless ? line.withoutTime().strokes : line.strokes
                var part = Evaluation()
                let start = ContinuousClock.now
                let recognized = try read(reader, strokes)
                part.seconds = (ContinuousClock.now - start) / .seconds(1)
                part.add(
                    reference: line.text ?? "", recognized: recognized,
                    group: "\(line.source ?? "?") \(line.writer ?? "?")")
                done.step()
                return part
            }
        }
        var total = Evaluation()
        for part in parts { total.add(try part.get()) }
        return total
    }
}
