import ArgumentParser
import DuctusClient
import DuctusInk
import DuctusStreaming
import DuctusTablet
import DuctusTransportZeroMQ
import DuctusWire
import Foundation

extension TabletFault: BadInput {}

/// A pen of this machine, or a recording of one, published as ink.
struct TabletCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tablet",
        abstract: "Send what a pen writes to the daemon: a tablet of this machine, or a recording of one.")

    @Argument(help: "/dev/input/eventN, or a recording (evemu-record, libinput record). Default: the first pen found.")
    var source: String?

    @Option(help: "Name of the stream.")
    var stream = "tablet"

    @Option(help: "Whose hand it is.")
    var writer: String?

    @Option(
        help: "How fast a recording is sent: 1 as it was written, 2 twice as fast, 0 as fast as the daemon takes it.")
    var speed = 1.0

    @Option(help: "By how many degrees the tablet is turned clockwise: 90, 180 or 270; 180 for left-handed use.")
    var rotate = 0

    @OptionGroup var connection: ConnectOptions

    /// Seconds for which the last finals of a cell are waited for: longer than it takes that another daemon reads on.
    private static let patience = 15

    func validate() throws {
        guard QuarterTurn(degrees: rotate) != nil else { throw ValidationError("--rotate is 0, 90, 180 or 270") }
        guard StreamName(stream) != nil else { throw ValidationError("--stream \(stream): 1 to 64 of A-Z a-z 0-9 _ -") }
        guard writer.map({ StreamName($0) != nil }) ?? true else {
            throw ValidationError("--writer: 1 to 64 of A-Z a-z 0-9 _ -")
        }
        guard speed >= 0, speed.isFinite else { throw ValidationError("--speed must be 0 or above.") }
    }

    func run() throws {
        guard let name = StreamName(stream) else { return }
        let pen = try open()
        let context = try Context()
        var packets = InkPackets(hello: hello(of: pen.device))
        let outlet = try connection.pen(Topic.ink(name), on: .ink, writer: writer, context: context) {
            [greeting = packets] in try greeting.greeting($0).wire()
        }
        // With several daemons, packets are kept until their final has come.
        let labels =
            try connection.endpoints(.ink).count > 1
            ? LabelFeed(try connection.subscriber(to: [Topic.labels(name).description], context: context)) : nil
        func showLabels(milliseconds: Int = 0) throws {
            while let event = try labels?.next(milliseconds: milliseconds) {
                if event.stream == name { outlet.record(event) }
            }
        }
        try outlet.begin(packets.takeNumber(), milliseconds: 10_000)
        Terminal.status("\(pen.device.name): writing to \(Topic.ink(name))")
        var pace = Pace(speed: pen is RecordedPen ? speed : 0)
        func send(_ packet: InkPacket) throws {
            try outlet.send(
                packet.wire(), sequence: packet.sequence, stroke: packets.lastStroke(of: packet),
                endsSegment: packet.content == .endOfSegment)
        }

        while let actions = try pen.next() {
            try showLabels()
            try outlet.greet(before: packets.nextNumber)
            for packet in packets.packets(for: actions) {
                pace.wait(for: packet)
                try send(packet)
            }
        }
        try send(packets.end())
        let deadline = ContinuousClock.now + .seconds(labels == nil ? 0 : Self.patience)
        while outlet.isWaiting, ContinuousClock.now < deadline {
            try showLabels(milliseconds: 100)
            try outlet.greet(before: packets.nextNumber)
        }
        Terminal.endStatus()
        if pen.dirt.total > 0 {
            let dirt = pen.dirt
            Terminal.error(
                "dropped \(dirt.total) reports: \(dirt.outOfRange) out of range, \(dirt.corner) lost in the corner, \(dirt.backward) backward in time, \(dirt.lost) around lost events"
            )
        }
    }

    private func open() throws -> any PenSource {
        guard let source else { return LivePen(try EvdevPen.find()) }
        let type = try? FileManager.default.attributesOfItem(atPath: source)[.type] as? FileAttributeType
        if type == .typeCharacterSpecial { return LivePen(try EvdevPen(source)) }
        return RecordedPen(try PenRecording(URL(filePath: source)))
    }

    private func hello(of device: TabletDevice) -> StreamHello {
        StreamHello(
            writer: writer, device: device.name.isEmpty ? nil : String(device.name.prefix(64)), unit: .device,
            resolution: device.resolution,
            area: device.area.map { .init(x: $0.x, y: $0.y, width: $0.width, height: $0.height) },
            rotation: QuarterTurn(degrees: rotate) ?? .none)
    }
}

/// Numbers what a pen does and packs it.
private struct InkPackets {
    private let hello: StreamHello
    private let epoch = UInt64(Date().timeIntervalSince1970 * 1e6)
    private var sequence: UInt64 = 0
    private var strokes: UInt32 = 0
    private var isWriting = false

    init(hello: StreamHello) { self.hello = hello }

    func greeting(_ sequence: UInt64) -> InkPacket {
        InkPacket(epoch: epoch, sequence: sequence, content: .hello(hello))
    }

    /// The number that the next packet will have.
    var nextNumber: UInt64 { sequence }

    mutating func takeNumber() -> UInt64 {
        defer { sequence += 1 }
        return sequence
    }

    /// The last stroke that a packet writes on; nil where it only hovers.
    func lastStroke(of packet: InkPacket) -> UInt32? {
        guard case .samples(let samples, let first?) = packet.content else { return nil }
        var (stroke, isWriting): (UInt32?, Bool) = (nil, false)
        for sample in samples {
            if sample.contact, !isWriting { stroke = stroke.map { $0 + 1 } ?? first }
            isWriting = sample.contact
        }
        return stroke
    }

    mutating func end() -> InkPacket { packet(.endOfSegment) }

    /// The rubber end leaves no ink.
    mutating func packets(for actions: [PenAction]) -> [InkPacket] {
        var packets: [InkPacket] = []
        var samples: [PenSample] = []
        var first = strokes
        func flush(_ self: inout Self) {
            if !samples.isEmpty { packets.append(self.packet(.samples(samples, firstStroke: first))) }
            samples = []
        }
        for action in actions {
            switch action {
            case .sample(let sample, let contact, let erasing):
                let writes = contact && !erasing
                if samples.isEmpty { first = isWriting ? strokes - 1 : strokes }
                if writes, !isWriting { strokes += 1 }
                isWriting = writes
                samples.append(PenSample(sample, contact: writes))
            case .proximityOut:
                flush(&self)
                packets.append(packet(.proximityOut))
            case .resynchronize, .button: break
            }
        }
        flush(&self)
        return packets
    }

    private mutating func packet(_ content: InkPacket.Content) -> InkPacket {
        defer { sequence += 1 }
        return InkPacket(epoch: epoch, sequence: sequence, content: content)
    }
}

/// Holds packets back until they are due, by the time of their last sample.
private struct Pace {
    let speed: Double
    private var origin: (clock: ContinuousClock.Instant, time: Int64)?

    init(speed: Double) { self.speed = speed }

    mutating func wait(for packet: InkPacket) {
        guard speed > 0, case .samples(let samples, _) = packet.content, let time = samples.last?.sample.time else {
            return
        }
        guard let origin else {
            self.origin = (.now, time)
            return
        }
        let due = origin.clock + .microseconds(Double(time - origin.time) / speed)
        let left = due - .now
        if left > .zero { Thread.sleep(forTimeInterval: left / .seconds(1)) }
    }
}
