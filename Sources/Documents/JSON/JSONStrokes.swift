import DuctusDrawing
import DuctusFoundations
import DuctusInk
import Foundation

/// Reads the strokes of one piece of ink, in any of the ways in which JSON texts write them:
/// a list of channels `[[x…],[y…],[t…],[p…]]`; a list of points `[[x,y],…]` or `[{"x":…,"y":…},…]`; an object of channels
/// `{"x":[…],"y":[…]}`; an object that holds the points.
///
/// Short strokes may be read as channels and as points: the longer ones of the piece decide, and where there are none, the pieces before
/// it. Keeps its memory from piece to piece.
struct JSONStrokes {
    /// The meaning of the columns in a row of numbers.
    enum Column: Int, CaseIterable {
        case x, y, time, pressure, tiltX, tiltY
    }

    private enum Layout { case channels, points, either }

    private let limits: InkLimits
    /// Multiplies times to give ms.
    var timeUnit = 1.0
    /// The numbers of all strokes, row by row, each row's end, and the number of rows before each stroke's end.
    private var numbers: [Double] = []
    private var rowEnds: [Int] = []
    private var strokeEnds: [Int] = []
    /// The columns of each stroke; nil where it is a list of rows whose layout is to be found.
    private var layouts: [Layout?] = []
    private(set) var marks: [StrokeMark] = []
    private(set) var ids: [String] = []
    /// The placement of the strokes in the file's plane.
    private(set) var placement = InkPlacement()
    private var hasPoints = false
    private var samples = 0

    init(limits: InkLimits) {
        self.limits = limits
    }

    /// Strokes so far.
    var count: Int { strokeEnds.count }

    mutating func removeAll() {
        numbers.removeAll(keepingCapacity: true)
        rowEnds.removeAll(keepingCapacity: true)
        strokeEnds.removeAll(keepingCapacity: true)
        layouts.removeAll(keepingCapacity: true)
        marks.removeAll(keepingCapacity: true)
        ids.removeAll(keepingCapacity: true)
        samples = 0
    }

    /// Reads the list of strokes that is next.
    mutating func list(_ scanner: inout JSONScanner) throws {
        try scanner.array { scanner in try stroke(&scanner) }
    }

    /// Reads the stroke that is next.
    mutating func stroke(_ scanner: inout JSONScanner) throws {
        guard strokeEnds.count < limits.strokes else { throw InkExcess(what: "strokes", limit: limits.strokes) }
        var mark = StrokeMark()
        var id = ""
        var layout: Layout?
        if scanner.peek() == UInt8(ascii: "{") {
            layout = try object(&scanner, &mark, &id)
        } else {
            layout = try rows(&scanner)
        }
        strokeEnds.append(rowEnds.count)
        layouts.append(layout)
        marks.append(mark)
        ids.append(id)
        guard numbers.count <= limits.samples * Column.allCases.count else {
            throw InkExcess(what: "samples", limit: limits.samples)
        }
    }

    /// A list of rows: channels or points, or of points as objects.
    private mutating func rows(_ scanner: inout JSONScanner) throws -> Layout? {
        var layout: Layout?
        try scanner.array { scanner in
            if scanner.peek() == UInt8(ascii: "{") {
                layout = .points
                try point(&scanner)
            } else {
                guard layout == nil else { throw scanner.failure("a list of points holds something else") }
                try scanner.numbers(into: &numbers, atMost: limits.samples * Column.allCases.count)
                endRow()
            }
            guard rowEnds.count <= limits.samples + limits.strokes else {
                throw InkExcess(what: "samples", limit: limits.samples)
            }
        }
        return layout
    }

    private mutating func endRow() { rowEnds.append(numbers.count) }

    /// `{"x":1,"y":2,"t":3,"p":0.5}`
    private mutating func point(_ scanner: inout JSONScanner) throws {
        var row = [Double](repeating: .nan, count: Column.allCases.count)
        try scanner.object { scanner, name in
            if let column = Self.column(name) {
                row[column.rawValue] = try scanner.looseNumber()
            } else {
                try scanner.skip()
            }
        }
        guard !row[0].isNaN || !row[1].isNaN else { throw scanner.failure("a point has no \"x\" and \"y\"") }
        numbers += row
        endRow()
    }

    static func column(_ name: String) -> Column? {
        switch name {
        case "x", "X": .x
        case "y", "Y": .y
        case "t", "T", "time", "timestamp": .time
        case "p", "P", "F", "f", "pressure", "force": .pressure
        case "tiltX": .tiltX
        case "tiltY": .tiltY
        default: nil
        }
    }

    /// A stroke that is an object: its channels, or its points.
    private mutating func object(
        _ scanner: inout JSONScanner, _ mark: inout StrokeMark, _ id: inout String
    ) throws -> Layout? {
        var layout: Layout?
        var channels: [Column: [Double]] = [:]
        let first = rowEnds.count
        try scanner.object { scanner, name in
            switch name {
            case "id": id = try scanner.looseText() ?? ""
            case "pointerType", "pointer", "tool":
                if try scanner.looseText()?.lowercased().contains("eraser") == true { mark.tool = .eraser }
            case "points", "pointers", "path", "coords", "coordinates", "data", "strokes", "samples", "dots":
                guard rowEnds.count == first, scanner.peek() == UInt8(ascii: "[") else {
                    try scanner.skip()
                    break
                }
                layout = try rows(&scanner)
            case "style": try Self.style(&scanner, &mark)
            case "color": mark.color = try scanner.looseText().flatMap(Color.init(css:)) ?? mark.color
            case "width":
                let width = try scanner.looseNumber()
                if width.isFinite, width > 0 { mark.widths = [Float(width)] }
            default:
                guard let column = Self.column(name), scanner.peek() == UInt8(ascii: "[") else {
                    try scanner.skip()
                    break
                }
                channels[column] = try channel(&scanner)
            }
        }
        guard !channels.isEmpty else { return layout }
        guard rowEnds.count == first else { throw scanner.failure("a stroke has both channels and points") }
        for column in Column.allCases {
            numbers += channels[column] ?? []
            endRow()
        }
        return .channels
    }

    /// Reads the list of numbers that is next: a channel of a stroke.
    func channel(_ scanner: inout JSONScanner) throws -> [Double] {
        var values: [Double] = []
        try scanner.numbers(into: &values, atMost: limits.samples)
        return values
    }

    /// Adds a stroke whose channels were read by the caller.
    mutating func append(_ channels: [Column: [Double]], mark: StrokeMark, id: String) throws {
        guard strokeEnds.count < limits.strokes else { throw InkExcess(what: "strokes", limit: limits.strokes) }
        for column in Column.allCases {
            numbers += channels[column] ?? []
            endRow()
        }
        guard numbers.count <= limits.samples * Column.allCases.count else {
            throw InkExcess(what: "samples", limit: limits.samples)
        }
        strokeEnds.append(rowEnds.count)
        layouts.append(.channels)
        marks.append(mark)
        ids.append(id)
    }

    private static func style(_ scanner: inout JSONScanner, _ mark: inout StrokeMark) throws {
        guard scanner.peek() == UInt8(ascii: "{") else { return try scanner.skip() }
        try scanner.object { scanner, name in
            switch name {
            case "color", "-myscript-pen-color":
                mark.color = try scanner.looseText().flatMap(Color.init(css:)) ?? mark.color
            case "width", "-myscript-pen-width":
                let width = try scanner.looseNumber()
                if width.isFinite, width > 0 { mark.widths = [Float(width)] }
            case "opacity":
                let opacity = try scanner.looseNumber()
                if opacity.isFinite { mark.opacity = Float(min(1, max(0, opacity))) }
            default: try scanner.skip()
            }
        }
    }

    /// The strokes that were read.
    ///
    /// - Throws: `JSONScanner.Failure` where they are neither channels nor points.
    mutating func strokes(_ scanner: JSONScanner) throws -> [Stroke] {
        try decideLayouts(scanner)
        placeNearby()
        var strokes: [Stroke] = []
        strokes.reserveCapacity(strokeEnds.count)
        var firstRow = 0
        for (index, end) in strokeEnds.enumerated() {
            let rows = firstRow..<end
            firstRow = end
            strokes.append(layouts[index] == .points ? points(rows) : try channels(rows, scanner))
            samples += strokes[index].samples.count
            guard samples <= limits.samples else { throw InkExcess(what: "samples", limit: limits.samples) }
        }
        return strokes
    }

    /// Moves places that are far from the origin, while they still have all their digits.
    private mutating func placeNearby() {
        placement = InkPlacement()
        guard numbers.contains(where: { abs($0) > 4e6 }) else { return }
        var places: [(x: Int, y: Int)] = []
        var firstRow = 0
        for (index, end) in strokeEnds.enumerated() {
            let rows = firstRow..<end
            firstRow = end
            if layouts[index] == .points {
                places += rows.compactMap { row($0).count > 1 ? (row($0).startIndex, row($0).startIndex + 1) : nil }
            } else if rows.count > 1, row(rows.lowerBound).count == row(rows.lowerBound + 1).count {
                places += zip(row(rows.lowerBound).indices, row(rows.lowerBound + 1).indices).map { ($0, $1) }
            }
        }
        guard
            let placement = InkPlacement(xs: places.map { numbers[$0.x] }, ys: places.map { numbers[$0.y] })
        else { return }
        self.placement = placement
        for place in places {
            (numbers[place.x], numbers[place.y]) = placement.place(numbers[place.x], numbers[place.y])
        }
    }

    private func row(_ index: Int) -> ArraySlice<Double> {
        numbers[(index == 0 ? 0 : rowEnds[index - 1])..<rowEnds[index]]
    }

    /// Decides for strokes that are lists of rows what the rows are.
    private mutating func decideLayouts(_ scanner: JSONScanner) throws {
        var firstRow = 0
        var (someChannels, somePoints) = (false, false)
        var open: [Int] = []
        for (index, end) in strokeEnds.enumerated() {
            let rows = firstRow..<end
            firstRow = end
            guard layouts[index] == nil else { continue }
            open.append(index)
            switch Self.layout(rows.map { row($0).count }) {
            case .channels: someChannels = true
            case .points: somePoints = true
            case .either: break
            }
        }
        guard !open.isEmpty else { return }
        guard !(someChannels && somePoints) else {
            throw scanner.failure("some strokes are lists of channels [[x…],[y…]], others of pairs [[x,y],…]")
        }
        if someChannels { hasPoints = false }
        if somePoints { hasPoints = true }
        for index in open { layouts[index] = hasPoints ? .points : .channels }
    }

    /// The columns of rows of these lengths.
    private static func layout(_ lengths: some Collection<Int>) -> Layout {
        guard let first = lengths.first else { return .either }
        let areAlike = lengths.allSatisfy { $0 == first }
        let most = Column.allCases.count
        guard areAlike, (2...most).contains(first) else { return .channels }
        return lengths.count > most ? .points : .either
    }

    private func points(_ rows: Range<Int>) -> Stroke {
        Stroke(
            rows.map { index in
                let values = row(index)
                func value(_ column: Column) -> Double {
                    column.rawValue < values.count ? values[values.startIndex + column.rawValue] : .nan
                }
                return sample(value)
            })
    }

    private func sample(_ value: (Column) -> Double) -> Sample {
        func optional(_ column: Column) -> Float? { value(column).isNaN ? nil : Float(value(column)) }
        return Sample(
            x: Float(value(.x)), y: Float(value(.y)), time: Sample.time(milliseconds: value(.time) * timeUnit),
            pressure: optional(.pressure), tiltX: optional(.tiltX), tiltY: optional(.tiltY))
    }

    private func channels(_ rows: Range<Int>, _ scanner: JSONScanner) throws -> Stroke {
        guard rows.count <= Column.allCases.count else { throw scanner.failure("a stroke has more than six channels") }
        guard rows.count >= 2 else { throw scanner.failure("a stroke needs x and y") }
        let channels = rows.map { row($0) }
        let count = channels[0].count
        guard channels[1].count == count, channels.allSatisfy({ $0.isEmpty || $0.count == count }) else {
            throw scanner.failure("the channels of a stroke differ in length")
        }
        return numbers.withUnsafeBufferPointer { numbers in
            let starts = channels.map(\.startIndex)
            let present = channels.map { !$0.isEmpty }
            return Stroke(
                [Sample](unsafeUninitializedCapacity: count) { samples, initialized in
                    for index in 0..<count {
                        let sample = sample { column in
                            column.rawValue < starts.count && present[column.rawValue]
                                ? numbers[starts[column.rawValue] + index] : .nan
                        }
                        (samples.baseAddress! + index).initialize(to: sample)
                    }
                    initialized = count
                })
        }
    }
}

extension JSONScanner {
    /// A number, also one that stands in quotes; NaN for any other value, which is stepped over.
    mutating func looseNumber() throws -> Double {
        switch peek() {
        case UInt8(ascii: "\""): Double(try string()) ?? .nan
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "t"), UInt8(ascii: "f"):
            try {
                try skip(); return .nan
            }()
        default: try number()
        }
    }

    /// A string, or a number as text; nil for any other value, which is stepped over.
    mutating func looseText() throws -> String? {
        switch peek() {
        case UInt8(ascii: "\""): return try string()
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "t"), UInt8(ascii: "f"):
            try skip()
            return nil
        default:
            let value = try number()
            return value.isNaN
                ? nil : value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
        }
    }
}
