import DuctusRecognition
import DuctusStreaming

/// The options of reading live streams.
public struct LiveOptions: Sendable {
    /// Seconds between two partial labels of a stream that goes on.
    public var hop = 0.25
    /// Seconds without contact that end a line, in the time of the samples.
    public var pause = 2.0
    /// Whether a line also ends where the pen goes on in another one, as the geometry of the page tells.
    public var splitsLines = true
    /// Other readings that a final label carries.
    public var alternatives = 3
    /// The decoder that turns the network's output into text.
    public var decoding = Recognizer.Decoding.beam
    /// Threads that read; each stream stays with one of them.
    public var threads = 1

    /// The default options.
    public init() {}

    /// The same for the rooms below. Where the samples have no time of their own the wall clock ends a line a second later.
    func pipeline(_ input: Pipeline.Input, _ models: any ModelStore) -> Pipeline {
        Pipeline(
            name: "live", input: input, models: models, decoding: decoding, window: WindowRule(hop: hop),
            endpoint: EndpointRule(pause: pause, idle: pause + 1, newLine: splitsLines), alternatives: alternatives)
    }
}
