import DuctusDrawing
import Foundation

/// A crest of the ink's density: where a line of text runs, from left to right.
struct Ridge {
    /// Left to right, in the units of the page.
    var places: [PlanePoint] = []
    /// The density at each of `places`, as `InkDensity` has it.
    var strength: [Float] = []

    /// The sum of `strength`.
    var mass: Float { strength.reduce(0, +) }

    /// The ridges of a density, strongest traces first come first.
    static func ridges(of density: InkDensity, step: Double) -> [Ridge] {
        var open: [Ridge] = [], done: [Ridge] = []
        var strongest: [Float] = []
        var crests: [[(place: PlanePoint, value: Float)]] = []
        for column in 0..<density.columns {
            let values = density.column(column)
            var here: [(place: PlanePoint, value: Float)] = []
            for row in values.indices.dropFirst().dropLast()
            where values[row] > 0.05 && values[row] > values[row - 1] && values[row] >= values[row + 1] {
                let above = values[row - 1], below = values[row + 1]
                let bend = above - 2 * values[row] + below
                let shift = bend < 0 ? Double(0.5 * (above - below) / bend) : 0
                let y = density.originY + (Double(row - values.startIndex) + shift) * density.cellY
                here.append((PlanePoint(density.originX + Double(column) * density.cellX, y), values[row]))
                strongest.append(values[row])
            }
            crests.append(here)
        }
        strongest.sort()
        guard !strongest.isEmpty else { return [] }
        let floor = 0.1 * strongest[strongest.count * 8 / 10]
        for here in crests {
            var taken = Set<Int>(), kept: [Ridge] = []
            for var ridge in open.sorted(by: { ($0.strength.last ?? 0) > ($1.strength.last ?? 0) }) {
                guard let end = ridge.places.last else { continue }
                var nearest: (at: Int, distance: Double)?
                for (at, crest) in here.enumerated() where !taken.contains(at) && crest.value > floor {
                    let distance = abs(crest.place.y - end.y)
                    if distance <= step, distance < nearest?.distance ?? .infinity { nearest = (at, distance) }
                }
                if let nearest {
                    taken.insert(nearest.at)
                    ridge.places.append(here[nearest.at].place)
                    ridge.strength.append(here[nearest.at].value)
                    kept.append(ridge)
                } else {
                    done.append(ridge)
                }
            }
            for (at, crest) in here.enumerated() where !taken.contains(at) && crest.value > floor {
                kept.append(Ridge(places: [crest.place], strength: [crest.value]))
            }
            open = kept
        }
        return (done + open).filter { $0.places.count >= 2 }
    }
}
