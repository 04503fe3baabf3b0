import ArgumentParser
import DuctusDocuments
import DuctusFoundations
import DuctusInk
import DuctusStreaming
import DuctusWire
import Foundation

extension Writer.Hand: ExpressibleByArgument {}

struct SynthesizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize", abstract: "Write texts with simulated pens: ink with its text.",
        discussion: """
            A seed is one imaginary person's hand. With several texts every one is written by another person, \
            the seeds counting up, unless --writer names one who writes them all.

            A file that ends in .fixture is a recording of the pen, to be sent to the daemon with `ductus replay`: \
            one stream, the texts one after the other, the end of each told by the pen.
            """)

    @Argument(help: "Texts of printable ASCII; '\\n' in a text begins a new line.")
    var texts: [String] = []

    @Option(help: "A file with a text per line.")
    var from: String?

    @Option(help: "The same seed gives the same ink.")
    var seed: UInt64 = 1

    @Option(help: "Whose hand, if not the seed's own.")
    var writer: UInt64?

    @Option(help: "How letters are joined: printed, mixed, joined. Default: as the writer pleases.")
    var hand: Writer.Hand?

    @Option(help: "What is written on: \(PenDevice.known.map(\.name).joined(separator: ", ")).")
    var device = PenDevice.tablet

    @Option(help: "The stream of a .fixture.")
    var stream = "pen"

    @Option(
        help:
            "The file of ink: JSON lines, InkML if the name ends in .inkml (.gz compresses), or a recording: .fixture.")
    var out: String

    func validate() throws {
        guard texts.isEmpty != (from == nil) else {
            throw ValidationError("give texts as arguments, or a file of them with --from")
        }
        guard StreamName(stream) != nil else { throw ValidationError("--stream takes 1 to 64 of A-Z a-z 0-9 _ -") }
    }

    func run() throws {
        var lines: [InkLine] = []
        for (index, text) in try allTexts().enumerated() {
            let seed = seed &+ UInt64(index)
            let pen = SimulatedPen(writer: Writer(seed: writer ?? seed, hand: hand), device: device)
            lines.append(try pen.line(text, seed: seed))
        }
        if out.hasSuffix(".fixture") {
            try record(lines)
        } else {
            try InkFile.write(lines, to: URL(filePath: out))
        }
        let samples = lines.map(\.sampleCount).reduce(0, +)
        Terminal.error("\(out): \(lines.count) \(lines.count == 1 ? "line" : "lines"), \(samples) samples")
    }

    /// Writes the lines as one pen that is lifted for a second between them.
    private func record(_ lines: [InkLine]) throws {
        guard let stream = StreamName(self.stream) else { return }
        var recording = InkRecording(stream: stream)
        try recording.send(
            .hello(StreamHello(device: device.name, unit: .device, resolution: Float(device.unitsPerMillimetre))))
        for line in lines {
            let start = recording.records.count == 1 ? 0 : recording.time + 1_000_000
            try recording.write(line.strokes.map { $0.later(by: start) })
            try recording.send(.endOfSegment, at: recording.time + 200_000)
        }
        // A recording that could not be written whole leaves the old one in its place.
        let url = URL(filePath: out)
        let isSpecial = AtomicFile.isSpecial(url)
        let temporary =
            isSpecial ? url : url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).\(getpid())")
        defer { if !isSpecial { unlink(temporary.path) } }
        let writer = try FixtureWriter(temporary)
        for record in recording.records { try writer.append(record) }
        try writer.close()
        guard isSpecial || rename(temporary.path, url.path) == 0 else {
            throw FileError.unwritable(path: out, reason: String(cString: strerror(errno)))
        }
    }

    private func allTexts() throws -> [String] {
        guard let from else { return texts.map { $0.replacing("\\n", with: "\n") } }
        let content = String(decoding: try LineReader.contents(of: URL(filePath: from)), as: UTF8.self)
        return content.split(separator: "\n").map { String($0).trimmingCharacters(in: .whitespaces) }.filter {
            !$0.isEmpty
        }
    }
}

extension Stroke {
    /// The same stroke, written `microseconds` later.
    fileprivate func later(by microseconds: Int64) -> Stroke {
        Stroke(
            samples.map { sample in
                var sample = sample
                sample.time = sample.time.map { $0 + microseconds }
                return sample
            })
    }
}

extension PenDevice: ExpressibleByArgument {
    /// The device of that name; nil where there is none.
    public init?(argument: String) {
        guard let device = Self.known.first(where: { $0.name == argument }) else { return nil }
        self = device
    }

    public var defaultValueDescription: String { name }
}
