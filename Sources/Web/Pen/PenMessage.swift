import DuctusFoundations
import DuctusInk
import DuctusStreaming
import DuctusWire

/// A client's message on `/v1/pen`: one JSON object. `docs/http.md` lists them.
enum PenMessage {
    /// The first message, and again after each reconnection.
    case hello(Hello)
    /// A packet of the pen's stream.
    case packet(sequence: UInt64, InkPacket.Content)
    case correct(id: Int, segment: UInt64, text: String)

    struct Hello {
        var token = ""
        var stream = ""
        /// One run of the client, larger than any before.
        var epoch: UInt64 = 0
        /// The last event that the client has, to be sent those after it: the daemon's epoch and number.
        var seenEpoch: UInt64 = 0
        var seenNumber: UInt64 = 0
        /// The hello's own number among the pen's packets.
        var sequence: UInt64 = 0
        var hello = StreamHello()
    }

    /// - Throws: `SocketFault` for what is no such message.
    init(_ bytes: [UInt8]) throws(SocketFault) {
        do {
            self = try bytes.withUnsafeBytes { bytes in
                var fields = Fields()
                var scanner = JSONScanner(bytes)
                try scanner.object { try fields.read($1, &$0) }
                try scanner.expectEnd()
                return try fields.message(scanner)
            }
        } catch let failure as JSONScanner.Failure {
            throw .malformed("byte \(failure.position): \(failure.reason)")
        } catch {
            throw .malformed("\(error)")
        }
    }
}

/// The members of a message, whatever its type: they may come in any order.
private struct Fields {
    private var type = ""
    private var hello = PenMessage.Hello()
    private var sequence: UInt64 = 0
    private var id = 0
    private var segment: UInt64 = 0
    private var text = ""
    private var firstStroke: UInt32?
    private var strokes: [UInt32] = []
    private var columns: [String: [Double]] = [:]
    private var contact: [Bool] = []

    private static let numberColumns: Set<String> = ["x", "y", "t", "p", "tiltX", "tiltY"]

    mutating func read(_ key: String, _ scanner: inout JSONScanner) throws {
        switch key {
        case "type": type = try scanner.string()
        case "token": hello.token = try scanner.string()
        case "stream": hello.stream = try scanner.string()
        case "epoch": hello.epoch = try whole(&scanner)
        case "seenEpoch": hello.seenEpoch = try whole(&scanner)
        case "seenNumber": hello.seenNumber = try whole(&scanner)
        case "writer": hello.hello.writer = try name(&scanner)
        case "device": hello.hello.device = try name(&scanner)
        case "language": hello.hello.language = try name(&scanner)
        case "precedingText": hello.hello.precedingText = try scanner.optionalString()
        case "resolution":
            let resolution = Float(try scanner.number())
            hello.hello.resolution = resolution.isFinite && resolution > 0 ? resolution : nil
        case "sequence": sequence = try whole(&scanner)
        case "id": id = try whole(&scanner)
        case "segment": segment = try whole(&scanner)
        case "text": text = try scanner.string()
        case "stroke": firstStroke = try whole(&scanner)
        case "strokes":
            try scanner.array { scanner in
                guard strokes.count < WireLimits.strokes else { throw scanner.failure("too many strokes") }
                strokes.append(try whole(&scanner))
            }
        case "contact":
            var numbers: [Double] = []
            try scanner.numbers(into: &numbers, atMost: WireLimits.samples)
            contact = numbers.map { $0 != 0 }
        case _ where Self.numberColumns.contains(key):
            var numbers: [Double] = []
            try scanner.numbers(into: &numbers, atMost: WireLimits.samples)
            columns[key] = numbers
        default: throw scanner.failure("there is no member '\(key.prefix(40))'")
        }
    }

    /// A whole number that a browser can hold.
    private func whole<Number: FixedWidthInteger>(_ scanner: inout JSONScanner) throws -> Number {
        let number = try scanner.number()
        guard number >= 0, number <= 0x1p53, let whole = Number(exactly: number) else {
            throw scanner.failure("expected a whole number")
        }
        return whole
    }

    private func name(_ scanner: inout JSONScanner) throws -> String? {
        let name = try scanner.optionalString()
        return name?.isEmpty == true ? nil : name
    }

    func message(_ scanner: JSONScanner) throws -> PenMessage {
        switch type {
        case "hello":
            var hello = hello
            hello.hello.unit = .pixel
            hello.sequence = sequence
            return .hello(hello)
        case "samples": return .packet(sequence: sequence, .samples(try samples(scanner), firstStroke: firstStroke))
        case "end": return .packet(sequence: sequence, .endOfSegment)
        case "out": return .packet(sequence: sequence, .proximityOut)
        case "retract": return .packet(sequence: sequence, .retraction(strokes))
        case "correct": return .correct(id: id, segment: segment, text: text)
        default: throw scanner.failure("there is no message of the type '\(type.prefix(40))'")
        }
    }

    private func samples(_ scanner: JSONScanner) throws -> [PenSample] {
        let (x, y) = (columns["x"] ?? [], columns["y"] ?? [])
        for (name, column) in columns where column.count != x.count {
            throw scanner.failure("\(name) has \(column.count) values, x has \(x.count)")
        }
        guard !x.isEmpty, y.count == x.count else { throw scanner.failure("samples need x and y, as many of both") }
        guard contact.isEmpty || contact.count == x.count else {
            throw scanner.failure("contact has \(contact.count) values, x has \(x.count)")
        }
        let (t, p, tiltX, tiltY) = (columns["t"], columns["p"], columns["tiltX"], columns["tiltY"])
        return x.indices.map { index in
            let time = t.map { $0[index] * 1000 }.flatMap { abs($0) < 9e18 ? Int64($0.rounded()) : nil }
            return PenSample(
                Sample(
                    x: Float(x[index]), y: Float(y[index]), time: time, pressure: p.map { Float($0[index]) },
                    tiltX: tiltX.map { Float($0[index]) }, tiltY: tiltY.map { Float($0[index]) }),
                contact: contact.isEmpty || contact[index])
        }
    }
}
