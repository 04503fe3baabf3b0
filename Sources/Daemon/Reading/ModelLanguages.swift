import DuctusDecoding
import DuctusRecognition

/// The languages that a model can write: those whose letters it has.
package enum ModelLanguages {
    /// Beside the unaccented letters, those that a language's ordinary words need.
    private static let letters: [(language: String, letters: String)] = [
        ("en", ""), ("da", "æøå"), ("de", "äöüß"), ("es", "áéíóúñü"), ("fr", "àâçèéêëîïôùû"), ("it", "àèéìòù"),
        ("nl", "éëï"), ("no", "æøå"), ("pt", "áâãàçéêíóôõú"), ("sv", "åäö"),
    ]

    /// BCP 47, sorted.
    package static func all(of model: Model) -> [String] {
        let symbols = Set(model.alphabet.symbols)
        let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        guard plain.allSatisfy({ symbols.contains(String($0)) }) else { return [] }
        return letters.filter { $0.letters.allSatisfy { symbols.contains(String($0)) } }.map(\.language).sorted()
    }

    /// Whether a tag such as `en-GB` names one of them.
    package static func reads(_ tag: String, _ model: Model) -> Bool {
        let primary = tag.lowercased().prefix { $0 != "-" && $0 != "_" }
        return all(of: model).contains(String(primary))
    }
}

extension PipelineSet {
    /// The languages that the pipelines of ink read, BCP 47, sorted.
    package var inkLanguages: [String] {
        let models = entries.filter { $0.pipeline.input.readsStrokes }.map { $0.models.current(for: nil).model }
        return Set(models.flatMap(ModelLanguages.all)).sorted()
    }
}
