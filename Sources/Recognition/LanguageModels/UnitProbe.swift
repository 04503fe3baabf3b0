import DuctusDecoding
import DuctusDrawing
import DuctusNetwork
import Foundation

/// Finds the unit of a recurrent language model whose value follows a property of the text best (after Karpathy et al. 2015, "Visualizing
/// and understanding recurrent networks").
public struct UnitProbe {
    /// The properties of text that a unit may follow.
    public enum Property: String, CaseIterable, Sendable {
        /// 1 between quotation marks, 0 elsewhere.
        case quotation
        /// Characters since the line's beginning.
        case linePosition = "line-position"
        /// Letters since the word's beginning.
        case wordPosition = "word-position"

        /// The property's value after each character of a line, the first value being that of the line's beginning.
        public func values(along line: String) -> [Double] {
            var values = [0.0]
            var isQuoted = false
            for character in line {
                switch self {
                case .quotation:
                    if character == "\"" { isQuoted.toggle() }
                    values.append(isQuoted ? 1 : 0)
                case .linePosition: values.append(Double(values.count))
                case .wordPosition: values.append(character.isLetter ? values[values.count - 1] + 1 : 0)
                }
            }
            return values
        }
    }

    /// The unit's number within the last recurrent layer.
    public let unit: Int
    /// Its correlation with the property, -1…1.
    public let correlation: Double
    /// The lines, as the model can read them.
    public let lines: [String]
    /// For each line the unit's value before its first character and after each.
    public let values: [[Float]]

    /// Reads lines with a model and looks at every unit.
    ///
    /// - Parameter chosen: the unit to look at; nil finds the one that follows the property best.
    /// - Throws: `LanguageModelFault.noText` where no line has a character that the model knows.
    public init(
        _ model: RecurrentLanguageModel, lines all: [String], property: Property, unit chosen: Int? = nil
    ) throws {
        let lines = all.map { model.alphabet.decode(model.encode($0).map { Int($0) }) }.filter { !$0.isEmpty }
        guard !lines.isEmpty else { throw LanguageModelFault.noText }
        let units = try Self.hiddenUnits(of: model.network)
        let width = units.architecture.output
        var batch = Batch(dimension: units.architecture.input)
        for line in lines {
            var frames: [Float] = []
            RecurrentLanguageModel.append([.boundary] + model.encode(line), to: &frames, width: batch.dimension)
            batch.append(frames)
        }
        let output = try units.forward(batch, workspace: Workspace())
        var sums = [Moments](repeating: Moments(), count: width)
        for (index, line) in lines.enumerated() {
            let values = output[index].values
            for (frame, wanted) in property.values(along: line).enumerated() {
                for unit in 0..<width { sums[unit].add(Double(values[frame * width + unit]), wanted) }
            }
        }
        let correlations = sums.map(\.correlation)
        let best = chosen ?? correlations.indices.max { abs(correlations[$0]) < abs(correlations[$1]) } ?? 0
        (unit, correlation) = (best, correlations[best])
        self.lines = lines
        values = lines.indices.map { index in
            let values = output[index].values
            return (0..<output[index].frames).map { values[$0 * width + best] }
        }
    }

    /// The network up to its last recurrent layer: its outputs are the units.
    private static func hiddenUnits(of network: Network) throws -> Network {
        var architecture = network.architecture
        architecture.layers.removeLast(min(2, architecture.layers.count - 1))
        let count = architecture.parameterCount
        return try Network(
            architecture: architecture, parameters: Array(network.parameters.prefix(count)),
            instructionSet: network.instructionSet)
    }

    /// Sums for a correlation.
    private struct Moments {
        private var n = 0.0
        private var (x, y, xx, yy, xy) = (0.0, 0.0, 0.0, 0.0, 0.0)

        mutating func add(_ a: Double, _ b: Double) {
            n += 1
            x += a
            y += b
            xx += a * a
            yy += b * b
            xy += a * b
        }

        var correlation: Double {
            let spread = ((n * xx - x * x) * (n * yy - y * y)).squareRoot()
            return spread > 0 ? (n * xy - x * y) / spread : 0
        }
    }

    /// The text, each character on the colour of the unit's value after it: blue below the middle of its range, orange above.
    public func drawing(title: String) -> Drawing {
        let (cell, row, margin) = (9.0, 22.0, 16.0)
        let longest = lines.map(\.count).max() ?? 0
        var drawing = Drawing(
            width: max(480, 2 * margin + cell * Double(longest)), height: 56 + row * Double(lines.count) + margin)
        drawing.add(.init(title, at: .init(margin, 28), size: 15))
        let all = values.joined()
        let (low, high) = (all.min() ?? 0, all.max() ?? 1)
        for (index, line) in lines.enumerated() {
            let top = 48 + row * Double(index)
            for (place, character) in line.enumerated() {
                let share = high > low ? Double((values[index][place + 1] - low) / (high - low)) * 2 - 1 : 0
                let color = Color.white.mixed(
                    with: share < 0 ? Color.distinct[0] : Color.distinct[1], share: abs(share))
                let left = margin + cell * Double(place)
                drawing.add(.init(x: left, y: top, width: cell, height: row - 2, color: color))
                drawing.add(
                    .init(
                        String(character), at: .init(left + cell / 2, top + 15), size: 13, anchor: .middle,
                        color: abs(share) > 0.6 ? .white : .black))
            }
        }
        return drawing
    }
}
