import DuctusInk
import DuctusStreaming
import DuctusTablet
import Testing

import DuctusKeyboard

private let second: Int64 = 1_000_000_000

private func tablet() -> TabletDevice {
    var device = TabletDevice()
    device.axes[InputCode.x] = .init(minimum: 0, maximum: 10_000, resolution: 100)
    device.axes[InputCode.y] = .init(minimum: 0, maximum: 5000, resolution: 100)
    return device
}

private func samples(_ points: [(Float, Float)], lifts: Bool = true) -> [PenAction] {
    var actions = points.map { PenAction.sample(Sample(x: $0.0, y: $0.1), contact: true, erasing: false) }
    if lifts, let last = points.last {
        actions.append(.sample(Sample(x: last.0, y: last.1), contact: false, erasing: false))
    }
    return actions
}

@Suite struct PenDeskTests {
    @Test func nothingIsSentOutsideWritingMode() {
        var desk = PenDesk(tablet())
        #expect(desk.handle(samples([(100, 100), (400, 600)]), accepts: true, at: 0) == [])
        #expect(desk.setWriting(true) == [.writingMode(true)])
        #expect(desk.handle(samples([(100, 100), (400, 600)]), accepts: false, at: 0) == [])
        let steps = desk.handle(samples([(100, 100), (400, 600)]), accepts: true, at: 0)
        #expect(steps.first == .begin(stroke: 0))
        #expect(steps.count == 2)
    }

    @Test func aPenHeldStillSwitches() {
        var desk = PenDesk(tablet())
        #expect(desk.handle(samples([(100, 100), (120, 110)], lifts: false), accepts: true, at: 0) == [])
        #expect(desk.deadline == second)
        #expect(desk.tick(at: second - 1) == [])
        #expect(desk.tick(at: second) == [.writingMode(true)])
        #expect(desk.deadline == nil)
        _ = desk.handle(samples([(100, 100)]), accepts: true, at: second)
        // Again, now with ink that is taken back.
        _ = desk.handle(samples([(100, 100), (110, 100)], lifts: false), accepts: true, at: 2 * second)
        #expect(desk.tick(at: 3 * second).suffix(2) == [.send(.retraction([0])), .writingMode(false)])
    }

    @Test func aPenThatMovesDoesNotSwitch() {
        var desk = PenDesk(tablet())
        _ = desk.handle(samples([(100, 100), (300, 110)], lifts: false), accepts: true, at: 0)
        #expect(desk.deadline == nil)
    }

    @Test func aButtonSwitches() {
        var desk = PenDesk(tablet(), button: 0x14b)
        #expect(desk.handle([.button(0x14b)], accepts: true, at: 0) == [.writingMode(true)])
        #expect(desk.handle([.button(0x14c)], accepts: true, at: 0) == [])
    }

    @Test func gesturesAreTakenBack() {
        var desk = PenDesk(tablet(), isWriting: true)
        _ = desk.handle(samples([(1000, 1000), (1050, 1500)]), accepts: true, at: 0)
        let steps = desk.handle(samples((0...40).map { (4000 - Float($0) * 80, 1250) }), accepts: true, at: 0)
        #expect(steps.suffix(2) == [.send(.retraction([1])), .gesture(.strike, leavesInk: true)])
        desk.beginSegment()
        let again = desk.handle(samples((0...40).map { (4000 - Float($0) * 80, 1250) }), accepts: true, at: 0)
        #expect(again.last == .gesture(.strike, leavesInk: false))
    }

    @Test func aScratchTakesTheInkBelow() {
        var desk = PenDesk(tablet(), isWriting: true)
        _ = desk.handle(samples([(1000, 1000), (1050, 1500)]), accepts: true, at: 0)
        _ = desk.handle(samples([(3000, 1000), (3050, 1500)]), accepts: true, at: 0)
        let scratch: [(Float, Float)] = (0..<7).map {
            (Float($0.isMultiple(of: 2) ? 600 : 1600), 900 + Float($0) * 110)
        }
        var points: [(Float, Float)] = []
        for (from, to) in zip(scratch, scratch.dropFirst()) {
            for step in 0..<10 {
                let share = Float(step) / 10
                points.append((from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share))
            }
        }
        let steps = desk.handle(samples(points), accepts: true, at: 0)
        #expect(steps.last == .send(.retraction([2, 0])))
    }

    @Test func strokesOutsideTheAreaWriteNothing() throws {
        let area = try #require(WritingArea("50,0,50,100"))
        var desk = PenDesk(tablet(), area: area, isWriting: true)
        #expect(desk.handle(samples([(1000, 1000), (9000, 1500)]), accepts: true, at: 0) == [])
        #expect(!desk.handle(samples([(6000, 1000), (1000, 1500)]), accepts: true, at: 0).isEmpty)
        for text in ["", "1,2,3", "0,0,0,100", "60,0,50,100", "a,b,c,d"] {
            #expect(WritingArea(text) == nil, "\(text)")
        }
    }

    @Test func anInterruptedStrokeIsSentNoFurther() {
        var desk = PenDesk(tablet(), isWriting: true)
        _ = desk.handle(samples([(1000, 1000), (1050, 1500)], lifts: false), accepts: true, at: 0)
        let steps = desk.interrupt()
        guard case .send(.samples(let sent, firstStroke: 0))? = steps.first else {
            Issue.record("\(steps)")
            return
        }
        #expect(sent.map(\.contact) == [false])
        #expect(desk.handle(samples([(1060, 1600), (1070, 1700)]), accepts: true, at: 0) == [])
    }

    @Test func panelsWriteWholeStrokes() {
        var desk = PenDesk(TabletDevice())
        #expect(desk.write(Stroke(points: [(0, 0), (10, 10)]), accepts: true).first == .begin(stroke: 0))
        #expect(desk.cancel(strokes: 1) == [.send(.retraction([0]))])
    }
}
