import DuctusNetwork
import DuctusRecognition

/// A thread's exact recognizers. Generations of one model share a recognizer, so hundreds of writers cost one beam, not hundreds.
package final class Readers {
    /// The memory of networks that are asked without a recognizer.
    let workspace = Workspace()
    private var recognizers: [Recognizer] = []

    package init() {}

    /// The recognizer for this model.
    package func recognizer(for model: Model, decoding: Recognizer.Decoding) -> Recognizer {
        if let recognizer = recognizers.first(where: { $0.decoding == decoding && $0.model.isKin(of: model) }) {
            recognizer.use(model)
            return recognizer
        }
        // More than a few kinds of model mean that some were replaced by a reload: begin anew.
        if recognizers.count >= 8 { recognizers.removeAll() }
        let recognizer = Recognizer(model: model, decoding: decoding)
        recognizers.append(recognizer)
        return recognizer
    }
}

extension Model {
    /// Whether the other differs in its weights alone.
    func isKin(of other: Model) -> Bool {
        self === other
            || languageModel === other.languageModel && task == other.task && input == other.input
                && alphabet == other.alphabet
                && decoder == other.decoder && lexicon == other.lexicon && personalWords == other.personalWords
    }
}
