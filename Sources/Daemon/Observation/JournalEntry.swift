import Logging

/// One log entry as the journal's native protocol has it: fields `NAME=value` in one datagram; a value with a line break is
/// written with its length (systemd.io/JOURNAL_NATIVE_PROTOCOL).
struct JournalEntry {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ name: String, _ value: String) {
        let name = Self.fieldName(name)
        let value = Array(value.utf8)
        bytes += name
        if value.contains(UInt8(ascii: "\n")) {
            bytes.append(UInt8(ascii: "\n"))
            withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes += $0 }
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes += value
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Upper case letters, digits and underscores; the first is a letter, since the journal keeps leading underscores for itself.
    static func fieldName(_ text: String) -> [UInt8] {
        var name = text.uppercased().utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "_")
            }
        }
        if !(name.first.map { $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") } ?? false) {
            name = Array("X".utf8) + name
        }
        return Array(name.prefix(64))
    }
}

extension Logger.Level {
    /// syslog(3).
    var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
