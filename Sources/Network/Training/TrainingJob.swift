/// The work that the threads of one call share. Unchecked, because each runs its own shard with its own gradient and
/// reads the rest.
struct Job: @unchecked Sendable {
    let call: TrainingShard.Call
    /// The row of the first frame of each sequence, for each input.
    let starts: [[Int]]
    let shards: [TrainingShard]
    /// The memory of the first shard's gradient. The others have their own, which is added up afterwards.
    let gradient: UnsafeMutablePointer<Float>
    let count: Int

    func run(_ index: Int) {
        let own = index == 0 ? gradient : shards[index].gradient.reserve(count)
        if call.wantsGradient { own.update(repeating: 0, count: count) }
        shards[index].run(call, starts: starts, gradient: own)
    }
}

/// Parameters that several threads read. Unchecked, because nobody writes to them while the pointer lives.
struct SharedParameters: @unchecked Sendable {
    let base: UnsafePointer<Float>
}
