import DuctusRecognition

/// The settings of reading streams of one kind: the model, the window, and the rule that ends a segment.
public struct Pipeline: Sendable {
    /// A kind of input by its name. Those that the daemon knows are listed beside each kind's packet.
    public struct Input: Hashable, Sendable {
        /// The name in configurations and status.
        public let rawValue: String
        /// Whether the input is writing, which can also be read at once.
        public let readsStrokes: Bool
        let makeSession: @Sendable (StreamName, Pipeline, ClientIdentifier, Moment) -> any Session

        package init<Kind: InputKind>(name: String, kind: Kind.Type) {
            rawValue = name
            readsStrokes = kind.readsStrokes
            makeSession = { StreamSession<Kind>(stream: $0, pipeline: $1, client: $2, now: $3) }
        }

        /// A kind with a class for its sessions.
        init<Known: KnownSession>(name: String, session: Known.Type) {
            rawValue = name
            readsStrokes = Known.Kind.readsStrokes
            makeSession = { Known(StreamSession(stream: $0, pipeline: $1, client: $2, now: $3)) }
        }

        public static func == (a: Input, b: Input) -> Bool { a.rawValue == b.rawValue }
        public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
    }

    /// One reference: a pipeline comes with each packet.
    private final class Settings: Sendable {
        let name: String
        let input: Input
        let models: any ModelStore
        let decoding: Recognizer.Decoding
        let window: WindowRule
        let endpoint: EndpointRule
        let alternatives: Int

        init(
            name: String, input: Input, models: any ModelStore, decoding: Recognizer.Decoding, window: WindowRule,
            endpoint: EndpointRule, alternatives: Int
        ) {
            self.name = name
            self.input = input
            self.models = models
            self.decoding = decoding
            self.window = window
            self.endpoint = endpoint
            self.alternatives = alternatives
        }
    }

    private let settings: Settings

    public var name: String { settings.name }
    /// The kind of input that it reads.
    public var input: Input { settings.input }
    /// The weights by writer.
    public var models: any ModelStore { settings.models }
    /// The decoder that turns posteriors into text.
    public var decoding: Recognizer.Decoding { settings.decoding }
    /// The windows: their length, lookahead and hop.
    public var window: WindowRule { settings.window }
    /// The rule by which a segment ends.
    public var endpoint: EndpointRule { settings.endpoint }
    /// Other readings that a final carries.
    public var alternatives: Int { settings.alternatives }

    /// A pipeline. `alternatives` is how many further readings a final tells.
    public init(
        name: String, input: Input, models: any ModelStore, decoding: Recognizer.Decoding = .beam,
        window: WindowRule = WindowRule(),
        endpoint: EndpointRule = EndpointRule(), alternatives: Int = 3
    ) {
        settings = Settings(
            name: name, input: input, models: models, decoding: decoding, window: window, endpoint: endpoint,
            alternatives: alternatives)
    }
}

/// The window of an open segment that the network reads at a time. Frames are input frames of the network.
public struct WindowRule: Codable, Equatable, Sendable {
    /// Seconds between two partials of a stream.
    public var hop: Double
    /// Frames that become final together.
    public var chunk: Int
    /// Frames to the right that a chunk must see before it becomes final.
    public var lookahead: Int
    /// Most frames of one window; what is left follows in the next.
    public var maximum: Int

    /// A rule of windows. `hop` is in seconds, the rest in frames of the network's input.
    public init(hop: Double = 0.25, chunk: Int = 8, lookahead: Int = 56, maximum: Int = 512) {
        self.hop = hop
        self.chunk = chunk
        self.lookahead = lookahead
        self.maximum = maximum
    }

    /// The next window for `pending` frames that are not final: the number that it holds, and the number of them that
    /// it makes final.
    package func plan(pending: Int) -> (frames: Int, chunk: Int) {
        let frames = min(pending, max(maximum, chunk + lookahead))
        let ready = max(0, frames - lookahead)
        return (frames, ready - ready % max(1, chunk))
    }

    /// The same for a network that sees `frames` of the lookahead in any case, by its convolutions.
    package func reduced(by frames: Int) -> WindowRule {
        var reduced = self
        reduced.lookahead = max(0, lookahead - frames)
        return reduced
    }

    /// As `plan`, but each chunk sees exactly its lookahead, however much is pending: what becomes final then depends on the frames alone,
    /// not on when they came.
    package func steadyPlan(pending: Int) -> (frames: Int, chunk: Int) {
        pending >= chunk + lookahead ? (chunk + lookahead, chunk) : (pending, 0)
    }
}
