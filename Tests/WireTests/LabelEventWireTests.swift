import DuctusStreaming
import DuctusWire
import Testing

@Suite struct LabelEventWireTests {
    private func event(ending: LabelEvent.Ending?) throws -> LabelEvent {
        LabelEvent(
            stream: try #require(StreamName("a")), epoch: 12, number: 3, segment: 12_001, revision: 2,
            state: ending == nil ? .partial : .final, text: "grüß", committed: 2,
            symbols: [
                .init(text: "g", confidence: 0.75, time: 5...9, samples: 0..<7, strokes: 0..<1),
                .init(text: "r", confidence: 0.5, samples: 7..<9, strokes: 0..<2),
            ],
            alternatives: [.init(text: "gruß", score: -1.5)],
            spans: [.init(number: 4, name: "WALKING", time: 1...2, confidence: 0.25, state: .final, frames: 3..<5)],
            ending: ending, generation: .init(writer: "anna", number: 7), strokes: [5, 6], sampleCount: 9,
            gaps: .init(count: 1, packets: 2, dirtySamples: 3, clockJumps: 4, rateChanges: 5), droppedPartials: 4,
            failure: "nobody could read it", stamps: .init(arrived: 1, decided: 2, published: 3))
    }

    @Test func everythingComesThrough() throws {
        for ending in [nil] + LabelEvent.Ending.allCases.map(Optional.some) {
            let event = try event(ending: ending)
            #expect(try LabelEvent(wire: event.wire()) == event)
        }
    }

    @Test func whatContradictsItselfIsRefused() throws {
        let good = try WireLabelEvent(wire: event(ending: .pause).wire())
        func faulty(_ fault: WireFault, _ change: (inout WireLabelEvent) -> Void) {
            var message = good
            change(&message)
            #expect(throws: fault) { try LabelEvent(wire: message.wire()) }
        }
        faulty(.streamName("a/b")) { $0.stream = "a/b" }
        faulty(.outOfRange("committed")) { $0.committed = 5 }
        faulty(.outOfRange("samples")) {
            $0.symbols[0].endSample = 0; $0.symbols[0].firstSample = 1
        }
        faulty(.outOfRange("samples")) { $0.symbols[0].endSample = .max }
        faulty(.outOfRange("time")) { $0.symbols[0].endTime = 0 }
        faulty(.outOfRange("state")) { $0.state = .unspecified }
        faulty(.outOfRange("state")) { $0.ending = .UNRECOGNIZED(99) }
        faulty(.outOfRange("name")) { $0.spans[0].name = "" }
    }
}
