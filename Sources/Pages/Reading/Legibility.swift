import DuctusRecognition
import Foundation

/// Estimates the probability that strokes that were read as text are text in the model's script at all.
///
/// A model that knows only letters sees letters everywhere. Its confidences tell which letter there is, given that
/// there is one. Strokes that are no text have more strokes and more turns of the pen per symbol, and less confident
/// symbols. Which of the letters of one shape it is says nothing: o, O and 0 look alike, u and U, where nothing stands
/// beside them. A logistic model of these three, fitted on lines, words and characters of many hands against drawings,
/// signs and lines in other scripts.
package enum Legibility {
    /// The weight of the symbols' confidence, as log-odds.
    private static let ofConfidence = 1.74
    /// The weights of strokes and swings beyond the usual numbers, by their logarithms.
    private static let ofStrokes = 3.82
    private static let ofSwings = 3.0
    private static let offset = -1.27
    /// Strokes for each symbol, more than which writing seldom has.
    private static let usualStrokes = 1.2

    /// - Parameters:
    ///   - recognition: how the strokes were read.
    ///   - confidence: the mean of its symbols.
    ///   - shapes: the strokes that were read, with their swings.
    package static func probability(of recognition: Recognition, confidence: Float, shapes: [StrokeShape]) -> Float {
        let symbols = recognition.symbols.filter { $0.text != " " }
        guard !symbols.isEmpty else { return 0 }
        let strokes = Double(shapes.count) / Double(symbols.count) / usualStrokes
        let swings =
            Double(shapes.reduce(0) { $0 + min(24, $1.swings.count) })
            / symbols.reduce(0) { $0 + usualSwings(of: $1.text) }
        let doubt = (1 - Double(confidence)) * shareOfOtherShapes(in: recognition.alternatives)
        let sure = min(max(1 - doubt, 0.01), 0.99)
        let odds =
            ofConfidence * log(sure / (1 - sure)) + offset - ofStrokes * max(0, log(strokes))
            - ofSwings * max(0, log(swings))
        return Float(1 / (1 + exp(-odds)))
    }

    /// Swings up and down of a symbol, more than which writing seldom has.
    private static func usualSwings(of symbol: String) -> Double {
        switch symbol {
        case ".", ",", "'", "\"", "`", "-", "_", ":", ";": 1.5
        case "m", "w", "M", "W": 4.5
        default: 2.5
        }
    }

    /// The part of what speaks against the best reading that speaks for readings of another shape.
    private static func shareOfOtherShapes(in readings: [Recognition.Alternative]) -> Double {
        guard let best = readings.first, readings.count > 1 else { return 1 }
        let shape = shape(of: best.text)
        var others = 0.0, different = 0.0
        for reading in readings.dropFirst() {
            let weight = exp(Double(reading.score - best.score))
            others += weight
            if self.shape(of: reading.text) != shape { different += weight }
        }
        return others > 0 ? different / others : 1
    }

    /// The same for texts whose letters differ in size alone.
    private static func shape(of text: String) -> String {
        text.lowercased().replacingOccurrences(of: "0", with: "o").trimmingCharacters(in: .whitespaces)
    }
}
