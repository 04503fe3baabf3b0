import DuctusRandomness
import Testing

@Suite struct SplitMix64Tests {
    /// The outputs of the reference implementation (S. Vigna, splitmix64.c) for two seeds.
    @Test func next_isTheReferenceSequence() {
        var first = SplitMix64(seed: 1_234_567)
        let outputs = (0..<5).map { _ in first.next() }
        #expect(
            outputs == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
                4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
            ])
        var zero = SplitMix64(seed: 0)
        #expect(zero.next() == 0xe220_a839_7b1d_cdaf)
    }

    @Test func state_continuesTheSequence() {
        var whole = SplitMix64(seed: 9)
        var first = SplitMix64(seed: 9)
        for _ in 0..<7 { _ = first.next() }
        var resumed = SplitMix64(seed: 0)
        resumed.state = first.state
        let expected = (0..<12).map { _ in whole.next() }
        let continued = (0..<5).map { _ in resumed.next() }
        #expect(continued == Array(expected.suffix(5)))
    }

    @Test func split_gives_independentSequences_whateverWasDrawn() {
        let parent = SplitMix64(seed: 4)
        var children = (0..<100).map { parent.split($0) }
        let firsts = children.indices.map { children[$0].next() }
        #expect(Set(firsts).count == 100)
        var again = parent.split(31)
        #expect(again.next() == firsts[31])
    }

    @Test func uniform_coversItsInterval() {
        var random = SplitMix64(seed: 2)
        let draws = (0..<20_000).map { _ in random.uniform() }
        #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
        let mean = draws.reduce(0, +) / 20_000
        let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
        #expect(abs(mean - 0.5) < 0.01 && abs(variance - 1.0 / 12) < 0.003)
    }

    @Test func normal_hasItsMoments() {
        var random = SplitMix64(seed: 3)
        let draws = (0..<20_000).map { _ in random.normal(mean: 2, deviation: 3) }
        #expect(draws.allSatisfy { $0.isFinite })
        let mean = draws.reduce(0, +) / 20_000
        let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20_000
        #expect(abs(mean - 2) < 0.1 && abs(variance - 9) < 0.4)
        let within = draws.count { abs($0 - 2) < 3 }
        #expect((13_300...14_000).contains(within))
    }
}
