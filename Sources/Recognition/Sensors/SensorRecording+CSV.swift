import DuctusFoundations
import Foundation

extension SensorRecording {
    /// Reads a table with a vector per line, plain or gzip.
    ///
    /// Cells are separated by commas, semicolons, tabs or spaces; decimals may stand behind a comma where another sign separates. Lines that
    /// begin with `#`, `%` or `//` are comments. A first line that is no numbers names the channels. A column named `label` or `activity` gives
    /// the labels, one named `time` or `timestamp` the rate, unless it is given. Cells that are empty, `NA`, or no finite number are missing
    /// numbers. WISDM's and PAMAP2's files are known by their columns.
    ///
    /// - Parameter rate: vectors per second; nil where the table tells.
    /// - Throws: `SensorFileError`, or the reader's `FileError`.
    public static func readCSV(_ url: URL, rate: Double?) throws -> SensorRecording {
        try readCSV(LineReader(url), rate: rate)
    }

    /// As above, from a file that is open.
    public static func readCSV(_ reader: LineReader, rate: Double?) throws -> SensorRecording {
        var table = SensorTable(path: reader.path)
        while let bytes = try reader.next() {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw SensorFileError.malformed(
                    path: reader.path, line: reader.line, reason: "the line is not text in UTF-8")
            }
            try table.append(text.trimmingCharacters(in: .whitespaces), line: reader.line)
        }
        return try table.recording(rate: rate)
    }
}

/// A table while it is read.
private struct SensorTable {
    private let path: String
    private var dialect: TableDialect?
    private var columns: [TableColumn] = []
    private var names: [String] = []
    private var hasNames = false
    private var values: [Float] = []
    private var times: [Double] = []
    private var labels: [String] = []
    private var subject = ""
    private var knownRate: Double?
    /// A comment that may name the columns.
    private var comment: String?
    private var rows = 0

    init(path: String) { self.path = path }

    private func malformed(_ line: Int, _ reason: String) -> SensorFileError {
        .malformed(path: path, line: line, reason: reason)
    }

    mutating func append(_ text: String, line: Int) throws {
        if text.isEmpty { return }
        if text.hasPrefix("#") || text.hasPrefix("%") || text.hasPrefix("//") {
            if rows == 0, !hasNames { comment = String(text.drop { "#%/ ".contains($0) }) }
            return
        }
        if dialect == nil { dialect = TableDialect(of: text) }
        guard let dialect else { return }
        let cells = dialect.cells(text)
        if columns.isEmpty { if begin(with: cells, text, dialect) { return } }
        guard cells.count == columns.count else {
            throw malformed(
                line,
                "\(cells.count) cells, but there are \(columns.count) columns; each line needs as many, with one separator throughout"
            )
        }
        rows += 1
        for (index, cell) in cells.enumerated() {
            switch columns[index] {
            case .label: labels.append(dialect.number(cell)?.isNaN == true ? "" : cell)
            case .subject: if subject.isEmpty { subject = cell }
            case .time: times.append(Double(cell.replacing(",", with: ".")) ?? .nan)
            case .channel:
                guard let value = dialect.number(cell) else {
                    throw malformed(
                        line,
                        "cell \(index + 1), '\(cell.prefix(40))', is no number; leave a cell empty where one is missing, and name a column of labels 'label' in the first line"
                    )
                }
                values.append(value)
            }
        }
    }

    /// Finds out what the columns are; true if the line only names them.
    private mutating func begin(with cells: [String], _ text: String, _ dialect: TableDialect) -> Bool {
        if let known = KnownTable(cells, text) {
            (columns, names, knownRate, hasNames) = (known.columns, known.names, known.rate, true)
            return false
        }
        let isHeader = cells.contains { dialect.number($0) == nil }
        if isHeader {
            // A text among numbers is a wrong cell, or a label; a header has no numbers.
            let numbers = cells.count { Float($0) != nil }
            if numbers == 0 {
                columns = cells.map(TableColumn.init(name:))
                names = cells
                hasNames = true
                return true
            }
        }
        if let comment, case let named = TableDialect(of: comment).cells(comment), named.count == cells.count,
            cells.count > 1,
            named.allSatisfy({ Float($0) == nil && !$0.isEmpty })
        {
            columns = named.map(TableColumn.init(name:))
            names = named
            hasNames = true
        } else {
            columns = cells.map { _ in .channel }
            names = cells.indices.map { "channel_\($0)" }
        }
        return false
    }

    func recording(rate: Double?) throws -> SensorRecording {
        guard !columns.isEmpty else { throw malformed(1, "the file is empty: it has no line with numbers") }
        guard rows > 0 else { throw malformed(1, "the table is empty: it has names, but no line with numbers") }
        if !hasNames, columns.count == 128 || columns.count == 561 {
            throw malformed(
                1,
                "\(columns.count) numbers a line are windows of the UCI HAR data set, not a stream; use its raw signals (HAPT's RawData, acc_exp*.txt), a vector a line"
            )
        }
        let chosen = columns.indices.filter { columns[$0] == .channel }
        guard !chosen.isEmpty else { throw malformed(1, "no column is a channel: \(names.joined(separator: ", "))") }
        guard let rate = rate ?? knownRate ?? measuredRate else { throw SensorFileError.lacksRate(path: path) }
        return SensorRecording(
            id: URL(filePath: path).lastPathComponent, subject: subject, rate: rate, channels: chosen.map { names[$0] },
            namesChannels: hasNames, values: values, spans: spans)
    }

    /// The rate by the column of times: that of the median distance, so that gaps do not count.
    private var measuredRate: Double? {
        let units = columns.compactMap { column -> Double? in if case .time(let unit) = column { unit } else { nil } }
        guard units.count == 1, times.count > 2 else { return nil }
        let steps = zip(times, times.dropFirst()).map { $1 - $0 }.filter { $0 > 0 }.sorted()
        guard !steps.isEmpty else { return nil }
        let step = steps[steps.count / 2]
        // A time stamp without a unit is in s, ms, µs or ns: the one that gives a rate of sensors.
        let candidates = units[0].isNaN ? [1, 1e-3, 1e-6, 1e-9] : units
        let rates = candidates.map { 1 / (step * $0) }
        return rates.first { (0.5...20_000).contains($0) }.map { ($0 * 1000).rounded() / 1000 }
    }

    private var spans: [SensorRecording.Span] {
        guard labels.count == rows else { return [] }
        var spans: [SensorRecording.Span] = []
        for (index, name) in labels.enumerated() where !name.isEmpty {
            if let last = spans.last, last.name == name, last.end == index {
                spans[spans.count - 1].end = index + 1
            } else {
                spans.append(.init(first: index, end: index + 1, name: name))
            }
        }
        return spans
    }
}

/// Public data sets whose tables have no names.
private struct KnownTable {
    var columns: [TableColumn]
    var names: [String]
    var rate: Double

    init?(_ cells: [String], _ text: String) {
        // WISDM (Kwapisz et al. 2010): user,activity,timestamp in ns,x,y,z;
        if cells.count == 6, text.hasSuffix(";"), Int(cells[0]) != nil, Float(cells[1]) == nil, Int(cells[2]) != nil,
            cells[3...].allSatisfy({ Float($0) != nil })
        {
            columns = [.subject, .label, .time(unit: 1e-9), .channel, .channel, .channel]
            names = ["user", "activity", "timestamp", "x", "y", "z"]
            rate = 20
            return
        }
        // PAMAP2 (Reiss and Stricker 2012): 54 columns, the second an activity's number.
        if cells.count == 54, Double(cells[0]) != nil, Int(cells[1]) != nil {
            let unit =
                ["temperature"]
                + ["acc16", "acc6", "gyro", "mag"].flatMap { name in ["x", "y", "z"].map { "\(name)_\($0)" } }
                + (1...4).map { "orientation_\($0)" }
            names =
                ["timestamp", "activity", "heart_rate"]
                + ["hand", "chest", "ankle"].flatMap { place in unit.map { "\(place)_\($0)" } }
            columns = [.time(unit: 1), .label] + [TableColumn](repeating: .channel, count: 52)
            rate = 100
            return
        }
        return nil
    }
}
