import DuctusNetwork
import DuctusRandomness
import DuctusRecognition
import DuctusTraining
import Foundation
import Synchronization
import Testing

/// Ranks in threads of one process, which meet at each call.
private final class Meeting: Sendable {
    private struct State {
        var told: [[UInt8]?]
        var result: [[UInt8]] = []
        var round = 0
        var awaited: Int
    }
    private let state: Mutex<State>
    private let count: Int

    init(count: Int) {
        self.count = count
        state = Mutex(State(told: Array(repeating: nil, count: count), awaited: count))
    }

    func rank(_ rank: Int) -> ThreadRank { ThreadRank(rank: rank, count: count, meeting: self) }

    /// What everyone says, once all have.
    func exchange(_ bytes: [UInt8], rank: Int) -> [[UInt8]] {
        let round = state.withLock { state in
            let round = state.round
            state.told[rank] = bytes
            state.awaited -= 1
            if state.awaited == 0 {
                state.result = state.told.map { $0 ?? [] }
                state.told = Array(repeating: nil, count: count)
                state.awaited = count
                state.round += 1
            }
            return round
        }
        while true {
            // Nobody begins the next round before all have left this one: each says something in every round.
            if let result = state.withLock({ $0.round > round ? $0.result : nil }) { return result }
            sched_yield()
        }
    }
}

private struct ThreadRank: Collective {
    let rank: Int
    let count: Int
    let meeting: Meeting

    func sum(_ values: inout [Float]) {
        let own = values.withUnsafeBytes { Array($0) }
        var parts = meeting.exchange(own, rank: rank).map { bytes in
            bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        }
        for (into, from) in PairwiseOrder.additions(count) {
            for index in values.indices { parts[into][index] += parts[from][index] }
        }
        values = parts[0]
    }

    func gather(_ bytes: [UInt8]) -> [[UInt8]] { meeting.exchange(bytes, rank: rank) }
    func broadcast(_ bytes: [UInt8]) -> [UInt8] { meeting.exchange(bytes, rank: rank)[0] }
}

private struct Stopped: Error {}

private struct Outcome: Sendable {
    var weights: [UInt32]
    var losses: [Double]
}

@Suite struct RanksTests {
    private func recipe(framesPerBatch: Int, consistency: Float = 0) -> Recipe {
        var recipe = Recipe()
        recipe.input = .vectors(VectorConfiguration(channels: ["level"], rate: 10))
        recipe.layers = [.recurrent(.init(cell: .lstm, in: 1, hidden: 8, dropout: 0.1))]
        recipe.optimization.epochs = 3
        recipe.optimization.framesPerBatch = framesPerBatch
        recipe.optimization.consistency = consistency
        recipe.optimization.warmUpSteps = 4
        return recipe
    }

    /// The weights of every rank, after a run of `ranks` ranks with `shards` shards each.
    private func weights(
        ranks: Int, shards: Int, framesPerBatch: Int, consistency: Float = 0, averageEvery: Int = 1,
        checkpoint: URL? = nil, stopAfter: Int? = nil
    ) throws -> (weights: [[UInt32]], losses: [[Double]]) {
        let meeting = Meeting(count: ranks)
        let recipe = recipe(framesPerBatch: framesPerBatch, consistency: consistency)
        let outcomes = Mutex<[Int: Result<Outcome, any Error>]>([:])
        let done = DispatchGroup()
        for rank in 0..<ranks {
            done.enter()
            let thread = Thread {
                let outcome = Result { () throws -> Outcome in
                    let run = try TrainingRun(
                        recipe: recipe, classes: 3, corpus: ToyCorpus(), threads: 1, shards: shards,
                        collective: meeting.rank(rank), averageEvery: averageEvery, checkpoint: checkpoint)
                    _ = try run.resume()
                    // The checkpoint is written by then.
                    do {
                        try run.run(validation: { _ in [:] }, onEpoch: { if $0.epoch == stopAfter { throw Stopped() } })
                    } catch is Stopped {}
                    return Outcome(weights: run.best.parameters.map(\.bitPattern), losses: run.history.map(\.loss))
                }
                outcomes.withLock { $0[rank] = outcome }
                done.leave()
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
        done.wait()
        let all = outcomes.withLock { $0 }
        let ordered = try (0..<ranks).map { try #require(all[$0]).get() }
        return (ordered.map(\.weights), ordered.map(\.losses))
    }

    @Test(arguments: [Float(0), 0.2])
    func severalRanksAreToTheLastBitAsOneWithTheirBatch(consistency: Float) throws {
        let one = try weights(ranks: 1, shards: 4, framesPerBatch: 256, consistency: consistency)
        let two = try weights(ranks: 2, shards: 2, framesPerBatch: 128, consistency: consistency)
        let four = try weights(ranks: 4, shards: 1, framesPerBatch: 64, consistency: consistency)
        #expect(two.weights.allSatisfy { $0 == one.weights[0] } && four.weights.allSatisfy { $0 == one.weights[0] })
        #expect(two.losses.allSatisfy { $0 == one.losses[0] } && four.losses.allSatisfy { $0 == one.losses[0] })
        let three = try weights(ranks: 3, shards: 1, framesPerBatch: 64)
        let oneOfThree = try weights(ranks: 1, shards: 3, framesPerBatch: 192)
        #expect(three.weights.allSatisfy { $0 == oneOfThree.weights[0] })
    }

    @Test func ranksThatTakeMeansAgreeAndGoOnFromACheckpoint() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ductus-ranks-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let whole = try weights(ranks: 2, shards: 1, framesPerBatch: 64, averageEvery: 3)
        #expect(whole.weights[0] == whole.weights[1] && whole.losses[0] == whole.losses[1])
        for averageEvery in [1, 3] {
            let whole = try weights(ranks: 2, shards: 1, framesPerBatch: 64, averageEvery: averageEvery)
            let checkpoint = folder.appending(path: "checkpoint-\(averageEvery)")
            _ = try weights(
                ranks: 2, shards: 1, framesPerBatch: 64, averageEvery: averageEvery, checkpoint: checkpoint,
                stopAfter: 2)
            let resumed = try weights(
                ranks: 2, shards: 1, framesPerBatch: 64, averageEvery: averageEvery, checkpoint: checkpoint)
            #expect(resumed.weights.allSatisfy { $0 == whole.weights[0] })
        }
    }

    @Test func neighboursAreAddedFirst() {
        #expect(PairwiseOrder.additions(5).map { [$0.into, $0.from] } == [[0, 1], [2, 3], [0, 2], [0, 4]])
        #expect(PairwiseOrder.additions(1).isEmpty)
    }
}
