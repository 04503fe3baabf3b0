/// One message of a benchmark, and when to send it.
struct BenchmarkPacket {
    /// µs since the start.
    var time: Int64
    var topic: [UInt8]
    var payload: [UInt8]
    var number: Int
}

extension [BenchmarkPacket] {
    /// Puts the packets of many streams in the order of time, and counts them.
    mutating func arrange() {
        sort { $0.time < $1.time }
        for index in indices { self[index].number = index }
    }
}
