import ArgumentParser
import DuctusDocuments
import DuctusDrawing
import DuctusFoundations
import DuctusInk
import DuctusPages
import DuctusRecognition
import Foundation

extension InkPicture.Coloring: ExpressibleByArgument {}

struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Draw ink, and what was read under the strokes that show it, as SVG or PNG.")

    @Argument(help: "A file of ink: JSON lines, InkML or UNIPEN, also gzip-compressed.")
    var file: String

    @Option(help: "The picture: .svg or .png.")
    var out: String

    @Option(help: "What was read: the output of 'ductus recognize --json' for the same file.")
    var labels: String?

    @Flag(help: "Read the ink now, with the model below.")
    var recognize = false

    @Option(help: "With --recognize: how the ink is read, as one line or as a page with lines, boxes and their order.")
    var layout = LayoutChoice.auto

    @Option(
        help:
            "With --recognize: turn the ink clockwise by so many degrees before it is read: 0, 90, 180, 270, or as it reads best (auto)."
    )
    var rotate = InkTurn.automatic

    @OptionGroup var options: ModelOptions

    @Option(help: "Begin with this line of the file, counted from 1.")
    var line = 1

    @Option(help: "Draw at most so many lines.")
    var count = 20

    @Option(help: "One colour for all ink, or colours in the order of the strokes: plain, order.")
    var coloring = InkPicture.Coloring.plain

    @Flag(inversion: .prefixedNo, help: "Write each line's name and text below it.")
    var captions = true

    func validate() throws {
        guard ["svg", "png"].contains(URL(filePath: out).pathExtension.lowercased()) else {
            throw ValidationError("\(out): pictures are written as .svg or .png; let the name end in one of them")
        }
        guard line > 0, count > 0 else { throw ValidationError("--line and --count begin at 1") }
        guard labels == nil || !recognize else { throw ValidationError("either --labels or --recognize") }
    }

    func run() throws {
        let all = try InkFile.read(URL(filePath: file))
        guard line <= all.count else {
            throw ValidationError("\(file): has \(all.count) lines of ink; there is no line \(line)")
        }
        let chosen = line - 1..<min(line - 1 + count, all.count)
        let (pages, read) = recognize ? try read(all, chosen) : ([:], [:])
        let readings = recognize ? read : try readings(of: all, chosen: chosen)
        var picture = InkPicture()
        picture.coloring = coloring
        let drawings = chosen.map { index in
            let ink = all[index]
            let caption = [ink.id, ink.text ?? ""].filter { !$0.isEmpty }.joined(separator: ": ")
            if let page = pages[index] {
                return picture.drawing(of: page, strokes: ink.strokes, caption: captions ? caption : nil)
            }
            return picture.drawing(
                of: ink.strokes, labels: readings[index]?.symbols ?? [],
                caption: captions && !caption.isEmpty ? caption : nil)
        }
        try InkPicture.sheet(of: drawings).write(to: URL(filePath: out))
    }

    /// The readings made by this command, by the index of the ink: pages with several lines or drawings, and single
    /// lines with their symbols.
    private func read(
        _ lines: [InkLine], _ chosen: Range<Int>
    ) throws -> (pages: [Int: ReadPage], readings: [Int: LabeledReading]) {
        let reader = PageReader(recognizer: Recognizer(model: try options.load(), decoding: options.decoding))
        var pages: [Int: ReadPage] = [:], readings: [Int: LabeledReading] = [:]
        for index in chosen {
            let (page, read) = try reader.readWithRecognitions(
                lines[index].strokes, layout: layout, turn: rotate.turn)
            if page.pieces.count == 1, let recognition = read[0]?.inOwnOrder {
                let symbols = recognition.symbols.map {
                    InkLabel($0.text, samples: $0.samples, strokes: $0.strokes, confidence: $0.confidence)
                }
                readings[index] = LabeledReading(text: recognition.text, symbols: symbols)
            } else {
                pages[index] = page
            }
        }
        return (pages, readings)
    }

    /// Readings from a file, by the line's index. They are matched by name where the lines have names, else by order.
    private func readings(of lines: [InkLine], chosen: Range<Int>) throws -> [Int: LabeledReading] {
        guard let labels else { return [:] }
        let reader = try LineReader(URL(filePath: labels))
        var readings: [LabeledReading] = []
        while let line = try reader.next() {
            guard !line.allSatisfy({ $0 == UInt8(ascii: " ") }) else { continue }
            do {
                readings.append(try JSONDecoder().decode(LabeledReading.self, from: Data(line)))
            } catch {
                throw ValidationError("\(labels):\(reader.line): not a line of 'ductus recognize --json' (\(error))")
            }
        }
        let named = Dictionary(readings.compactMap { reading in reading.id.map { ($0, reading) } }) { first, _ in first
        }
        return Dictionary(
            uniqueKeysWithValues: chosen.compactMap { index in
                let reading = lines[index].id.isEmpty ? nil : named[lines[index].id]
                let byOrder = index < readings.count && named.isEmpty ? readings[index] : nil
                return (reading ?? byOrder).map { (index, $0) }
            })
    }
}
