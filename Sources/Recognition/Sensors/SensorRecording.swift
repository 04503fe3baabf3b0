import DuctusFoundations
import DuctusInk
import Foundation

/// A recording of a sensor: vectors at a fixed rate, and what is known of them.
public struct SensorRecording: Sendable, Equatable {
    /// Part of a recording with one label: vectors `first ..< end`.
    public struct Span: Sendable, Equatable {
        /// The first vector, and the first behind the part.
        public var first, end: Int
        public var name: String

        /// A stretch from vector `first` to the one before `end`.
        public init(first: Int, end: Int, name: String) {
            self.first = first
            self.end = end
            self.name = name
        }
    }

    public var id: String
    /// Who wore or moved the sensor; splits keep a subject on one side.
    public var subject: String
    /// Vectors per second.
    public var rate: Double
    /// Names of the channels, in the order of the columns.
    public var channels: [String]
    /// Whether the channels have names of their own; false where a table has none and they are only counted.
    public var namesChannels: Bool
    /// Row-major: vectors × channels. NaN where a channel was silent.
    public var values: [Float]
    /// For models that label every frame; vectors outside have no label.
    public var spans: [Span]
    /// For models that transcribe.
    public var text: String?

    /// A recording.
    ///
    /// - Parameters:
    ///   - rate: vectors per second.
    ///   - values: row-major, vectors × channels; NaN where a channel was silent.
    public init(
        id: String, subject: String, rate: Double, channels: [String], namesChannels: Bool = true, values: [Float],
        spans: [Span] = [], text: String? = nil
    ) {
        self.id = id
        self.subject = subject
        self.rate = rate
        self.channels = channels
        self.namesChannels = namesChannels
        self.values = values
        self.spans = spans
        self.text = text
    }

    /// Rates, vectors per second, that any sensor has: once in eleven days to a million times a second.
    public static let possibleRates = 1e-6...1e6

    /// Number of vectors.
    public var count: Int { channels.isEmpty ? 0 : values.count / channels.count }
}

/// The errors of a file of sensor recordings.
public enum SensorFileError: Error, Equatable, CustomStringConvertible {
    case malformed(path: String, line: Int, reason: String)
    case lacksChannels(recording: String, missing: [String], found: [String])
    /// A table that does not tell how many vectors there are in a second.
    case lacksRate(path: String)
    /// A name that the user gave is no channel of the recording, or no channel of the model.
    case noChannel(String, among: [String])
    case unusableRate(recording: String, rate: Double, usable: ClosedRange<Double>)

    public var description: String {
        switch self {
        case .malformed(let path, let line, let reason):
            "\(path), line \(line): \(reason)"
        case .lacksChannels(let recording, let missing, let found):
            """
            recording \(recording): it lacks \(missing.joined(separator: ", ")) among its channels \(found.joined(separator: ", ")); \
            name them as the model does (--channels \(missing.prefix(3).map { "\($0)=NAME" }.joined(separator: ","))), or choose another model
            """
        case .lacksRate(let path): "\(path): the table does not tell its rate; give vectors per second with --rate"
        case .noChannel(let name, let found):
            "there is no channel '\(name)'; there are \(found.joined(separator: ", "))"
        case .unusableRate(let recording, let rate, let usable):
            """
            recording \(recording): \(rate) vectors per second; the model can use \(usable.lowerBound) to \(usable.upperBound): \
            resample the recording, or choose another model
            """
        }
    }
}

extension SensorRecording {
    /// Reads a file of recordings, one JSON object per line, plain or gzip:
    /// `{"id", "subject", "rate", "channels", "frames": [[…], …], "labels": [[first, end, "NAME"], …] or "text"}`.
    ///
    /// A number that is missing is `null`.
    /// - Throws: `SensorFileError.malformed`, or the reader's `FileError`.
    public static func read(_ url: URL) throws -> [SensorRecording] {
        try read(LineReader(url))
    }

    /// As above, from a file that is open.
    public static func read(_ reader: LineReader) throws -> [SensorRecording] {
        let decoder = JSONDecoder()
        var recordings: [SensorRecording] = []
        while let bytes = try reader.next() {
            guard bytes.contains(where: { $0 > 0x20 }) else { continue }
            func malformed(_ reason: String) -> SensorFileError {
                .malformed(path: reader.path, line: reader.line, reason: reason)
            }
            let stored: Stored
            do {
                stored = try decoder.decode(Stored.self, from: Data(bytes))
            } catch {
                throw malformed("no sensor recording: \(error)")
            }
            recordings.append(try stored.recording(malformed))
        }
        return recordings
    }

    /// Reads a file of either kind: JSON where it begins so, else a table.
    ///
    /// - Parameter rate: vectors per second of a table; nil where it tells.
    /// - Throws: `SensorFileError`, or the reader's `FileError`.
    public static func readAny(_ path: String, rate: Double?) throws -> [SensorRecording] {
        let reader = try LineReader(path: path)
        while let bytes = try reader.peek() {
            guard let first = bytes.first(where: { $0 > 0x20 }) else { continue }
            return first == UInt8(ascii: "{") ? try read(reader) : [try readCSV(reader, rate: rate)]
        }
        throw SensorFileError.malformed(path: path, line: 1, reason: "the file is empty")
    }

    /// The recording with channels renamed, and these channels alone.
    ///
    /// - Parameter names: pairs of the new name and the present one, which may be a number, counted from 1.
    /// - Throws: `SensorFileError.noChannel`.
    public func renamed(_ names: [(new: String, old: String)]) throws -> SensorRecording {
        var renamed = self
        var places: [Int] = []
        for (_, old) in names {
            let number = Int(old).map { $0 - 1 }.flatMap { channels.indices.contains($0) ? $0 : nil }
            guard let place = ChannelName.index(of: old, among: channels) ?? number else {
                throw SensorFileError.noChannel(old, among: channels)
            }
            places.append(place)
        }
        renamed.channels = names.map(\.new)
        renamed.namesChannels = true
        renamed.values = (0..<count).flatMap { row in places.map { values[row * channels.count + $0] } }
        return renamed
    }

    /// The line as it stands in the file.
    private struct Stored: Decodable {
        var id: String
        var subject: Name
        var rate: Double
        var channels: [String]
        var frames: [[Float?]]
        var labels: [Label]?
        var text: String?

        func recording(_ malformed: (String) -> SensorFileError) throws -> SensorRecording {
            guard SensorRecording.possibleRates.contains(rate) else {
                throw malformed("the rate is \(rate); give vectors per second, 1e-6 to 1e6")
            }
            guard !channels.isEmpty else { throw malformed("it names no channels") }
            var values: [Float] = []
            values.reserveCapacity(frames.count * channels.count)
            for (index, frame) in frames.enumerated() {
                guard frame.count == channels.count else {
                    throw malformed("frame \(index) has \(frame.count) numbers for \(channels.count) channels")
                }
                for value in frame { values.append(value ?? .nan) }
            }
            for label in labels ?? [] {
                guard 0 <= label.first, label.first <= label.end, label.end <= frames.count else {
                    throw malformed(
                        "label \(label.name) spans \(label.first) to \(label.end) of \(frames.count) frames")
                }
            }
            return SensorRecording(
                id: id, subject: subject.text, rate: rate, channels: channels, values: values,
                spans: (labels ?? []).map { Span(first: $0.first, end: $0.end, name: $0.name) }, text: text)
        }
    }

    /// A name that some files write as a number.
    private struct Name: Decodable {
        var text: String

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            text = try (try? value.decode(Int.self)).map(String.init) ?? value.decode(String.self)
        }
    }

    /// `[first, end, "NAME"]`.
    private struct Label: Decodable {
        var first, end: Int
        var name: String

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            first = try values.decode(Int.self)
            end = try values.decode(Int.self)
            name = try values.decode(String.self)
        }
    }
}
