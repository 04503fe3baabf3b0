import DuctusInk

extension Recognizer {
    /// Reads a segment of ink. A line that slopes steeply is turned level first.
    ///
    /// - Parameters:
    ///   - strokes: in the order of writing; device units, y down.
    ///   - precedingText: the text before it on the same line, for the language model.
    /// - Throws: `ModelError.wrongInput` where the model reads sensor vectors.
    public func recognize(_ strokes: [Stroke], precedingText: String = "") throws -> Recognition {
        try recognize([.ink(strokes)], precedingTexts: [precedingText])[0]
    }
}
