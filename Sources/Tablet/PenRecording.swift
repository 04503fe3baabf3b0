import DuctusFoundations
import DuctusInk
import Foundation

/// A recording of a tablet: `evemu-record` or `libinput record`, plain or gzip. Read event by event.
///
/// Of a recording of several devices the first pen counts. A recording without a description takes it from the file `NAME.desc` beside it whose name it begins with.
public final class PenRecording {
    /// Complete once the first event has been read.
    public private(set) var device = TabletDevice()

    private enum Section { case none, codes, axes, events }

    private let path: String
    private let reader: LineReader
    private var section = Section.none
    private var first: InputEvent?
    /// Bits of the set of keys read so far.
    private var keyBits = 0
    private var isLibinput = false
    /// Whether events of a pen have come; and whether its part of the recording is over.
    private var isChosen = false
    private var isOver = false
    /// Names of the devices that are no pens.
    private var others: [String] = []
    private var isRefused = false
    /// The possible first lines of a recording by libinput. Later versions hold more than is used here.
    private static let firstKeys: Set = ["version", "ndevices", "libinput", "system", "devices"]

    /// - Throws: `TabletFault.unreadableRecording`, `.recording` for a file of another kind.
    public init(_ url: URL) throws {
        path = url.path
        do {
            reader = try LineReader(url, maximumBytes: 1 << 16)
        } catch {
            throw TabletFault.unreadableRecording(path: url.path, reason: "\(error)")
        }
        first = try readEvent()
        if device.axes.isEmpty, let description = Self.description(beside: url) {
            device = try PenRecording(description).device
        }
    }

    /// The next event; nil at the end.
    public func next() throws -> InputEvent? {
        if let event = first {
            first = nil
            return event
        }
        return try readEvent()
    }

    private static func description(beside url: URL) -> URL? {
        let folder = url.deletingLastPathComponent()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let fitting = names.filter {
            $0.hasSuffix(".desc") && url.lastPathComponent.hasPrefix($0.dropLast(5)) && $0 != url.lastPathComponent
        }
        return fitting.max { $0.count < $1.count }.map { folder.appending(path: $0) }
    }

    private func readEvent() throws -> InputEvent? {
        while !isOver {
            let line: String
            do {
                guard let bytes = try reader.next() else {
                    guard isChosen || others.isEmpty else {
                        throw TabletFault.noPenRecorded(path: path, devices: others)
                    }
                    return nil
                }
                line = String(decoding: bytes, as: UTF8.self)
            } catch let fault as TabletFault {
                throw fault
            } catch {
                throw TabletFault.unreadableRecording(path: path, reason: "\(error)")
            }
            if line.hasPrefix("Input driver version is") || line.hasPrefix("Event: time ") {
                throw TabletFault.otherProgram(path: path, program: "evtest")
            }
            // Text behind # is a comment; only names may hold a #.
            let text = (line.hasPrefix("N:") ? line[...] : line.prefix { $0 != "#" }).trimmingCharacters(
                in: .whitespaces)
            if text.isEmpty { continue }
            let isEvemu = text.first.map { ("A"..."Z").contains($0) } ?? false && text.dropFirst().hasPrefix(": ")
            if let event = try isEvemu ? evemu(text) : libinput(text), isOfPen { return event }
        }
        return nil
    }

    /// Whether the device whose events come is a pen, as far as it was described.
    private var isOfPen: Bool {
        if isChosen { return true }
        guard device.keys.isEmpty || device.isPen else {
            if !isRefused { others.append(device.name.isEmpty ? "a device without a name" : "'\(device.name)'") }
            isRefused = true
            return false
        }
        isChosen = true
        return true
    }

    /// Another device's part of the recording begins.
    private func beginDevice() {
        isOver = isChosen
        guard !isChosen else { return }
        device = TabletDevice()
        keyBits = 0
        isRefused = false
    }

    private func fault(_ reason: String) -> TabletFault { .recording(path: path, line: reader.line, reason: reason) }

    // MARK: evemu (its format is described in evemu-describe(1))

    private func evemu(_ text: String) throws -> InputEvent? {
        let fields = text.dropFirst(3).split(separator: " ")
        switch text.first {
        case "N":
            if !device.name.isEmpty { beginDevice() }
            device.name = String(text.dropFirst(3))
        case "I", "P", "L", "S": break
        case "B": try addKeys(fields)
        case "A":
            let numbers = fields.dropFirst().compactMap { Int32($0) }
            guard let code = fields.first.flatMap({ UInt16($0, radix: 16) }), numbers.count == fields.count - 1,
                numbers.count >= 4
            else { throw fault("an axis needs a code and at least four numbers") }
            device.axes[code] = .init(
                minimum: numbers[0], maximum: numbers[1], resolution: numbers.count > 4 ? max(0, numbers[4]) : 0)
        case "E":
            guard fields.count >= 4, let time = Self.microseconds(fields[0]), let type = UInt16(fields[1], radix: 16),
                let code = UInt16(fields[2], radix: 16), let value = Int32(fields[3])
            else { throw fault("an event needs a time, a type, a code and a value") }
            return InputEvent(time: time, type: type, code: code, value: value)
        default: throw fault("unknown line '\(text.prefix(40))'")
        }
        return nil
    }

    /// `B: 01 …`: eight bytes of the bit set of keys, line after line.
    private func addKeys(_ fields: [Substring]) throws {
        let bytes = fields.compactMap { UInt8($0, radix: 16) }
        guard bytes.count == fields.count, let type = bytes.first else {
            throw fault("a bit set needs hexadecimal bytes")
        }
        guard UInt16(type) == InputCode.key else { return }
        for byte in bytes.dropFirst() {
            for bit in 0..<8 where byte >> bit & 1 == 1 { device.keys.insert(UInt16(clamping: keyBits + bit)) }
            keyBits += 8
        }
    }

    private static func microseconds(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].count == 6, let seconds = Int64(parts[0]), let fraction = Int64(parts[1]),
            (0...Int64(1) << 40).contains(seconds), fraction >= 0
        else { return nil }
        return seconds * 1_000_000 + fraction
    }

    // MARK: libinput record (YAML of one fixed form, read line by line)

    private func libinput(_ text: String) throws -> InputEvent? {
        if text.hasPrefix("- [") {
            guard section == .events else { return nil }
            guard let numbers = Self.numbers(text.dropFirst(2)), numbers.count == 5,
                (0...Int64(1) << 40).contains(numbers[0]), (0..<1_000_000).contains(numbers[1]),
                let type = UInt16(exactly: numbers[2]), let code = UInt16(exactly: numbers[3]),
                let value = Int32(exactly: numbers[4])
            else { throw fault("an event needs seconds, microseconds, type, code and value") }
            return InputEvent(time: numbers[0] * 1_000_000 + numbers[1], type: type, code: code, value: value)
        }
        if text.hasPrefix("- node:") {
            beginDevice()
            section = .none
            return nil
        }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        isLibinput = isLibinput || Self.firstKeys.contains(String(text[..<colon]))
        guard isLibinput else { throw fault("unknown line '\(text.prefix(40))'") }
        guard colon < text.endIndex else { return nil }
        let value = text[text.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        switch text[..<colon] {
        case "name" where device.name.isEmpty: device.name = value.trimmingCharacters(in: ["\"", "'"])
        case "codes": section = .codes
        case "absinfo": section = .axes
        case "events": section = .events
        case "properties": section = .none
        case let key:
            guard let code = UInt16(key), section == .codes || section == .axes else { break }
            guard let numbers = Self.numbers(value[...]) else { throw fault("a list of numbers is broken") }
            if section == .codes, code == InputCode.key {
                device.keys.formUnion(numbers.compactMap(UInt16.init(exactly:)))
            } else if section == .axes {
                let range = numbers.compactMap(Int32.init(exactly:))
                guard range.count == 5 else { throw fault("an axis needs five numbers") }
                device.axes[code] = .init(minimum: range[0], maximum: range[1], resolution: max(0, range[4]))
            }
        }
        return nil
    }

    /// `[1, 2, 3]`
    private static func numbers(_ text: Substring) -> [Int64]? {
        guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
        let fields = text.dropFirst().dropLast().split(separator: ",")
        let numbers = fields.compactMap { Int64($0.trimmingCharacters(in: .whitespaces)) }
        return numbers.count == fields.count ? numbers : nil
    }
}
