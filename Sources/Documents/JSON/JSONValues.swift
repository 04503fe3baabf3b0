import DuctusFoundations
import Foundation

/// Cuts a file into JSON values: one a line, several in a line, one over many lines, or the elements of a list.
///
/// A broken value does not spoil the next one: an object that is still open where another begins at the start of a
/// line, and a string that is open at a line's end, end there.
struct JSONValues {
    private let file: LineReader
    private let limits: InkLimits
    /// Whether the elements of a list are values of their own.
    private let splitsLists: Bool
    /// The rest of the current line.
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)
    private var pending: [UInt8] = []
    private var firstLine = 0
    private var balance = Balance()

    init(_ file: LineReader, splitsLists: Bool, limits: InkLimits) {
        self.file = file
        self.splitsLists = splitsLists
        self.limits = limits
    }

    /// Calls `body` with the next value's bytes and the line it begins in; nil at the end.
    mutating func next<Result>(_ body: (UnsafeRawBufferPointer, Int) throws -> Result) throws -> Result? {
        while true {
            if rest.isEmpty {
                guard let line = try file.next() else { return try last(body) }
                if !pending.isEmpty, beginsAnObject(line) {
                    // The one before never ended.
                    rest = line
                    return try takePending(body)
                }
                rest = line
            }
            if pending.isEmpty {
                skipSeparators()
                if rest.isEmpty { continue }
                firstLine = file.line
                balance = Balance()
            }
            guard let first = rest.first else { continue }
            if pending.isEmpty, first != UInt8(ascii: "{"), first != UInt8(ascii: "[") {
                // No object: the whole line is at fault.
                let line = rest
                rest = UnsafeRawBufferPointer(start: nil, count: 0)
                return try body(line, firstLine)
            }
            if let end = balance.end(in: rest) {
                let value = UnsafeRawBufferPointer(rebasing: rest[..<end])
                rest = UnsafeRawBufferPointer(rebasing: rest[end...])
                if pending.isEmpty { return try body(value, firstLine) }
                pending += value
                return try takePending(body)
            }
            guard pending.count + rest.count < limits.lineBytes else {
                throw FileError.tooLarge(
                    path: file.path, line: firstLine, what: "bytes in one object", limit: limits.lineBytes)
            }
            pending += rest
            pending.append(0x0a)
            rest = UnsafeRawBufferPointer(start: nil, count: 0)
            if balance.isInString { return try takePending(body) }
        }
    }

    private mutating func takePending<Result>(
        _ body: (UnsafeRawBufferPointer, Int) throws -> Result
    ) throws -> Result {
        defer { pending.removeAll(keepingCapacity: pending.count < 1 << 20) }
        return try pending.withUnsafeBytes { try body($0, firstLine) }
    }

    private mutating func last<Result>(_ body: (UnsafeRawBufferPointer, Int) throws -> Result) throws -> Result? {
        pending.isEmpty ? nil : try takePending(body)
    }

    /// Steps over white space, and over what stands between the elements of a list.
    private mutating func skipSeparators() {
        var index = 0
        while index < rest.count {
            switch rest[index] {
            // Also the record separator of RFC 7464.
            case 0x20, 0x09, 0x0d, 0x1e: index += 1
            case UInt8(ascii: ","), UInt8(ascii: "]"):
                guard splitsLists else {
                    rest = UnsafeRawBufferPointer(rebasing: rest[index...])
                    return
                }
                index += 1
            case UInt8(ascii: "[") where splitsLists && holdsObjects(after: index):
                index += 1
            default:
                rest = UnsafeRawBufferPointer(rebasing: rest[index...])
                return
            }
        }
        rest = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// Whether a bracket begins a list of objects: one follows, or the line ends.
    private func holdsObjects(after index: Int) -> Bool {
        let next = rest[(index + 1)...].first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d }
        return next == nil || next == UInt8(ascii: "{") || next == UInt8(ascii: "]")
    }

    /// Whether a line begins a new object although one is open. Objects inside others are indented, or begin within a line.
    private func beginsAnObject(_ line: UnsafeRawBufferPointer) -> Bool {
        guard pending.first == UInt8(ascii: "{"), line.first == UInt8(ascii: "{") else { return false }
        let second = line.dropFirst().first { $0 != 0x20 && $0 != 0x09 }
        return second == nil || second == UInt8(ascii: "\"") || second == UInt8(ascii: "}")
    }

    /// Counts brackets outside of strings.
    private struct Balance {
        private var depth = 0
        private(set) var isInString = false
        private var isEscaped = false

        /// The end of the value, one past its last byte; nil if the value goes on.
        mutating func end(in bytes: UnsafeRawBufferPointer) -> Int? {
            for index in bytes.indices {
                let byte = bytes[index]
                if isInString {
                    if isEscaped {
                        isEscaped = false
                    } else if byte == UInt8(ascii: "\\") {
                        isEscaped = true
                    } else if byte == UInt8(ascii: "\"") {
                        isInString = false
                    }
                    continue
                }
                switch byte {
                case UInt8(ascii: "\""): isInString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    if depth <= 0 { return index + 1 }
                default: break
                }
            }
            return nil
        }
    }
}
