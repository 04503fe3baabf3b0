import DuctusStreaming
import DuctusWire

/// One way of reading streams: which, with what model, how much at a time, when a segment ends.
package struct PipelineSettings: NamedConfigurationSection {
    /// A kind of input that comes over the wire, by its name.
    package struct Input: RawRepresentable, CaseIterable, Equatable, Sendable {
        package let kind: Pipeline.Input

        package static let ink = Input(kind: .ink)
        package static var allCases: [Input] { InputCodec.all.map { Input(kind: $0.input) } }

        private init(kind: Pipeline.Input) { self.kind = kind }

        package init?(rawValue: String) {
            guard let codec = InputCodec.named(rawValue) else { return nil }
            self.init(kind: codec.input)
        }

        package var rawValue: String { kind.rawValue }
    }

    package enum Decoding: String, CaseIterable, Sendable {
        case beam
        case bestPath = "best-path"
    }

    package var name = "ink"
    package var input = Input.ink
    /// Streams whose names begin so are read by this pipeline; of several that match, the one with the longest prefix.
    package var streams = ""
    /// A folder, or the name of one among the models.
    package var model = "english"
    package var decoding = Decoding.beam
    package var languageModel = true
    /// A file of words to expect beside the model folder's.
    package var words: String?
    /// Other readings that a final carries.
    package var alternatives = 3
    package var window = WindowRule()
    package var endpoint = EndpointRule()

    package init() {}

    static let nameExample = "- name: ink"

    static let fields: [Field<PipelineSettings>] = [
        .value("name", \.name, .text, .restart) { name in
            StreamName(name) == nil ? "1 to 64 of A-Z a-z 0-9 _ -" : nil
        },
        .value("input", \.input, .choice, .restart),
        .value("streams", \.streams, .text, .restart) { prefix in
            prefix.isEmpty || StreamName(prefix) != nil ? nil : "up to 64 of A-Z a-z 0-9 _ -"
        },
        .value("model", \.model, .path, .live),
        .value("decoding", \.decoding, .choice, .restart),
        .value("language_model", \.languageModel, .yesOrNo, .restart),
        .value("words", \.words, Notation.path.optional("none"), .restart),
        .value("alternatives", \.alternatives, .integer, in: 0...16, .restart),
        .section("window", \.window),
        .section("endpoint", \.endpoint),
    ]
}

extension WindowRule: ConfigurationSection {
    static let fields: [Field<WindowRule>] = [
        .value("hop", \.hop, .seconds, in: 0.01...60, .restart),
        .value("chunk", \.chunk, .integer, in: 1...4096, .restart),
        .value("lookahead", \.lookahead, .integer, in: 0...4096, .restart),
        .value("maximum", \.maximum, .integer, in: 8...65_536, .restart),
    ]
}

extension EndpointRule: ConfigurationSection {
    static let fields: [Field<EndpointRule>] = [
        .value("pause", \.pause, .seconds, in: 0.05...3600, .restart),
        .value("idle", \.idle, .seconds, in: 0.05...3600, .restart),
        .value("new_line", \.newLine, .yesOrNo, .restart),
        .value("maximum_samples", \.maximumSamples, .integer, in: 64...1_000_000, .restart),
        .value("out_of_reach", \.outOfReach, .seconds, in: 0...60, .restart),
    ]
}
