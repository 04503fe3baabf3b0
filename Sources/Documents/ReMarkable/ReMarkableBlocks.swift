import DuctusInk

/// Version 6: blocks of tagged values, of which those of lines count. The lines' names, pairs of an author and a counter, give their order.
enum ReMarkableBlocks {
    private static let lineBlock: UInt8 = 5
    private static let lineItem: UInt8 = 3

    /// The name of an item: its author and a counter.
    private struct Name: Comparable {
        var author: UInt8
        var counter: UInt64

        static func < (a: Name, b: Name) -> Bool { (a.counter, a.author) < (b.counter, b.author) }
    }

    static func lines(_ reader: BinaryReader, _ limits: InkLimits) throws -> [ReMarkableLine] {
        var reader = reader
        var lines: [(name: Name, line: ReMarkableLine)] = []
        var budget = InkBudget(limits)
        while reader.remaining > 0 {
            let length = Int(try reader.integer(UInt32.self))
            try reader.skip(2)
            let version = try reader.integer(UInt8.self)
            let kind = try reader.integer(UInt8.self)
            let block = BinaryReader(try reader.bytes(length))
            guard kind == lineBlock, let item = try item(block, version: version) else { continue }
            try budget.charge(item.line.stroke)
            lines.append(item)
        }
        return lines.enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }.map(
            \.element.line)
    }

    /// A line of the scene; nil for one that was deleted.
    private static func item(_ block: BinaryReader, version: UInt8) throws -> (name: Name, line: ReMarkableLine)? {
        var block = TaggedReader(block)
        _ = try block.name(1)
        let name = try block.name(2)
        _ = try block.name(3)
        _ = try block.name(4)
        _ = try block.word(5)
        guard var value = try block.part(6) else { return nil }
        guard try value.byte() == lineItem else { return nil }
        return (name, try line(&value, version: version))
    }

    private static func line(_ value: inout TaggedReader, version: UInt8) throws -> ReMarkableLine {
        let tool = try value.word(1)
        let color = try value.word(2)
        _ = try value.double(3)
        _ = try value.word(4)
        guard let points = try value.part(5) else { throw value.failure("a line has no points") }
        var reader = points.reader
        var samples: [Sample] = []
        var widths: [Float] = []
        let size = version == 1 ? 24 : 14
        samples.reserveCapacity(reader.remaining / size)
        while reader.remaining >= size {
            let (x, y) = (try reader.float(), try reader.float())
            let (width, pressure): (Float, Float)
            if version == 1 {
                try reader.skip(8)
                (width, pressure) = (try reader.float(), try reader.float())
            } else {
                try reader.skip(2)
                // Quarters of a unit.
                width = Float(try reader.integer(UInt16.self)) / 4
                try reader.skip(1)
                pressure = Float(try reader.integer(UInt8.self)) / 255
            }
            samples.append(Sample(x: x, y: y, pressure: pressure.isFinite ? min(1, max(0, pressure)) : nil))
            widths.append(width.isFinite ? max(0, width) : 1)
        }
        return ReMarkableLine(samples, tool: tool, color: color, widths: widths)
    }

    /// Values with their number and kind before them.
    private struct TaggedReader {
        var reader: BinaryReader

        init(_ reader: BinaryReader) { self.reader = reader }

        func failure(_ reason: String) -> BinaryReader.Failure { reader.failure(reason) }

        private mutating func tag(_ number: UInt64, _ kind: UInt64) throws {
            let tag = try reader.variableInteger()
            guard tag == number << 4 | kind else { throw reader.failure("value \(number) is missing") }
        }

        mutating func byte() throws -> UInt8 { try reader.integer(UInt8.self) }

        mutating func name(_ number: UInt64) throws -> Name {
            try tag(number, 0xf)
            return Name(author: try reader.integer(UInt8.self), counter: try reader.variableInteger())
        }

        mutating func word(_ number: UInt64) throws -> UInt32 {
            try tag(number, 0x4)
            return try reader.integer(UInt32.self)
        }

        mutating func double(_ number: UInt64) throws -> Double {
            try tag(number, 0x8)
            return try reader.double()
        }

        /// A part with a length; nil if it is not next.
        mutating func part(_ number: UInt64) throws -> TaggedReader? {
            guard reader.remaining > 0 else { return nil }
            var ahead = reader
            guard try ahead.variableInteger() == number << 4 | 0xc else { return nil }
            let length = Int(try ahead.integer(UInt32.self))
            let part = TaggedReader(BinaryReader(try ahead.bytes(length)))
            reader = ahead
            return part
        }
    }
}
