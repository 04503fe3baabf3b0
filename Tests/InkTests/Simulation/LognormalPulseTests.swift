import DuctusDrawing
import DuctusInk
import Foundation
import Testing

struct LognormalPulseTests {
    private let quarter = Arc(start: PlanePoint(3, 0), end: PlanePoint(0, 3), turning: .pi / 2)

    @Test(arguments: [0.08, 0.25, 0.6])
    func speedIntegratesToTheLengthOfTheArc(sigma: Double) {
        let pulse = LognormalPulse(arc: quarter, onset: 0.3, duration: 0.2, sigma: sigma)
        let step = 1e-5
        var travelled = 0.0
        for time in stride(from: 0.3 + step / 2, to: 0.5, by: step) { travelled += pulse.speed(at: time) * step }
        #expect(abs(quarter.length - 3 * .pi / 2) < 1e-9)
        #expect(abs(travelled - quarter.length) < 1e-5)
    }

    @Test func velocityIntegratesToThePlannedDisplacement() {
        let pulse = LognormalPulse(arc: quarter, onset: 0, duration: 0.15, sigma: 0.25)
        let step = 1e-5
        var whole = PlanePoint.zero
        for time in stride(from: step / 2, to: 0.15, by: step) {
            // The direction turns evenly along the arc; a circle around the origin is left upwards.
            let direction = .pi / 2 + quarter.turning * pulse.progress(at: time)
            whole += PlanePoint(cos(direction), sin(direction)) * (pulse.speed(at: time) * step)
        }
        #expect((whole - PlanePoint(-3, 3)).norm < 1e-4)
        #expect(pulse.displacement(at: -1) == .zero)
        #expect((pulse.displacement(at: 1) - PlanePoint(-3, 3)).norm < 1e-9)
    }

    @Test func speedIsTheDerivativeOfProgress() {
        let pulse = LognormalPulse(arc: quarter, onset: 0.1, duration: 0.2, sigma: 0.3)
        for share in stride(from: 0.05, to: 0.95, by: 0.09) {
            let time = 0.1 + 0.2 * share
            let slope = (pulse.progress(at: time + 1e-6) - pulse.progress(at: time - 1e-6)) / 2e-6 * quarter.length
            #expect(abs(slope - pulse.speed(at: time)) < 1e-3)
        }
    }

    @Test func speedPeaksBeforeTheMiddleAsInRapidMovements() {
        let pulse = LognormalPulse(arc: quarter, onset: 0, duration: 1, sigma: 0.3)
        let speeds = (0...1000).map { pulse.speed(at: Double($0) / 1000) }
        let peak = speeds.firstIndex(of: speeds.max() ?? 0) ?? 0
        #expect(peak > 100 && peak < 450)
    }

    @Test func anArcStaysOnItsCircle() {
        for share in stride(from: 0.0, through: 1, by: 0.1) {
            let place = quarter.start + quarter.displacement(at: share)
            #expect(abs(place.norm - 3) < 1e-9)
        }
    }
}
