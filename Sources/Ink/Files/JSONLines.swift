import DuctusFoundations
import Foundation

/// The data sets' format: one JSON object per line, plain or gzip.
///
///     {"id":"a01-001w-01","source":"iam-ondb","writer":"10026","lang":"en","text":"By Trevor Williams",
///      "strokes":[[[1035,1055],[1064,1085],[0,20]],…]}
///
/// A stroke is a list of channels of equal length: x, y, then optionally the time in ms, pressure (0…1), tilt to the right
/// and tilt to the writer (degrees). A channel the device lacks is left out at the end, or empty, or `null` where a single
/// value is missing. y grows down. Unknown members are skipped.
public enum JSONLines {
    /// Reads one object.
    ///
    /// - Parameters:
    ///   - path, line: where it is from, for messages.
    /// - Throws: `InkFileError.malformed`, `.tooLarge`.
    public static func parse(
        _ bytes: UnsafeRawBufferPointer, path: String = "ink", line: Int = 1, limits: InkLimits = InkLimits()
    ) throws -> InkLine {
        var parser = Parser(limits: limits)
        return try parser.parse(bytes, path: path, line: line)
    }

    /// Reads a file line by line and hands over one piece of ink after the other; empty lines are skipped.
    ///
    /// - Parameter body: returns false to stop early.
    /// - Throws: `InkFileError`, and what `body` throws.
    public static func read(
        _ url: URL, limits: InkLimits = InkLimits(), _ body: (InkLine) throws -> Bool
    ) throws {
        let reader = try LineReader(url, maximumBytes: limits.lineBytes)
        var parser = Parser(limits: limits)
        while let bytes = try reader.next() {
            if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
            guard try body(parser.parse(bytes, path: reader.path, line: reader.line)) else { return }
        }
    }

    /// All lines of a file.
    public static func read(_ url: URL, limits: InkLimits = InkLimits()) throws -> [InkLine] {
        var lines: [InkLine] = []
        try read(url, limits: limits) {
            lines.append($0)
            return true
        }
        return lines
    }

    /// One object with its scratch memory.
    struct Parser {
        private let limits: InkLimits
        private var channels = [[Double]](repeating: [], count: Channel.allCases.count)

        private enum Channel: Int, CaseIterable {
            case x, y, time, pressure, tiltX, tiltY
        }

        init(limits: InkLimits) {
            self.limits = limits
        }

        mutating func parse(_ bytes: UnsafeRawBufferPointer, path: String, line: Int) throws -> InkLine {
            var scanner = JSONScanner(bytes)
            var ink = InkLine(id: "line-\(line)", strokes: [])
            var hasStrokes = false
            do {
                try scanner.object { scanner, key in
                    switch key {
                    case "id": ink.id = try scanner.optionalString() ?? ink.id
                    case "source": ink.source = try scanner.optionalString()
                    case "writer": ink.writer = try scanner.optionalString()
                    case "lang": ink.language = try scanner.optionalString()
                    case "text": ink.text = try scanner.optionalString()
                    case "strokes":
                        hasStrokes = true
                        ink.strokes = try strokes(&scanner)
                    default: try scanner.skip()
                    }
                }
                try scanner.expectEnd()
                guard hasStrokes else { throw scanner.failure("the object has no \"strokes\"") }
            } catch let failure as JSONScanner.Failure {
                throw InkFileError.malformed(
                    path: path, line: line, reason: "\(failure.reason) (byte \(failure.position + 1))",
                    remedy:
                        "Each line is an object such as {\"id\":\"1\",\"text\":\"a\",\"strokes\":[[[0,1],[0,1],[0,10]]]}."
                )
            } catch Excess.samples {
                throw InkFileError.tooLarge(path: path, line: line, what: "samples", limit: limits.samples)
            } catch Excess.strokes {
                throw InkFileError.tooLarge(path: path, line: line, what: "strokes", limit: limits.strokes)
            }
            return ink
        }

        private enum Excess: Error {
            case samples, strokes
        }

        private mutating func strokes(_ scanner: inout JSONScanner) throws -> [Stroke] {
            var strokes: [Stroke] = []
            var samples = 0
            try scanner.array { scanner in
                guard strokes.count < limits.strokes else { throw Excess.strokes }
                strokes.append(try stroke(&scanner))
                samples += strokes[strokes.count - 1].samples.count
                guard samples <= limits.samples else { throw Excess.samples }
            }
            return strokes
        }

        private mutating func stroke(_ scanner: inout JSONScanner) throws -> Stroke {
            for channel in channels.indices { channels[channel].removeAll(keepingCapacity: true) }
            var next = 0
            try scanner.array { scanner in
                guard next < channels.count else { throw scanner.failure("a stroke has more than six channels") }
                try scanner.numbers(into: &channels[next], atMost: limits.samples)
                next += 1
            }
            let count = channels[Channel.x.rawValue].count
            guard next >= 2 else { throw scanner.failure("a stroke needs x and y") }
            guard channels[Channel.y.rawValue].count == count,
                channels.allSatisfy({ $0.isEmpty || $0.count == count })
            else {
                throw scanner.failure("the channels of a stroke differ in length")
            }
            func optional(_ channel: Channel, _ index: Int) -> Float? {
                let values = channels[channel.rawValue]
                return values.isEmpty || values[index].isNaN ? nil : Float(values[index])
            }
            let hasTime = !channels[Channel.time.rawValue].isEmpty
            let isPlain = channels[Channel.pressure.rawValue...].allSatisfy(\.isEmpty)
            return Stroke(
                [Sample](unsafeUninitializedCapacity: count) { samples, initialized in
                    for index in 0..<count {
                        let time = hasTime ? Sample.time(milliseconds: channels[Channel.time.rawValue][index]) : nil
                        var sample = Sample(
                            x: Float(channels[Channel.x.rawValue][index]),
                            y: Float(channels[Channel.y.rawValue][index]),
                            time: time)
                        if !isPlain {
                            sample.pressure = optional(.pressure, index)
                            sample.tiltX = optional(.tiltX, index)
                            sample.tiltY = optional(.tiltY, index)
                        }
                        (samples.baseAddress! + index).initialize(to: sample)
                    }
                    initialized = count
                })
        }
    }
}

extension Sample {
    /// A time in ms as this type's µs; nil if it is not a number or beyond what 64 bits hold.
    static func time(milliseconds: Double) -> Int64? {
        let time = (milliseconds * 1000).rounded()
        return abs(time) < 9e18 ? Int64(time) : nil
    }
}
