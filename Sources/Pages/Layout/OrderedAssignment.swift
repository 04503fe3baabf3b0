import Foundation

/// Gives strokes to lines at the least total cost, where going to another line from one stroke to the next costs, too
/// (Viterbi 1967).
enum OrderedAssignment {
    /// The largest cost of leaving a line, in nats.
    private static let most = 4.0
    /// The cost of leaving a line, estimated from how often consecutive strokes do where geometry alone assigns them:
    /// high where strokes come in the order of writing, 0 where they come in any order.
    static func switching(in owner: [Int], kinds: [LineFit.Kind]) -> Double {
        let bodies = zip(owner, kinds).filter { $0.1 == .body }.map(\.0)
        guard bodies.count > 1 else { return 0 }
        let switches = zip(bodies, bodies.dropFirst()).filter { $0 != $1 }.count
        let share = (Double(switches) + 0.5) / Double(bodies.count)
        guard share < 0.4 else { return 0 }
        return min(most, max(0, log((1 - share) / share)))
    }

    /// The lines of the strokes, in their order.
    ///
    /// - Parameters:
    ///   - costs: of each stroke, in each line.
    ///   - switching: of another line than that of the stroke before, by stroke; the first is not used.
    static func best(_ costs: [[Double]], switching: [Double]) -> [Int] {
        guard let first = costs.first, !first.isEmpty else { return [] }
        let lines = first.count
        var total = first
        var from: [[Int32]] = []
        from.reserveCapacity(costs.count)
        for (row, switching) in zip(costs, switching).dropFirst() {
            let cheapest = total.indices.min { total[$0] < total[$1] } ?? 0
            let change = total[cheapest] + switching
            var next = [Double](repeating: 0, count: lines), back = [Int32](repeating: 0, count: lines)
            for line in 0..<lines {
                if change < total[line] {
                    next[line] = change + row[line]
                    back[line] = Int32(cheapest)
                } else {
                    next[line] = total[line] + row[line]
                    back[line] = Int32(line)
                }
            }
            total = next
            from.append(back)
        }
        var line = total.indices.min { total[$0] < total[$1] } ?? 0
        var owner = [line]
        for back in from.reversed() {
            line = Int(back[line])
            owner.append(line)
        }
        return owner.reversed()
    }
}
