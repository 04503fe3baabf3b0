import DuctusDrawing
import DuctusInk
import Testing

struct PenMovementTests {
    private let corners = [PlanePoint(1, 2), PlanePoint(5, 2), PlanePoint(5, 9), PlanePoint(0, 0)]

    /// A movement along the corners, each part beginning `spacing` seconds after the one before and lasting 0.2 s.
    private func movement(spacing: Double) -> PenMovement {
        var movement = PenMovement(start: corners[0])
        for (index, (from, to)) in zip(corners, corners.dropFirst()).enumerated() {
            let arc = Arc(start: from, end: to, turning: 0.3)
            movement.append(LognormalPulse(arc: arc, onset: Double(index) * spacing, duration: 0.2, sigma: 0.25))
        }
        return movement
    }

    @Test(arguments: [0.2, 0.1, 0.05])
    func overlappingMovementsAddUpToThePlan(spacing: Double) {
        let movement = movement(spacing: spacing)
        var walk = movement.walk()
        #expect(walk.position(at: 0) == corners[0])
        #expect((walk.position(at: movement.end) - corners[3]).norm < 1e-9)
    }

    @Test func walkingInSmallStepsEqualsLookingOnce() {
        let movement = movement(spacing: 0.07)
        var walk = movement.walk()
        for time in stride(from: 0.0, to: 0.4, by: 0.003) {
            var fresh = movement.walk()
            #expect((walk.position(at: time) - fresh.position(at: time)).norm < 1e-9)
        }
    }

    @Test func cornersAreReachedOnlyWithoutOverlap() {
        func leastDistance(to corner: PlanePoint, spacing: Double) -> Double {
            var walk = movement(spacing: spacing).walk()
            return stride(from: 0.0, to: 0.7, by: 0.001).map { (walk.position(at: $0) - corner).norm }.min()
                ?? .infinity
        }
        #expect(leastDistance(to: corners[1], spacing: 0.2) < 0.01)
        #expect(leastDistance(to: corners[1], spacing: 0.07) > 0.3)
    }
}
