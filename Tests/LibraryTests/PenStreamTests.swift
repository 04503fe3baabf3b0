import Ductus
import DuctusStreaming
import Foundation
import StreamingTestSupport
import Testing

/// Pens of the library are read as whole lines are, with labels of their own and no words of the wire.
@Suite struct PenStreamTests {
    private let model: Model
    private let reader: LiveReader

    init() throws {
        model = try TinyModel.make()
        reader = LiveReader(model)
    }

    private func line(seed: UInt64, letters: Int = 6) -> [Stroke] {
        var pen = ScribblingPen(seed: seed)
        _ = pen.letters(letters)
        return pen.strokes
    }

    private func all(_ labels: Labels) async -> [Label] {
        var all: [Label] = []
        for await label in labels { all.append(label) }
        return all
    }

    @Test func aFinalIsWhatIsReadOfTheWholeLine() async throws {
        let recognizer = Recognizer(model: model)
        let pen = try reader.makePen()
        for seed: UInt64 in 1...3 {
            for stroke in line(seed: seed) { try pen.add(stroke) }
            try pen.endLine()
        }
        pen.finish()
        let labels = await all(pen.labels)
        let finals = labels.filter(\.isFinal)
        #expect(finals.map(\.text) == (try (1...3).map { try recognizer.recognize(line(seed: $0)).text }))
        #expect(finals.map(\.strokes) == [Array(0..<6), Array(6..<12), Array(12..<18)])
        #expect(Set(finals.map(\.line)).count == 3)
        #expect(finals.allSatisfy { $0.ending == .explicit && $0.committed == $0.text && $0.failure == nil })
        // One final a line, and nothing of the line after it.
        for (index, label) in labels.enumerated() where label.isFinal {
            #expect(!labels[(index + 1)...].contains { $0.line == label.line })
        }
    }

    @Test func samplesMakeTheSameStrokesAsStrokesDo() async throws {
        let strokes = line(seed: 5)
        let (whole, single) = (try reader.makePen(), try reader.makePen())
        for stroke in strokes {
            try whole.add(stroke)
            for sample in stroke.samples { try single.add(sample) }
            try single.lift()
        }
        whole.finish()
        single.finish()
        let finals = [await all(whole.labels).last, await all(single.labels).last]
        #expect(finals[0]?.isFinal == true)
        #expect(finals[0]?.text == finals[1]?.text)
        #expect(finals[0]?.strokes == finals[1]?.strokes)
    }

    @Test func strokesThatAreTakenBackAreNotRead() async throws {
        let strokes = line(seed: 7)
        let pen = try reader.makePen()
        var numbers: [Int] = []
        for stroke in strokes { numbers.append(try pen.add(stroke)) }
        #expect(numbers == Array(0..<6))
        try pen.takeBack([4, 5])
        pen.finish()
        let final = await all(pen.labels).last
        #expect(final?.text == (try Recognizer(model: model).recognize(Array(strokes.prefix(4))).text))
        #expect(final?.strokes == [0, 1, 2, 3])
    }

    @Test func pensOfOneReaderDoNotMix() async throws {
        let pens = try (0..<8).map { _ in try reader.makePen() }
        for index in 0..<6 {
            for (seed, pen) in pens.enumerated() { try pen.add(line(seed: UInt64(seed))[index]) }
        }
        for pen in pens { pen.finish() }
        let recognizer = Recognizer(model: model)
        for (seed, pen) in pens.enumerated() {
            let final = await all(pen.labels).last
            #expect(final?.stream == pen.name)
            #expect(final?.text == (try recognizer.recognize(line(seed: UInt64(seed))).text))
        }
    }

    @Test func theReaderFinishesWhatItsPensLeaveOpen() throws {
        let pen = try reader.makePen(name: "desk")
        for stroke in line(seed: 2) { try pen.add(stroke) }
        #expect(reader.finish())
        let final = try #require(pen.takeLabels().last)
        #expect(final.isFinal && final.stream == "desk")
        #expect(throws: StreamFault.finished) { try pen.add(line(seed: 2)[0]) }
        #expect(pen.takeLabels().isEmpty)
    }

    @Test func aPenKeepsItsReader() async throws {
        let pen = try LiveReader(model).makePen()
        for stroke in line(seed: 3) { try pen.add(stroke) }
        pen.finish()
        #expect(await all(pen.labels).last?.text == (try Recognizer(model: model).recognize(line(seed: 3)).text))
    }

    @Test func labelsOutliveTheirPen() async throws {
        let labels: Labels
        do {
            let pen = try LiveReader(model).makePen()
            for stroke in line(seed: 4) { try pen.add(stroke) }
            labels = pen.labels
        }
        #expect(await all(labels).last?.isFinal == true)
    }

    @Test func whatCannotBeReadIsRefusedWithItsName() throws {
        #expect(throws: StreamFault.name("a desk")) { try reader.makePen(name: "a desk") }
        #expect(throws: StreamFault.name("anna/../x")) { try reader.makePen(writer: "anna/../x") }
        let pen = try reader.makePen(name: "desk")
        #expect(throws: StreamFault.name("desk")) { try reader.makePen(name: "desk") }
        pen.finish()
        #expect(throws: ModelError.self) { try reader.makeSensor(channels: ["x"], rate: 50) }
    }

    @Test func aSensorIsReadAndItsVectorsMustBeWhole() async throws {
        let reader = LiveReader(try TinyVectorModel.make())
        #expect(throws: ModelError.self) { try reader.makePen() }
        let sensor = try reader.makeSensor(channels: ["x", "y", "z"], rate: 50)
        #expect(throws: StreamFault.width(found: 4, channels: 3)) { try sensor.add([1, 2, 3, 4]) }
        for step in 0..<200 { try sensor.add([Float(step % 7), Float(step % 5), 1]) }
        sensor.finish()
        let labels = await all(sensor.labels)
        let final = try #require(labels.last)
        #expect(final.isFinal && final.failure == nil && !final.text.isEmpty)
        // Spans that became final stand in exactly one label each.
        let spans = labels.flatMap(\.spans).filter { $0.state == .final }
        #expect(spans.map(\.number) == spans.indices.map(UInt64.init))
        #expect(spans.map(\.name).joined(separator: " ") == final.text)
    }
}
