import ArgumentParser
import DuctusDocuments
import DuctusFoundations
import DuctusInk
import DuctusPages
import DuctusRecognition
import Foundation

extension YDirection: ExpressibleByArgument {}

struct RecognizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recognize",
        abstract: "Read the ink in files: notes, data sets and requests of many programs, also gzip-compressed.",
        discussion: """
            What is read: \(InkFile.formatNames.joined(separator: ", ")). The content tells the format. What is wrong with a line, a page or a \
            file is reported on standard error, and the rest is read; the exit status is then 1, or 2 if nothing could be read.
            """)

    @Argument(help: "Files of ink; - is standard input.")
    var files: [String]

    @OptionGroup var options: ModelOptions

    @Option(help: "How each page is read: as a whole page, as one line, or as its file says (auto).")
    var layout = LayoutChoice.auto

    @Option(
        help:
            "Turn the ink clockwise by so many degrees before it is read: 0, 90, 180, 270, or as it reads best (auto).")
    var rotate = InkTurn.automatic

    @Option(help: "Read only this page of each file, counted from 1.")
    var page: Int?

    @Option(help: "Which way y grows in the files, where they do not follow their format: up, down.")
    var y: YDirection?

    @Option(help: "What is written: text, json, \(ReadingFormats.names.joined(separator: ", ")).")
    var format = OutputFormat.text

    @Option(
        help: "Where to write: a file; with several files a folder, which gets one for each. Default: standard output.")
    var out: String?

    @Option(
        help:
            "With --format pdf: put the invisible text over this PDF, which a note program exported from the same pages."
    )
    var over: String?

    @Flag(help: "One JSON object per line of text: the same as --format json.")
    var json = false

    @Option(
        help: ArgumentHelp(
            "Read the part i of N of an archive, as i/N; --out is a folder that gets a file for each page.",
            discussion:
                "Files are named by the hash of the input, the page's number in it, and the generation that reads. Whole files go to a part where there are as many as parts, else their pages do."
        ))
    var shard: Shard?

    @Flag(help: "Leave out pages whose file is in the folder --out already.")
    var resume = false

    @Option(help: "Threads to read with.", transform: ThreadCount.parse)
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        guard page.map({ $0 > 0 }) ?? true else { throw ValidationError("--page begins at 1") }
        guard !files.isEmpty else { throw ValidationError("give files of ink, or - for standard input") }
        guard !json || format == .text || format == .json else {
            throw ValidationError("--json is --format json; give one of them")
        }
        guard over == nil || format == .document("pdf") else { throw ValidationError("--over is for --format pdf") }
        guard over == nil || files.count == 1 else { throw ValidationError("--over takes one file of ink") }
        if shard != nil || resume {
            guard out != nil else { throw ValidationError("--shard and --resume need --out FOLDER") }
            if case .document = format { throw ValidationError("--shard and --resume are for --format text or json") }
            guard !files.contains("-") else {
                throw ValidationError("--shard and --resume need files: standard input cannot be read twice")
            }
        }
        if case .document(let name) = format, files.count > 1, out == nil {
            throw ValidationError("--format \(name) of several files needs --out FOLDER")
        }
        if case .document(let name) = format, name == "pdf", out == nil, isatty(STDOUT_FILENO) == 1 {
            throw ValidationError("a PDF is no text for a terminal; give --out FILE.pdf, or redirect standard output")
        }
    }

    func run() throws {
        let model = try options.load()
        let (decoding, layout, turn) = (options.decoding, layout, rotate.turn)
        var reading = ReadingOptions()
        reading.y = y
        let archive = try archive(model)
        let output = try archive ?? output()
        var report = RecognitionReport(files: files)
        try processInOrder(
            threads: threads,
            produce: InkSource(paths: files, options: reading, page: page, archive: archive).items,
            makeContext: { PageReaders.reader(model: model, decoding: decoding, layout: layout, turn: turn) },
            transform: { reader, item -> ReadItem in item.read(with: &reader) },
            deliver: { item in
                report.count(item)
                try output.write(item)
            })
        Terminal.endStatus()
        try output.finish()
        try report.finish()
    }

    /// As results are named by: the same name, the same reading.
    private var layoutName: String { rotate.turn.map { "\(layout.rawValue)-\($0.degrees)" } ?? layout.rawValue }

    private func archive(_ model: Model) throws -> ArchiveSink? {
        guard shard != nil || resume, let out else { return nil }
        let isJSON = json || format == .json
        return try ArchiveSink(
            isJSON ? JSONLinesOfReading() : TextLines(namesFiles: false), format: isJSON ? "json" : "text",
            generation: ReadingGeneration.name(
                of: model, options: options, layout: layoutName, format: isJSON ? "json" : "text",
                y: y?.rawValue ?? "auto"),
            folder: URL(filePath: out), paths: files, shard: shard, resumes: resume)
    }

    private func output() throws -> any RecognitionSink {
        let isSingle = files.count == 1
        switch json ? .json : format {
        case .text: return try LinesSink(TextLines(namesFiles: !isSingle), out: out)
        case .json: return try LinesSink(JSONLinesOfReading(), out: out)
        case .document(let name):
            return try DocumentSink(
                format: name, out: out.map { URL(filePath: $0) }, isFolder: !isSingle,
                over: over.map { URL(filePath: $0) })
        }
    }
}

/// The output format of `recognize`.
enum OutputFormat: ExpressibleByArgument, Equatable {
    case text, json
    /// A document of one of `ReadingFormats`.
    case document(String)

    init?(argument: String) {
        switch argument {
        case "text": self = .text
        case "json": self = .json
        case let name where ReadingFormats.names.contains(name): self = .document(name)
        default: return nil
        }
    }

    static var allValueStrings: [String] { ["text", "json"] + ReadingFormats.names }

    var defaultValueDescription: String { "text" }
}
