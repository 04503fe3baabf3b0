import ArgumentParser
import DuctusDocuments
import DuctusFoundations
import DuctusInk
import DuctusNoteIndex
import DuctusRecognition
import Foundation

extension NoteIndexFault: BadInput {}

/// The options that name the index.
struct IndexOptions: ParsableArguments {
    @Option(help: "The index. Default: ductus/notes.sqlite in the user's data folder (~/.local/share).")
    var index: String?

    var location: URL {
        get throws {
            if let index { return URL(filePath: index) }
            guard let usual = NoteIndex.usualLocation(environment: ProcessInfo.processInfo.environment) else {
                throw ValidationError("neither XDG_DATA_HOME nor HOME is set; say with --index where the index is")
            }
            return usual
        }
    }
}

struct IndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "index", abstract: "Read the notes below a folder, to be found with 'ductus search'.",
        discussion: """
            Only what changed since the last time is read, and what another model read before. Files without ink are passed over; a note that \
            cannot be read is named, and looked at again when it has changed. The notes are never changed; what was read is kept in the index alone.
            """)

    @Argument(help: "The folder.")
    var folder: String

    @Flag(help: "Go on, and read what changes; end with Ctrl-C.")
    var watch = false

    @OptionGroup var index: IndexOptions
    @OptionGroup var options: ModelOptions

    @Option(help: "Threads to read with.", transform: ThreadCount.parse)
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw ValidationError("\(folder): is no folder")
        }
    }

    func run() throws {
        let notes = NoteFolder(URL(filePath: folder))
        let location = try index.location
        let index = try NoteIndex(location)
        let model = try options.load()
        let generation = try Self.generation(of: ModelOptions.location(of: options.model), options)
        // Before the first look, so that nothing is missed between.
        let watch = try watch ? FolderWatch(notes) : nil
        try update(index, notes, model: model, generation: generation)
        let counts = try index.counts()
        Terminal.error("\(counts.notes) notes, \(counts.lines) lines in \(location.path)")
        guard let watch else { return }
        Terminal.error("Watching \(notes.path)")
        let interruption = Interruption()
        var lastLook = ContinuousClock.now
        while !interruption.happened {
            let changed = watch.wait(milliseconds: 500)
            // File systems of other machines tell nothing.
            guard changed || ContinuousClock.now - lastLook > .seconds(60) else { continue }
            lastLook = .now
            try update(index, notes, model: model, generation: generation)
        }
    }

    /// The name of the weights and of all else that a reading depends on.
    private static func generation(of model: URL, _ options: ModelOptions) throws -> String {
        var isDirectory: ObjCBool = false
        let isFolder =
            FileManager.default.fileExists(atPath: model.path, isDirectory: &isDirectory) && isDirectory.boolValue
        let weights = try Data(contentsOf: isFolder ? model.appending(path: "model.safetensors") : model)
        let digest = weights.withUnsafeBytes { SHA256.hex(of: $0) }.prefix(16)
        return [String(digest), options.decoding.rawValue, options.words ?? "", options.languageModel ?? ""].joined(
            separator: " ")
    }

    /// Brings the index up to date.
    private func update(_ index: NoteIndex, _ folder: NoteFolder, model: Model, generation: String) throws {
        let changes = try folder.changes(from: index, generation: generation)
        if !changes.gone.isEmpty { try index.remove(changes.gone) }
        guard !changes.changed.isEmpty else { return }
        let decoding = options.decoding
        var bar = ProgressBar(total: changes.changed.count)
        var done = 0
        let files = changes.changed
        try processInOrder(
            threads: threads, produce: { deliver in for file in files where !deliver(file) { return } },
            makeContext: { PageReaders.reader(model: model, decoding: decoding, layout: .auto) },
            transform: { reader, file -> ReadNote in ReadNote(file, generation: generation, index: index, with: &reader)
            },
            deliver: { note in
                done += 1
                bar.show(done, "\(done) of \(files.count) files")
                switch note.content {
                case .copied: break
                case .gone: try index.remove([note.path])
                case .lines(let lines): try index.store(note.path, note.state, lines: lines)
                case .fault(let fault, let hasInk):
                    try index.store(note.path, note.state, lines: [], fault: fault)
                    guard hasInk else { return }
                    Terminal.endStatus()
                    Terminal.error("ductus: \(fault)")
                }
            })
        Terminal.endStatus()
    }
}

/// The reading of one file.
private struct ReadNote: Sendable {
    enum Content: Sendable {
        case lines([IndexedLine])
        /// Its content was known already.
        case copied
        /// Why it cannot be read, and whether it seems to have ink in it.
        case fault(String, hasInk: Bool)
        case gone
    }

    var path: String
    var state: NoteState
    var content: Content

    init(_ file: NoteFolder.File, generation: String, index: NoteIndex, with reader: inout any InkPageReader) {
        path = file.path
        state = NoteState(size: file.size, modified: file.modified, content: Data(), generation: generation)
        guard file.size <= LineReader.largestFile else {
            content = .fault("\(file.path): the file is larger than \(LineReader.largestFile) bytes", hasInk: false)
            return
        }
        guard let data = try? Data(contentsOf: URL(filePath: file.path)) else {
            content = .gone
            return
        }
        state.content = Data(data.withUnsafeBytes { SHA256.hex(of: $0) }.utf8)
        if (try? index.copy(to: path, state)) == true {
            content = .copied
            return
        }
        var lines: [IndexedLine] = []
        var fault: (any Error)?
        do {
            var number = 0
            try InkFile.pages(of: path) { page in
                number += 1
                switch page {
                case .failure(let error): fault = fault ?? error
                case .success(let page): lines += Self.lines(of: try reader.read(page), on: page, number: number)
                }
                return true
            }
        } catch {
            fault = error
        }
        if let fault, lines.isEmpty {
            var hasInk = true
            if case .unknownFormat? = fault as? FileError { hasInk = false }
            content = .fault("\(fault)", hasInk: hasInk)
        } else {
            content = .lines(lines)
        }
    }

    private static func lines(of result: PageResult, on page: InkPage, number: Int) -> [IndexedLine] {
        result.page.pieces.enumerated().compactMap { index, piece in
            guard piece.kind == .text, !piece.text.isEmpty else { return nil }
            // Each other reading of a word once.
            let own = Set(piece.text.split(separator: " ").map(String.init))
            var seen = own
            let others =
                (piece.words.flatMap { $0.candidates.map(\.text) }
                + piece.alternatives.flatMap { $0.split(separator: " ").map(String.init) })
                .filter { seen.insert($0).inserted }
            return IndexedLine(
                page: number, number: index + 1, text: piece.text, alternatives: others.joined(separator: " "),
                confidence: Double(piece.confidence), box: page.placement.box(piece.box))
        }
    }
}
