import DuctusInk
import DuctusRandomness
import DuctusRecognition
import DuctusStreaming
import DuctusWire
import Foundation

/// Many simulated pens that write distinct lines at human pace, as packets in the order of time.
struct PenSchedule {
    private(set) var packets: [BenchmarkPacket] = []
    let seconds: Double
    /// The lines that each pen writes.
    private var lines: [String: [[Stroke]]] = [:]
    /// The texts of its lines.
    private(set) var written: [String: [String]] = [:]

    /// Packets carry so many reports, 30 ms at 133 Hz.
    private static let reportsPerPacket = 4

    /// - Parameter namesWriters: whether each pen says that a writer of its own name holds it.
    init(pens: Int, seconds: Double, seed: UInt64, namesWriters: Bool = false) throws {
        self.seconds = seconds
        let random = SplitMix64(seed: seed)
        for pen in 0..<pens {
            try write(pen: pen, random: random.split(pen), end: Int64(seconds * 1e6), namesWriter: namesWriters)
        }
        packets.arrange()
    }

    var lineCount: Int { lines.values.reduce(0) { $0 + $1.count } }

    static func name(of pen: Int) -> String { "pen-\(pen)" }

    /// The writer whose hand a pen has.
    static func writer(of pen: Int, seed: UInt64) -> DuctusInk.Writer {
        var random = SplitMix64(seed: seed).split(pen)
        return DuctusInk.Writer(seed: random.next())
    }

    private mutating func write(pen number: Int, random: SplitMix64, end: Int64, namesWriter: Bool) throws {
        var random = random
        let name = Self.name(of: number)
        let pen = SimulatedPen(writer: DuctusInk.Writer(seed: random.next()))
        var sequence: UInt64 = 0
        func send(_ content: InkPacket.Content, at time: Int64, to packets: inout [BenchmarkPacket]) throws {
            let packet = InkPacket(epoch: 1, sequence: sequence, content: content)
            packets.append(
                BenchmarkPacket(time: time, topic: Array("ink.\(name)".utf8), payload: try packet.wire(), number: 0))
            sequence += 1
        }
        // Pens do not begin together.
        var time = Int64(random.uniform() * 3e6)
        try send(.hello(StreamHello(writer: namesWriter ? name : nil, device: pen.device.name)), at: time, to: &packets)
        for line in 0... {
            let text = PenText.line(&random)
            let strokes = try pen.strokes(of: text, seed: UInt64(line), start: time)
            guard let last = strokes.last?.samples.last?.time, last < end else { return }
            for stroke in strokes {
                for first in stride(from: 0, to: stroke.samples.count, by: Self.reportsPerPacket) {
                    let samples = stroke.samples[first..<min(first + Self.reportsPerPacket, stroke.samples.count)]
                    var reports = samples.map { PenSample($0) }
                    if samples.endIndex == stroke.samples.count, let lifted = samples.last {
                        reports.append(PenSample(lifted, contact: false))
                    }
                    try send(.samples(reports, firstStroke: nil), at: samples.last?.time ?? time, to: &packets)
                }
            }
            try send(.endOfSegment, at: last + 200_000, to: &packets)
            lines[name, default: []].append(strokes)
            written[name, default: []].append(text)
            time = last + 700_000 + Int64(random.uniform() * 800_000)
        }
    }

    /// The readings of each pen's lines by `recognizer`, by the stream's name.
    func texts(by recognizer: Recognizer) throws -> [String: [String]] {
        try lines.mapValues { try $0.map { try recognizer.recognize($0).text } }
    }

    struct Check {
        var wrong = 0
        var missing = 0
        var millisecondsPerFrame = 0.0
    }

    /// Compares each final with what `recognizer` reads from the same strokes.
    func check(_ tally: BenchmarkTally, with recognizer: Recognizer) throws -> Check {
        var check = Check()
        var frames = 0
        var written = 0.0
        let finals = Dictionary(grouping: tally.finals, by: \.stream.text)
        for (name, lines) in lines {
            let finals = finals[name] ?? []
            check.missing += max(0, lines.count - finals.count)
            check.wrong += max(0, finals.count - lines.count)
            for (strokes, final) in zip(lines, finals) {
                let read = try recognizer.recognize(strokes)
                if read.text != final.text { check.wrong += 1 }
                frames += read.frames
                if let first = strokes.first?.samples.first?.time, let last = strokes.last?.samples.last?.time {
                    written += Double(last - first) / 1000
                }
            }
        }
        if frames > 0 { check.millisecondsPerFrame = written / Double(frames) }
        return check
    }
}

/// Texts to write: words drawn at random, 20 to 32 characters a line.
enum PenText {
    private static let words = """
        the of and to in is you that it he was for on are as with his they at be this have from or one had by word but not
        what all were we when your can said there use an each which she do how their if will up other about out many then them
        these so some her would make like him into time has look two more write go see number no way could people my than first
        water been call who oil its now find long down day did get come made may part
        """.split(whereSeparator: \.isWhitespace).map(String.init)

    static func line(_ random: inout SplitMix64) -> String {
        var line = ""
        while line.count < 20 {
            if !line.isEmpty { line += " " }
            line += words[Int(random.next() % UInt64(words.count))]
        }
        return line
    }
}
