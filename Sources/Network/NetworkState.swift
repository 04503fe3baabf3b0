/// The state of a network between two windows of one stream.
///
/// The forward direction of each recurrent layer keeps its last state, each convolution the few frames to the left that
/// its next output sees, and attention what it may look back at. Its size is bound by the architecture, never by the
/// stream's length, and it belongs to no set of weights: a stream may go on with a new generation.
///
/// A state is used by one thread at a time.
public final class NetworkState {
    /// Frames of the network's input that are committed.
    public internal(set) var inputFrames = 0
    /// The stream has ended; `reset()` makes the state ready for another.
    public internal(set) var hasEnded = false
    /// The same of the inputs beside the main one.
    var others: [Progress]
    /// The state of each layer; nil where it has none.
    let layers: [LayerState?]
    let architecture: Architecture

    /// The position of an input in the stream.
    struct Progress: Equatable {
        var frames = 0
        var hasEnded = false
    }

    init(_ architecture: Architecture) {
        self.architecture = architecture
        let wiring = Wiring(architecture)
        others = architecture.otherInputs.map { _ in Progress() }
        layers = architecture.layers.enumerated().map { index, layer in
            let shape = layer.kind.state(for: wiring.inputWidths[index])
            return shape.bound > 0 ? LayerState(shape) : nil
        }
    }

    private init(copying state: NetworkState) {
        architecture = state.architecture
        layers = state.layers.map { $0?.copy() }
        others = state.others
        inputFrames = state.inputFrames
        hasEnded = state.hasEnded
    }

    /// Frames of the network's output that are final.
    public var outputFrames: Int {
        hasEnded ? architecture.outputLength(for: inputFrames) : architecture.committedLength(after: inputFrames)
    }

    /// Bytes of memory that the stream's state takes.
    public var byteCount: Int {
        layers.reduce(96 + layers.count * MemoryLayout<Int>.stride) { $0 + ($1?.byteCount ?? 0) }
    }

    /// Forgets the stream: the next window is the first of a new one.
    public func reset() {
        for layer in layers { layer?.reset() }
        for index in others.indices { others[index] = Progress() }
        inputFrames = 0
        hasEnded = false
    }

    /// Another state that goes on from the same point.
    public func copy() -> NetworkState {
        NetworkState(copying: self)
    }

    /// Moves on by what a window commits.
    func advance(by window: Window) {
        inputFrames += window.chunk
        hasEnded = hasEnded || window.isEnd
        for (index, part) in window.others.enumerated() {
            others[index].frames += part.chunk
            others[index].hasEnded = others[index].hasEnded || part.isEnd
        }
    }

    /// The position of input `index` in the stream; the main one is 0.
    func progress(_ index: Int) -> Progress {
        index == 0 ? Progress(frames: inputFrames, hasEnded: hasEnded) : others[index - 1]
    }
}

/// One window of a stream: the frames to commit and, to their right, the frames they may see (lookahead).
public struct Window {
    /// The stream's state; it moves on by `chunk` frames.
    public var state: NetworkState
    /// The number of the window's frames, from the left, that are committed. The rest is lookahead and comes again.
    public var chunk: Int
    /// The window's right edge is the true end of the stream; then the chunk is the whole window.
    public var isEnd: Bool
    /// The same for each input beside the main one.
    public var others: [Part]

    /// A window's share of an input beside the main one. An input that has ended has no more frames.
    public struct Part: Sendable {
        /// The number of the window's frames of the input, from the left, that are committed.
        public var chunk: Int
        /// Whether the window's right edge is the end of the input.
        public var isEnd: Bool

        /// A share of `chunk` frames; `isEnd` says whether the input ends with the window.
        public init(chunk: Int, isEnd: Bool) {
            self.chunk = chunk
            self.isEnd = isEnd
        }
    }

    /// A window of a stream.
    ///
    /// - Parameters:
    ///   - state: the stream's state; `Network.advance` changes it.
    ///   - chunk: committed frames.
    ///   - others: the share of each further input, in the order of the architecture.
    public init(state: NetworkState, chunk: Int, isEnd: Bool, others: [Part] = []) {
        self.state = state
        self.chunk = chunk
        self.isEnd = isEnd
        self.others = others
    }

    func part(_ index: Int) -> Part {
        index == 0 ? Part(chunk: chunk, isEnd: isEnd) : others[index - 1]
    }
}
