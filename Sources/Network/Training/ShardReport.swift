/// The report of a shard on its sequences, encoded for other ranks.
struct ShardReport {
    /// The numbers of its sequences within the batch.
    var members: [Int]
    /// The loss of each member, for each head.
    var losses: [[Double]]
    var consistency: Double

    /// Numbers of 64 bits, little endian: members, heads, then each member's number and losses, and the consistency.
    static func encoded(_ reports: [ShardReport]) -> [UInt8] {
        var words: [UInt64] = []
        for report in reports {
            words += [UInt64(report.members.count), UInt64(report.losses.count)]
            words += report.members.map { UInt64($0) }
            for losses in report.losses { words += losses.map(\.bitPattern) }
            words.append(report.consistency.bitPattern)
        }
        return words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }

    /// - Throws: `NetworkError.ranks` for other bytes.
    static func decoded(_ bytes: [UInt8]) throws(NetworkError) -> [ShardReport] {
        let words = stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map { place in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[place + $1]) << (8 * UInt64($1)) }
        }
        var place = 0
        func next(_ count: Int) throws(NetworkError) -> ArraySlice<UInt64> {
            guard count >= 0, count <= words.count - place else {
                throw .ranks(reason: "a rank told of its losses in part")
            }
            defer { place += count }
            return words[place..<place + count]
        }
        var reports: [ShardReport] = []
        while place < words.count {
            let counts = Array(try next(2)).map { Int(clamping: $0) }
            let members = try next(counts[0]).map { Int(clamping: $0) }
            var losses: [[Double]] = []
            for _ in 0..<counts[1] { losses.append(try next(members.count).map { Double(bitPattern: $0) }) }
            let consistency = try next(1).reduce(0.0) { $0 + Double(bitPattern: $1) }
            reports.append(ShardReport(members: members, losses: losses, consistency: consistency))
        }
        return reports
    }
}
