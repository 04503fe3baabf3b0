import DuctusDecoding
import Synchronization

extension Recognizer {
    /// A way to turn posteriors into text, by name: one of this program's, or one that was registered.
    ///
    /// For example, a decoder of another module:
    ///
    ///     extension Recognizer.Decoding {
    ///         static let capitals = register("capitals") { model in CapitalsDecoder(model.alphabet) }
    ///     }
    public struct Decoding: RawRepresentable, Hashable, Sendable, CaseIterable {
        /// Makes a decoder for a model.
        public typealias Maker = @Sendable (_ model: Model) -> any StreamDecoder

        public let rawValue: String

        /// The likeliest class of each frame.
        public static let bestPath = Decoding(unchecked: "best-path")
        /// Prefix beam search with the model's language model, if it has one.
        public static let beam = Decoding(unchecked: "beam")

        private static let makers = Mutex<[String: Maker]>([
            "best-path": { _ in BestPath() },
            "beam": { model in
                PrefixBeamSearch(
                    alphabet: model.alphabet, configuration: model.decoder, languageModel: model.languageModel,
                    lexicon: model.lexicon, personalWords: model.personalWords, rescorer: model.makeRescorer())
            },
        ])

        private init(unchecked rawValue: String) { self.rawValue = rawValue }

        /// A way that exists, or nil.
        public init?(rawValue: String) {
            guard Self.makers.withLock({ $0[rawValue] }) != nil else { return nil }
            self.rawValue = rawValue
        }

        /// Adds a way to decode, or replaces one.
        @discardableResult
        public static func register(_ name: String, make: @escaping Maker) -> Decoding {
            makers.withLock { $0[name] = make }
            return Decoding(unchecked: name)
        }

        /// All ways that exist, by name.
        public static var allCases: [Decoding] {
            makers.withLock { $0.keys.sorted() }.map(Decoding.init(unchecked:))
        }

        /// A decoder of this way for a model whose outputs are a transcription.
        public func decoder(for model: Model) -> any StreamDecoder {
            let make = Self.makers.withLock { $0[rawValue] }
            return make?(model) ?? BestPath()
        }
    }
}
