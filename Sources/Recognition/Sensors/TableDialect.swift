import Foundation

/// The dialect of a table of numbers: its separator and its decimal mark.
struct TableDialect: Equatable {
    enum Separator: Equatable {
        case comma, semicolon, tab, space
    }

    var separator: Separator
    /// The comma stands before decimals, as in much of Europe.
    var hasDecimalComma = false

    /// The dialect of a table, from one of its first lines.
    init(of line: String) {
        // A semicolon at the end of a line of commas only ends it.
        let body = line.hasSuffix(";") ? String(line.dropLast()) : line
        let plain = Self.withoutQuoted(body)
        if plain.contains(";") {
            separator = .semicolon
        } else if plain.contains("\t") {
            separator = .tab
        } else if plain.contains(",") {
            let cells = plain.split(whereSeparator: { $0 == " " })
            // "0,5 1,25": numbers with decimal commas between spaces.
            let areNumbers =
                cells.count > 1
                && cells.allSatisfy {
                    $0.count { $0 == "," } <= 1 && Self.number(String($0), decimalComma: true) != nil
                }
            separator = areNumbers && !plain.contains(", ") ? .space : .comma
        } else {
            separator = .space
        }
        hasDecimalComma = separator != .comma
    }

    private static func withoutQuoted(_ line: String) -> String {
        var isQuoted = false
        return String(
            line.filter { character in
                if character == "\"" { isQuoted.toggle() }
                return !isQuoted && character != "\""
            })
    }

    /// The cells of a line, quotes and white space around them left out.
    func cells(_ line: String) -> [String] {
        var line = Substring(line)
        if line.hasSuffix(";"), separator == .comma { line = line.dropLast() }
        if separator == .space {
            return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map { Self.unquoted(String($0)) }
        }
        let mark: Character = separator == .comma ? "," : separator == .semicolon ? ";" : "\t"
        var cells: [String] = []
        var cell = ""
        var isQuoted = false
        for character in line {
            if character == "\"" { isQuoted.toggle() }
            if character == mark, !isQuoted {
                cells.append(Self.unquoted(cell))
                cell = ""
            } else {
                cell.append(character)
            }
        }
        cells.append(Self.unquoted(cell))
        // A separator behind the last cell begins no new one.
        if separator == .semicolon, cells.count > 1, cells.last == "" { cells.removeLast() }
        return cells
    }

    private static func unquoted(_ cell: String) -> String {
        var text = cell.trimmingCharacters(in: .whitespaces)
        for quote in ["\"", "'"] where text.count > 1 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            text = String(text.dropFirst().dropLast()).replacing(quote + quote, with: quote)
        }
        return text.trimmingCharacters(in: .whitespaces)
    }

    private static let absent: Set = ["", "na", "n/a", "nan", "null", "none", "nil", "-", "?", "--", "missing", "#n/a"]

    /// A cell's number, NaN where it says that there is none; nil for any other text.
    func number(_ cell: String) -> Float? { Self.number(cell, decimalComma: hasDecimalComma) }

    private static func number(_ cell: String, decimalComma: Bool) -> Float? {
        if let value = Float(cell) { return value.isFinite ? value : .nan }
        if absent.contains(cell.lowercased()) { return .nan }
        if decimalComma, let value = Float(cell.replacing(",", with: ".")) { return value.isFinite ? value : .nan }
        return nil
    }
}

/// The meaning of a table's column, by its name.
enum TableColumn: Equatable {
    case channel
    /// Seconds in one of its units.
    case time(unit: Double)
    case label
    case subject

    init(name: String) {
        let plain = ChannelName.plain(name)
        let unit = ChannelName.unit(name)
        switch plain {
        case "label", "labels", "activity", "activity_id", "activityid", "class", "target", "ground_truth",
            "annotation":
            self = .label
        case "subject", "subject_id", "user", "user_id", "userid", "participant", "person": self = .subject
        case "time", "timestamp", "t", "elapsed", "seconds", "secs", "time_s", "seconds_elapsed":
            self = .time(
                unit: ["ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9][unit]
                    ?? (unit == "s" || plain != "timestamp" ? 1 : .nan))
        case "time_ms", "timestamp_ms", "millis", "milliseconds": self = .time(unit: 1e-3)
        case "time_us", "timestamp_us", "micros", "microseconds": self = .time(unit: 1e-6)
        case "time_ns", "timestamp_ns", "nanoseconds": self = .time(unit: 1e-9)
        default: self = .channel
        }
    }
}

/// Names of channels as people write them.
public enum ChannelName {
    /// A name in small letters, without its unit (`Acceleration x (m/s²)` is `acceleration_x`), spaces as underscores.
    public static func plain(_ name: String) -> String {
        var text = name.lowercased()
        for (open, close) in [("(", ")"), ("[", "]"), ("{", "}")] {
            if let start = text.range(of: open), text.hasSuffix(close), start.lowerBound > text.startIndex {
                text = String(text[..<start.lowerBound])
            }
        }
        text = text.trimmingCharacters(in: .whitespaces)
        return String(text.map { $0 == " " || $0 == "-" || $0 == "." ? "_" : $0 })
    }

    /// The unit in brackets behind a name; empty if there is none.
    static func unit(_ name: String) -> String {
        guard let close = name.last, let open = ["(", "[", "{"].first(where: { name.contains($0) }),
            ")]}".contains(close),
            let start = name.range(of: open)
        else { return "" }
        return String(name[start.upperBound...].dropLast()).trimmingCharacters(in: .whitespaces).lowercased()
    }

    /// The column of the channel with a name: an equal name, else one that is equal but for capitals, spaces and units.
    /// Nil if there is none, or more than one.
    public static func index(of name: String, among found: [String]) -> Int? {
        if let index = found.firstIndex(of: name) { return index }
        let alike = found.indices.filter { plain(found[$0]) == plain(name) }
        return alike.count == 1 ? alike[0] : nil
    }
}
