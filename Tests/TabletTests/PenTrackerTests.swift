import DuctusInk
import DuctusTablet
import Testing

@Suite struct PenTrackerTests {
    private let device = {
        var device = TabletDevice()
        device.axes = [
            InputCode.x: .init(minimum: 0, maximum: 1000, resolution: 10),
            InputCode.y: .init(minimum: 0, maximum: 1000, resolution: 20),
            InputCode.pressure: .init(minimum: 0, maximum: 100),
            InputCode.tiltX: .init(minimum: -90, maximum: 90, resolution: 57),
            InputCode.tiltY: .init(minimum: 0, maximum: 127),
        ]
        device.keys = [InputCode.pen, InputCode.touch]
        return device
    }()

    /// Reports of (code, value) pairs, 10 ms apart; keys are told by their number.
    private func actions(
        _ reports: [[(UInt16, Int32)]], device: TabletDevice? = nil, dirt: UnsafeMutablePointer<PenDirt>? = nil
    ) -> [PenAction] {
        var tracker = PenTracker(device ?? self.device)
        var actions: [PenAction] = []
        for (index, report) in reports.enumerated() {
            let time = Int64(index) * 10_000
            for (code, value) in report {
                let type = code >= 0x100 ? InputCode.key : InputCode.axis
                tracker.handle(InputEvent(time: time, type: type, code: code, value: value), into: &actions)
            }
            tracker.handle(
                InputEvent(time: time, type: InputCode.synchronization, code: InputCode.report, value: 0),
                into: &actions)
        }
        dirt?.pointee = tracker.dirt
        return actions
    }

    private func samples(_ actions: [PenAction]) -> [Sample] {
        actions.compactMap { if case .sample(let sample, _, _) = $0 { sample } else { nil } }
    }

    @Test func unchangedAxesKeepTheirValue() {
        let made = samples(
            actions([
                [(0, 100), (1, 200), (InputCode.pen, 1)], [(0, 110)], [(1, 210)], [],
            ]))
        #expect(made.map(\.x) == [100, 110, 110])
        // Both axes in units of x: y has twice the resolution.
        #expect(made.map(\.y) == [100, 100, 105])
        #expect(made.map(\.time) == [0, 10_000, 20_000])
    }

    @Test func nothingIsReportedBeforeBothAxesAreKnown() {
        #expect(actions([[(InputCode.pen, 1)], [(0, 5)]]).isEmpty)
    }

    @Test func aWornTipIsTakenAsZero() {
        let made = samples(
            actions([
                [(0, 1), (1, 1), (InputCode.touch, 0), (InputCode.pressure, 10), (InputCode.pen, 1)],
                [(InputCode.pressure, 10), (InputCode.touch, 1)], [(InputCode.pressure, 55)],
                [(InputCode.pressure, 100)],
            ]))
        #expect(made.map(\.pressure) == [0, 0, 0.5, 1])
    }

    @Test func withoutATouchButtonThePressureDecides() {
        var plain = device
        plain.keys = [InputCode.pen]
        let made = actions(
            [
                [(0, 1), (1, 1), (InputCode.pressure, 0), (InputCode.pen, 1)], [(InputCode.pressure, 30)],
                [(InputCode.pressure, 0)],
            ], device: plain)
        let contacts = made.map { if case .sample(_, let contact, _) = $0 { contact } else { false } }
        #expect(contacts == [false, true, false])
    }

    @Test func tiltIsToldOnlyWhereItsUnitIsKnown() {
        let made = samples(
            actions([[(0, 1), (1, 1), (InputCode.tiltX, 57), (InputCode.tiltY, 90), (InputCode.pen, 1)]]))
        #expect(abs((made[0].tiltX ?? 0) - 180 / .pi) < 0.01)
        #expect(made[0].tiltY == nil)
    }

    @Test func withoutResolutionsTheSizeStaysUnknown() {
        var unknown = device
        unknown.axes[InputCode.y]?.resolution = 0
        #expect(unknown.resolution == nil)
        #expect(device.resolution == 10)
    }

    @Test func leavingEndsStrokeAndSegmentAtTheLastRealPosition() {
        let made = actions([
            [(0, 500), (1, 400), (InputCode.pen, 1), (InputCode.touch, 1), (InputCode.pressure, 50)],
            [(0, 0), (1, 0), (InputCode.pressure, 0), (InputCode.touch, 0), (InputCode.pen, 0)],
        ])
        let sample = Sample(x: 500, y: 200, time: 0, pressure: 0.5)
        #expect(
            made == [
                .sample(sample, contact: true, erasing: false), .sample(sample, contact: false, erasing: false),
                .proximityOut,
            ])
    }

    @Test func lostEventsEndTheStrokeAndAskForTheState() {
        var tracker = PenTracker(device)
        var made: [PenAction] = []
        func send(_ type: UInt16, _ code: UInt16, _ value: Int32) {
            tracker.handle(InputEvent(time: 5, type: type, code: code, value: value), into: &made)
        }
        send(InputCode.axis, 0, 300)
        send(InputCode.axis, 1, 300)
        send(InputCode.key, InputCode.pen, 1)
        send(InputCode.key, InputCode.touch, 1)
        send(InputCode.synchronization, InputCode.report, 0)
        send(InputCode.synchronization, InputCode.dropped, 0)
        send(InputCode.axis, 0, 999)
        send(InputCode.synchronization, InputCode.report, 0)
        let last = Sample(x: 300, y: 150, time: 5)
        #expect(
            made == [
                .sample(last, contact: true, erasing: false), .sample(last, contact: false, erasing: false),
                .resynchronize,
            ])
        #expect(tracker.dirt.lost == 2)
        made = []
        var state = PenTracker.State()
        (state.x, state.y, state.touch, state.tools) = (310, 320, true, [InputCode.pen])
        tracker.adopt(state)
        send(InputCode.synchronization, InputCode.report, 0)
        #expect(made == [.sample(Sample(x: 310, y: 160, time: 5), contact: true, erasing: false)])
    }

    @Test func aJumpIntoTheCornerIsDroppedButAPenThatIsThereIsNot() {
        var dirt = PenDirt()
        let jump = samples(
            actions([[(0, 500), (1, 500), (InputCode.pen, 1)], [(0, 0), (1, 0)], [(0, 510), (1, 500)]], dirt: &dirt))
        #expect(jump.map(\.x) == [500, 510])
        #expect(dirt.corner == 1)
        let near = samples(actions([[(0, 20), (1, 20), (InputCode.pen, 1)], [(0, 0), (1, 0)]], dirt: &dirt))
        #expect(near.map(\.x) == [20, 0])
        #expect(dirt.total == 0)
    }

    @Test func theRubberIsTold() {
        let made = actions([[(0, 5), (1, 5), (InputCode.rubber, 1), (InputCode.touch, 1)]])
        #expect(made == [.sample(Sample(x: 5, y: 2.5, time: 0), contact: true, erasing: true)])
    }

    @Test func aMouseOnTheTabletIsNoPen() {
        let made = actions([[(0, 5), (1, 5), (0x146, 1)]])
        #expect(made.isEmpty)
    }

    @Test func hostileAxesDoNoHarm() {
        var odd = device
        odd.axes[InputCode.x] = .init(minimum: .max, maximum: .min)
        odd.axes[InputCode.pressure] = .init(minimum: .min, maximum: .max)
        let made = actions(
            [
                [(0, .min), (1, 0), (InputCode.pressure, .max), (InputCode.pen, 1)],
                [(0, .max), (InputCode.pressure, .min)],
            ], device: odd)
        #expect(samples(made).allSatisfy { (0...1).contains($0.pressure ?? 0) })
    }

    @Test func buttonsAreToldWhenTheyArePressed() {
        let pressed = actions([
            [(InputCode.pen, 1), (InputCode.x, 10), (InputCode.y, 10), (0x14b, 1)], [(0x14b, 0)], [(0x103, 1)],
            [(0x110, 1)],
        ])
        #expect(pressed.filter { if case .button = $0 { true } else { false } } == [.button(0x14b), .button(0x103)])
    }
}
