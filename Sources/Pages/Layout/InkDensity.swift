import DuctusDrawing
import Foundation

/// The density of writing at each place of a page, smeared along the lines. Its ridges are the lines of text (after the steerable filters
/// of Shi, Setlur and Govindaraju 2009, on swings instead of pixels).
package struct InkDensity {
    /// The place of the first cell, in the units of the ink.
    let originX, originY: Double
    /// The size of a cell, in the units of the ink.
    let cellX, cellY: Double
    let columns, rows: Int
    /// Swings per cell, smeared; column after column, each from top to bottom.
    private(set) var values: [Float]

    /// Cells that a density may have; a page beyond that gets larger cells.
    static let mostCells = 4_000_000

    /// - Parameters:
    ///   - xHeight: the height of small letters, in the units of the ink.
    ///   - reach: deviation of the smear along the lines, in x-heights.
    ///   - blur: deviation of the smear across them, in the units of the ink.
    init(of swings: [Swing], xHeight: Double, reach: Double, blur: Double) {
        var box = PlaneBox()
        for swing in swings { box.include(PlanePoint(swing.x, swing.y)) }
        let marginX = 2 * reach * xHeight, marginY = 3 * xHeight
        let width = box.width + 2 * marginX, height = box.height + 2 * marginY
        let (fineX, fineY) = (xHeight, 0.2 * xHeight)
        let coarser = max(1, (width / fineX * (height / fineY) / Double(Self.mostCells)).squareRoot())
        cellX = fineX * coarser
        cellY = fineY * coarser
        originX = box.minX - marginX
        originY = box.minY - marginY
        columns = Int(width / cellX) + 2
        rows = Int(height / cellY) + 2
        values = [Float](repeating: 0, count: columns * rows)
        for swing in swings {
            let x = (swing.x - originX) / cellX, column = Int(x), right = Float(x) - Float(column)
            // Ascenders and descenders leave their line: their ink is spread over their height, so that it makes no line beside it.
            let top = (swing.y - swing.height / 2 - originY) / cellY,
                bottom = (swing.y + swing.height / 2 - originY) / cellY
            let from = min(rows - 1, max(0, Int(top))), to = min(rows - 1, max(from, Int(bottom)))
            let weight = Float(min(1, (xHeight / swing.height).squareRoot()))
            for row in from...to {
                values[column * rows + row] += weight * (1 - right)
                values[(column + 1) * rows + row] += weight * right
            }
        }
        blurDown(sigma: blur / cellY)
        blurAcross(sigma: reach * xHeight / cellX)
    }

    /// The values of one column, top to bottom.
    func column(_ at: Int) -> ArraySlice<Float> { values[at * rows..<(at + 1) * rows] }

    private static func kernel(_ sigma: Double) -> [Float] {
        let half = max(1, Int((2.5 * sigma).rounded(.up)))
        return (-half...half).map { Float(exp(-0.5 * Double($0 * $0) / (sigma * sigma))) }
    }

    private mutating func blurDown(sigma: Double) {
        let kernel = Self.kernel(sigma), half = kernel.count / 2
        var blurred = [Float](repeating: 0, count: values.count)
        for column in 0..<columns {
            let base = column * rows
            for row in 0..<rows where values[base + row] > 0 {
                let value = values[base + row]
                for offset in max(-half, -row)...min(half, rows - 1 - row) {
                    blurred[base + row + offset] += value * kernel[offset + half]
                }
            }
        }
        values = blurred
    }

    private mutating func blurAcross(sigma: Double) {
        let kernel = Self.kernel(sigma), half = kernel.count / 2
        var blurred = [Float](repeating: 0, count: values.count)
        for column in 0..<columns {
            let base = column * rows
            for offset in max(-half, -column)...min(half, columns - 1 - column) {
                let to = (column + offset) * rows, factor = kernel[offset + half]
                for row in 0..<rows { blurred[to + row] += values[base + row] * factor }
            }
        }
        values = blurred
    }
}
