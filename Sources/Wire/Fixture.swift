import Foundation
internal import SwiftProtobuf

/// One message of a recording: what it was about, when it came, and its bytes as they were on the wire.
package struct FixtureRecord: Equatable, Sendable {
    package var topic: String
    /// Microseconds since the start of the recording.
    package var time: Int64
    package var payload: [UInt8]

    package init(topic: String, time: Int64, payload: [UInt8]) {
        self.topic = topic
        self.time = time
        self.payload = payload
    }
}

/// The errors of a recording. Offsets count bytes from the start of the file.
package enum FixtureFault: Error, Equatable, CustomStringConvertible {
    case unreadable(String, reason: String)
    case unwritable(String, reason: String)
    /// A record is announced as longer than `FixtureReader.maximumRecord`: this is no recording.
    case oversized(String, offset: UInt64, bytes: UInt64)
    /// The file ends within a record.
    case truncated(String, offset: UInt64)
    case malformed(String, offset: UInt64)

    package var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
        case .oversized(let path, let offset, let bytes):
            "\(path), byte \(offset): a record of \(bytes) bytes; at most \(FixtureReader.maximumRecord) are allowed. Is this a recording of 'ductus record'?"
        case .truncated(let path, let offset):
            "\(path), byte \(offset): the file ends within a record; record it again, or cut it there"
        case .malformed(let path, let offset):
            "\(path), byte \(offset): no envelope. Is this a recording of 'ductus record'?"
        }
    }
}

/// Reads a recording record by record; memory is bounded by the largest record.
package final class FixtureReader {
    package static let maximumRecord = 16 << 20

    private let path: String
    private let file: FileHandle
    private var buffer: [UInt8] = []
    private var position = 0
    private var offset: UInt64 = 0

    package init(_ url: URL) throws(FixtureFault) {
        path = url.path
        do {
            file = try FileHandle(forReadingFrom: url)
        } catch {
            throw .unreadable(url.path, reason: error.localizedDescription)
        }
    }

    deinit { try? file.close() }

    /// All records of a file.
    package static func read(_ url: URL) throws(FixtureFault) -> [FixtureRecord] {
        let reader = try FixtureReader(url)
        var records: [FixtureRecord] = []
        while let record = try reader.next() { records.append(record) }
        return records
    }

    /// The next record; nil at the end of the file.
    package func next() throws(FixtureFault) -> FixtureRecord? {
        let start = offset
        guard let length = try length() else { return nil }
        guard length <= UInt64(Self.maximumRecord) else { throw .oversized(path, offset: start, bytes: length) }
        let count = Int(length)
        while buffer.count - position < count {
            guard try fill() else { throw .truncated(path, offset: start) }
        }
        let bytes = Array(buffer[position..<position + count])
        position += count
        offset += length
        guard let envelope = try? WireEnvelope(serializedBytes: bytes) else { throw .malformed(path, offset: start) }
        return FixtureRecord(topic: envelope.topic, time: envelope.time, payload: Array(envelope.payload))
    }

    /// A varint: seven bits a byte, lowest first, the highest bit set in all but the last.
    private func length() throws(FixtureFault) -> UInt64? {
        let start = offset
        var value: UInt64 = 0
        for index in 0..<10 {
            if position == buffer.count, try !fill() {
                if index == 0 { return nil }
                throw .truncated(path, offset: start)
            }
            let byte = buffer[position]
            position += 1
            offset += 1
            value |= UInt64(byte & 0x7f) << (7 * UInt64(index))
            if byte & 0x80 == 0 { return value }
        }
        throw .malformed(path, offset: start)
    }

    private func fill() throws(FixtureFault) -> Bool {
        buffer.removeSubrange(..<position)
        position = 0
        do {
            guard let more = try file.read(upToCount: 1 << 16), !more.isEmpty else { return false }
            buffer.append(contentsOf: more)
            return true
        } catch {
            throw .unreadable(path, reason: error.localizedDescription)
        }
    }
}

/// Writes a recording. Call `close` at the end: it says whether everything reached the file.
package final class FixtureWriter {
    private let path: String
    private let file: FileHandle
    private var pending: [UInt8] = []

    /// Begins a new file; one that is there is emptied. What is no plain file, such as a pipe, is written to.
    package init(_ url: URL) throws(FixtureFault) {
        path = url.path
        let descriptor = open(url.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .unwritable(url.path, reason: String(cString: strerror(errno))) }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    package func append(_ record: FixtureRecord) throws(FixtureFault) {
        let envelope = WireEnvelope.with {
            $0.topic = record.topic
            $0.time = record.time
            $0.payload = Data(record.payload)
        }
        guard let bytes: [UInt8] = try? envelope.serializedBytes() else {
            throw .unwritable(path, reason: "a record is too large")
        }
        var length = bytes.count
        while length >= 0x80 {
            pending.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        pending.append(UInt8(length))
        pending += bytes
        if pending.count >= 1 << 16 { try flush() }
    }

    package func flush() throws(FixtureFault) {
        do {
            try file.write(contentsOf: pending)
        } catch {
            throw .unwritable(path, reason: error.localizedDescription)
        }
        pending.removeAll(keepingCapacity: true)
    }

    package func close() throws(FixtureFault) {
        try flush()
        do {
            try file.close()
        } catch {
            throw .unwritable(path, reason: error.localizedDescription)
        }
    }
}
