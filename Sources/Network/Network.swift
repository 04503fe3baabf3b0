/// One set of weights and the architecture they belong to, immutable: any number of threads may run it at once, each with
/// a workspace of its own.
///
/// For example:
///
///     let network = try Network(WeightFile(contentsOf: url))
///     let workspace = Workspace()
///     var batch = Batch(dimension: network.architecture.input)
///     batch.append(features)
///     let posteriors = try network.forward(batch, workspace: workspace)[0]
///
/// What one sequence gives does not depend on the others in its batch.
public final class Network: Sendable {
    public let architecture: Architecture
    /// Where each tensor lies in `parameters`.
    public let layout: ParameterLayout
    /// All parameters, as 32-bit floats whatever the precision.
    public let parameters: [Float]
    public let precision: Precision
    /// The instructions that its kernels use.
    public let instructionSet: InstructionSet
    private let prepared: PreparedNetwork

    /// A network from its parameters, in the order of `ParameterLayout(architecture)`.
    ///
    /// - Parameter instructionSet: `InstructionSet.selected()` where nil.
    /// - Throws: `ArchitectureError`, `NetworkError`.
    public init(
        architecture: Architecture, parameters: [Float], precision: Precision = .fp32,
        instructionSet: InstructionSet? = nil
    ) throws {
        try architecture.validate()
        let layout = ParameterLayout(architecture)
        guard parameters.count == layout.count else {
            throw NetworkError.wrongParameterCount(expected: layout.count, found: parameters.count)
        }
        let set = try instructionSet ?? InstructionSet.selected()
        self.architecture = architecture
        self.layout = layout
        self.parameters = parameters
        self.precision = precision
        self.instructionSet = set
        prepared = PreparedNetwork(
            architecture, layout, precision: precision, kernels: try Kernels(set), trains: false)
        parameters.withUnsafeBufferPointer { parameters in
            if let base = parameters.baseAddress { prepared.prepare(base) }
        }
    }

    /// A network that has learned nothing.
    public convenience init(
        architecture: Architecture, seed: UInt64, precision: Precision = .fp32, instructionSet: InstructionSet? = nil
    ) throws {
        try architecture.validate()
        let parameters = ParameterLayout(architecture).freshParameters(for: architecture, seed: seed)
        try self.init(
            architecture: architecture, parameters: parameters, precision: precision, instructionSet: instructionSet)
    }

    /// The network of a weight file.
    public convenience init(
        _ file: WeightFile, precision: Precision = .fp32, instructionSet: InstructionSet? = nil
    ) throws {
        try self.init(
            architecture: file.architecture, parameters: file.parameters, precision: precision,
            instructionSet: instructionSet)
    }

    /// Runs whole sequences.
    ///
    /// - Returns: for each output frame the natural-log posteriors (where the last layer is `logSoftmax`), **valid until the
    ///   workspace's next use**.
    /// - Throws: `NetworkError.wrongDimension`.
    public func forward(_ batch: Batch, workspace: Workspace) throws(NetworkError) -> Output {
        try check(batch)
        return run(batch, windows: nil, workspace)
    }

    /// The state of a stream that has not begun.
    public func makeState() -> NetworkState {
        NetworkState(architecture)
    }

    /// Runs one window of each of many streams: the latency-controlled bidirectional LSTM (Zhang et al.: "Highway long
    /// short-term memory RNNs for distant speech recognition", ICASSP 2016).
    ///
    /// Each sequence of the batch is all frames of a window: the chunk to commit, then the lookahead. The forward direction goes
    /// on from the stream's state, which then moves to the chunk's end; the backward direction begins anew at the window's
    /// right edge. Not at the end of a stream, output frames that would see beyond that edge are left for the next window.
    ///
    /// Guarantees: with everything that is still to come as lookahead, a chunk gives what the whole pass gives; a network
    /// without backward directions gives that with any lookahead. The final frames of a stream that has ended add up to
    /// `architecture.outputLength(for:)` of all its frames.
    ///
    /// - Parameter windows: `windows[i]` belongs to sequence `i`; no state may occur twice.
    /// - Throws: `NetworkError`, before any state has moved.
    public func advance(
        _ windows: [Window], frames batch: Batch, workspace: Workspace
    ) throws(NetworkError) -> Output {
        try check(batch)
        try checkWindows(windows, batch, architecture)
        let output = run(batch, windows: windows, workspace)
        for window in windows {
            window.state.inputFrames += window.chunk
            window.state.hasEnded = window.isEnd
        }
        return output
    }

    private func run(_ batch: Batch, windows: [Window]?, _ workspace: Workspace) -> Output {
        workspace.prepare(layers: prepared.parts.count, keepsActivations: false)
        workspace.plan(batch, windows: windows, layers: architecture.layers)
        let values = batch.frames.withUnsafeBufferPointer { frames in
            prepared.infer(
                frames.baseAddress ?? UnsafePointer(workspace.activations.0.pointer), windows: windows, workspace)
        }
        return workspace.output(of: values, boundary: prepared.parts.count, dimension: architecture.output)
    }

    private func check(_ batch: Batch) throws(NetworkError) {
        guard batch.dimension == architecture.input else {
            throw .wrongDimension(expected: architecture.input, found: batch.dimension)
        }
    }
}

/// Checks windows against their batch before anything is computed.
func checkWindows(_ windows: [Window], _ batch: Batch, _ architecture: Architecture) throws(NetworkError) {
    guard windows.count == batch.count else {
        throw .wrongCount(what: "windows", expected: batch.count, found: windows.count)
    }
    for (index, window) in windows.enumerated() {
        let length = batch.lengths[index]
        guard !window.state.hasEnded else { throw .streamHasEnded(sequence: index) }
        guard window.state.architecture == architecture else { throw .stateOfAnotherArchitecture(sequence: index) }
        guard (0...length).contains(window.chunk) else {
            throw .chunkOutOfRange(sequence: index, chunk: window.chunk, window: length)
        }
        guard !window.isEnd || window.chunk == length else {
            throw .chunkIsNotWholeWindowAtEnd(sequence: index, chunk: window.chunk, window: length)
        }
    }
}

extension Workspace {
    /// What the last layer gave, sequence by sequence.
    func output(of values: UnsafePointer<Float>, boundary index: Int, dimension: Int) -> Output {
        let boundary = boundaries[index]
        let spans = spans.reserve(boundary.sequences)
        for sequence in 0..<boundary.sequences {
            spans[sequence] = OutputSpan(
                offset: Int(boundary.offsets[sequence]), first: boundary.firsts[sequence],
                frames: Int(boundary.lengths[sequence]), final: Int(boundary.commits[sequence]))
        }
        return Output(
            dimension: dimension, values: UnsafeBufferPointer(start: values, count: boundary.frames * dimension),
            spans: UnsafeBufferPointer(start: spans, count: boundary.sequences), owner: self)
    }
}
