import DuctusRandomness
import DuctusStreaming
import StreamingTestSupport
import Testing

@Suite struct FairQueueTests {
    private func client(_ name: String) -> ClientIdentifier { ClientIdentifier(name) }

    @Test func whoAsksForLittleGoesBeforeThoseWhoAskForMuch() {
        var queue = FairQueue<String>()
        for number in 0..<100 {
            queue.add("much", of: .named("m\(number)"), from: client("flood"), cost: 4000)
        }
        for _ in 0..<3 { #expect(queue.next() == "much") }
        queue.add("little", of: .named("little"), from: client("flood"), cost: 100)
        #expect(queue.next() == "little")
        queue.add("other", of: .named("other"), from: client("other"), cost: 100)
        #expect(queue.next() == "other")
        #expect(queue.count == 97)
    }

    /// Every client, and every stream of one, gets about as many frames as the others while all of them want some.
    @Test(arguments: [true, false])
    func sharesAreEqualInFrames(ofClients: Bool) throws {
        var queue = FairQueue<Int>()
        let sizes = [10, 100, 1000]
        func add(_ index: Int) {
            queue.add(
                index, of: .named("s\(index)"), from: client(ofClients ? "c\(index)" : "c"), cost: sizes[index])
        }
        for index in sizes.indices { add(index) }
        var served = [0, 0, 0]
        for _ in 0..<5000 {
            let next = queue.next()
            let index = try #require(next)
            served[index] += sizes[index]
            add(index)
        }
        let most = try #require(served.max()), least = try #require(served.min())
        #expect(most - least <= 3 * 1000)
    }

    @Test func aClientWithManyStreamsGetsNoMoreThanOneWithOne() throws {
        var queue = FairQueue<String>()
        func add(_ client: String, _ stream: String) {
            queue.add("\(client) \(stream)", of: .named(stream), from: self.client(client), cost: 50)
        }
        for number in 0..<50 { add("many", "m\(number)") }
        add("one", "single")
        var ofOne = 0
        for _ in 0..<400 {
            let next = queue.next()
            let parts = try #require(next).split(separator: " ")
            if parts[0] == "one" { ofOne += 1 }
            add(String(parts[0]), String(parts[1]))
        }
        #expect((195...205).contains(ofOne))
    }

    @Test func nobodyWaitsForEver() throws {
        var queue = FairQueue<Int>()
        queue.add(-1, of: .named("large"), from: client("c"), cost: 4000)
        var turns = 0
        // Streams that are new each time, and want little.
        while true {
            queue.add(turns, of: .named("n\(turns)"), from: client("c"), cost: 10)
            turns += 1
            let next = queue.next()
            if try #require(next) == -1 { break }
        }
        #expect(turns < 4000)
    }

    @Test func whatIsAddedComesOutOnce() throws {
        var queue = FairQueue<Int>()
        var random = SplitMix64(seed: 3)
        var waiting: Set<Int> = []
        for number in 0..<3000 {
            queue.add(
                number, of: .named("s\(number)"), from: client("c\(number % 7)"),
                cost: Int.random(in: 0...500, using: &random))
            waiting.insert(number)
            if Int.random(in: 0..<3, using: &random) > 0 {
                let next = queue.next()
                let taken = try #require(next)
                #expect(waiting.remove(taken) != nil)
            }
        }
        while let next = queue.next() { #expect(waiting.remove(next) != nil) }
        #expect(waiting.isEmpty && queue.isEmpty)
    }
}
