import DuctusInk
import DuctusStreaming
import DuctusWire

/// A simulated pen that publishes, and notes what each of its segments holds.
struct ScenePen {
    let pen: SimulatedPen
    private(set) var recording: InkRecording
    private(set) var segments: [Scene.Segment] = []
    private var isClocked = true
    private var reportsPerPacket = InkRecording.reportsPerPacket

    // The open segment
    private var open: [(number: UInt32, stroke: Stroke)] = []
    private var precedingText = ""
    private var words: [String] = []
    private var gaps = LabelEvent.Gaps()

    private var seed: UInt64 = 0
    /// Where the next line's first baseline lies below the first one's, in device units.
    private var lineY: Float = 0
    private var right: Float?

    init(
        _ stream: String, writer: UInt64, hand: Writer.Hand? = nil, device: PenDevice = .tablet, isClocked: Bool = true,
        reportsPerPacket: Int = InkRecording.reportsPerPacket, start: Double = 0, hello: StreamHello? = nil
    ) throws {
        guard let name = StreamName(stream) else { throw SceneFault.streamName(stream) }
        pen = SimulatedPen(writer: Writer(seed: writer, hand: hand), device: device)
        recording = InkRecording(stream: name)
        self.isClocked = isClocked
        self.reportsPerPacket = reportsPerPacket
        let greeting =
            hello ?? StreamHello(device: device.name, unit: .device, resolution: Float(device.unitsPerMillimetre))
        precedingText = greeting.precedingText ?? ""
        try recording.send(.hello(greeting), at: Int64(start * 1e6))
    }

    /// Another person takes the pen: what was open ends.
    mutating func hand(to writer: String) throws {
        try recording.send(.hello(StreamHello(writer: writer, device: pen.device.name)), at: recording.time + 400_000)
        close(.hello)
    }

    /// Writes on, at the right of what stands on the line; `change` may spoil the ink.
    mutating func write(_ text: String, _ change: ([Stroke]) -> [Stroke] = { $0 }) throws {
        try put(try strokes(of: text), text, change)
    }

    /// Writes below. `ends` says that the new-line rule ends the segment before.
    mutating func writeBelow(_ text: String, ends: Bool = true) throws {
        if ends { close(.newLine) }
        lineY += Float(pen.writer.lineHeight * pen.writer.letterHeight / 10 * pen.device.unitsPerMillimetre)
        right = nil
        try put(try strokes(of: text), text)
    }

    /// The pen lies for a while; the segment ends as soon as it is taken up again.
    mutating func rest(seconds: Double) throws {
        close(.pause)
        restUntil = recording.time + Int64(seconds * 1e6)
    }
    private var restUntil: Int64 = 0

    /// Takes back what the last call of `write` wrote.
    mutating func retractLast() throws {
        let numbers = latest
        try recording.send(.retraction(numbers), at: recording.time + 300_000)
        open.removeAll { numbers.contains($0.number) }
        words.removeLast()
        right = beforeLatest
    }
    private var latest: [UInt32] = []
    private var beforeLatest: Float?

    mutating func end(_ ending: LabelEvent.Ending) throws {
        switch ending {
        case .explicit: try recording.send(.endOfSegment, at: recording.time + 200_000)
        case .proximityOut: try recording.send(.proximityOut, at: recording.time + 200_000)
        case .idle: break
        default: throw SceneFault.ending(ending)
        }
        close(ending)
    }

    /// Writes a line of which the first `count` samples make a segment; the stroke that would exceed it begins the next one.
    mutating func write(_ text: String, upTo count: Int) throws {
        try write(text)
        var samples = 0
        guard
            let cut = open.firstIndex(where: {
                samples += $0.stroke.samples.count; return samples > count
            })
        else {
            throw SceneFault.short(text)
        }
        let rest = Array(open[cut...])
        open.removeSubrange(cut...)
        close(.maximum)
        open = rest
    }

    /// Loses every packet whose place in the recording `isLost`: it gets its number and never leaves.
    mutating func losing(_ isLost: (Int) -> Bool, write text: String) throws {
        let first = recording.records.count
        try write(text)
        let packets = recording.records.indices.dropFirst(first).filter { isLost($0 - first) }
        lost.formUnion(packets)
        var kept: [UInt32: [Sample]] = [:]
        for index in recording.records.indices.dropFirst(first) where !lost.contains(index) {
            let packet = try InkPacket(wire: recording.records[index].payload)
            guard case .samples(let reports, let number?) = packet.content else { continue }
            kept[number, default: []] += reports.filter(\.contact).map(\.sample)
        }
        open = kept.sorted { $0.key < $1.key }.filter { !$0.value.isEmpty }.map { ($0.key, Stroke($0.value)) }
        for packet in packets {
            gaps.packets += 1
            if !lost.contains(packet - 1) { gaps.count += 1 }
        }
    }
    private var lost: Set<Int> = []

    /// What left, without what was lost on the way.
    var sent: [FixtureRecord] {
        recording.records.indices.filter { !lost.contains($0) }.map { recording.records[$0] }
    }

    // MARK: Ink

    private mutating func strokes(of text: String) throws -> [Stroke] {
        seed += 1
        let start = max(restUntil, recording.time + (recording.records.count > 1 ? 400_000 : 0))
        restUntil = 0
        let wordGap = Float(pen.writer.wordGap * pen.writer.letterHeight / 10 * pen.device.unitsPerMillimetre)
        let written = try pen.strokes(of: text, seed: seed, start: start)
        let left = written.flatMap(\.samples).map(\.x).min() ?? 0
        let shift = right.map { $0 + wordGap - left } ?? 0
        return written.map { stroke in
            Stroke(
                stroke.samples.map { sample in
                    var sample = sample
                    sample.x = (sample.x + shift).rounded()
                    sample.y = (sample.y + lineY).rounded()
                    return sample
                })
        }
    }

    private mutating func put(
        _ clean: [Stroke], _ text: String, _ change: ([Stroke]) -> [Stroke] = { $0 }
    ) throws {
        beforeLatest = right
        right = clean.flatMap(\.samples).map(\.x).max() ?? right
        let strokes = change(clean)
        let first = recording.nextStroke
        try recording.write(strokes, reportsPerPacket: reportsPerPacket, isClocked: isClocked)
        latest = Array(first..<recording.nextStroke)
        for (number, stroke) in zip(latest, strokes) {
            // What is not finite is dropped at the door, and counted.
            var taken = stroke.samples.filter { $0.x.isFinite && $0.y.isFinite }
            gaps.dirtySamples += UInt64(stroke.samples.count - taken.count)
            if !isClocked { for index in taken.indices { taken[index].time = nil } }
            open.append((number, Stroke(taken)))
        }
        words.append(text)
    }

    /// A place of the scene's ink, as the filter of strays sees it.
    private struct Place: PlacedReport {
        var x, y: Float
    }

    /// Reports of the open segment that lie where no hand was: the daemon counts them among the dirty ones.
    private var strays: UInt64 {
        var filter = StrayFilter<Place>()
        var believed: [Place] = []
        for (_, stroke) in open {
            for sample in stroke.samples { filter.append(Place(x: sample.x, y: sample.y), to: &believed) }
            filter.penUp(to: &believed)
        }
        return UInt64(filter.dropped)
    }

    private mutating func close(_ ending: LabelEvent.Ending) {
        gaps.dirtySamples += strays
        segments.append(
            Scene.Segment(
                stream: recording.stream, strokes: open.map(\.stroke), precedingText: precedingText, ending: ending,
                text: words.joined(separator: " "), gaps: gaps))
        open = []
        precedingText = ""
        words = []
        gaps = LabelEvent.Gaps()
    }
}

enum SceneFault: Error {
    case streamName(String)
    case ending(LabelEvent.Ending)
    case short(String)
}
