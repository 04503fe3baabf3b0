import DuctusRecognition
import Foundation

/// Estimates the probability that strokes that were read as text are text in the model's script at all.
///
/// A model that knows only letters sees letters everywhere. Its confidences tell which letter there is, given that
/// there is one. Strokes that are no text have more strokes and more turns of the pen per symbol, and less confident
/// symbols. A logistic model of these three, fitted on lines, words and characters of many hands against drawings,
/// signs and lines in other scripts.
package enum Legibility {
    /// The weight of the symbols' confidence, as log-odds.
    private static let ofConfidence = 1.74
    /// The weights of strokes and swings beyond the usual numbers, by their logarithms.
    private static let ofStrokes = 3.82
    private static let ofSwings = 1.93
    private static let offset = -1.27
    /// Strokes and swings up and down for each symbol, more than which writing seldom has.
    private static let usualStrokes = 1.2
    private static let usualSwings = 2.5

    /// - Parameters:
    ///   - confidence: the mean of the symbols.
    ///   - shapes: the strokes that were read, with their swings.
    package static func probability(
        symbols: [RecognizedSymbol], confidence: Float, shapes: [StrokeShape]
    ) -> Float {
        let count = symbols.count { $0.text != " " }
        guard count > 0 else { return 0 }
        func beyond(_ total: Int, _ usual: Double) -> Double { max(0, log(Double(total) / Double(count) / usual)) }
        let sure = min(max(Double(confidence), 0.01), 0.99)
        let odds =
            ofConfidence * log(sure / (1 - sure)) + offset - ofStrokes * beyond(shapes.count, usualStrokes)
            - ofSwings * beyond(shapes.reduce(0) { $0 + min(24, $1.swings.count) }, usualSwings)
        return Float(1 / (1 + exp(-odds)))
    }
}
