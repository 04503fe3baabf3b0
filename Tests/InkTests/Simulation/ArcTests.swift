import DuctusDrawing
import DuctusInk
import Foundation
import Testing

struct ArcTests {
    private func via(_ x: Double, _ y: Double, corner: Bool = false) -> Glyph.Via {
        Glyph.Via(position: PlanePoint(x, y), isCorner: corner)
    }

    @Test func passesThroughAllPlacesWithoutAGap() {
        let path = [via(0, 0), via(4, 5), via(9, 1, corner: true), via(9, 8)]
        let arcs = Arc.through(path)
        #expect(arcs.map(\.start) == path.dropLast().map(\.position))
        #expect(arcs.map(\.end) == path.dropFirst().map(\.position))
    }

    @Test func placesOfACircleGiveItsArcs() {
        let path = (0...8).map { via(5 * cos(Double($0) * .pi / 4), 5 * sin(Double($0) * .pi / 4)) }
        for arc in Arc.through(path).dropFirst().dropLast() {
            #expect(abs(arc.turning - .pi / 4) < 1e-9)
            #expect(abs((arc.start + arc.displacement(at: 0.5)).norm - 5) < 1e-9)
        }
    }

    @Test func cornersStaySharp() {
        let arcs = Arc.through([via(0, 0), via(5, 9, corner: true), via(10, 0)])
        #expect(arcs.allSatisfy { $0.turning == 0 })
    }

    @Test func repeatedPlacesAndSinglePlacesAreNoMovement() {
        #expect(Arc.through([]).isEmpty)
        #expect(Arc.through([via(1, 1)]).isEmpty)
        #expect(Arc.through([via(1, 1), via(1, 1)]).isEmpty)
        #expect(Arc.through([via(1, 1), via(1, 1), via(2, 1)]).count == 1)
    }
}
