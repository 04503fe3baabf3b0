/// A network: one set of weights with their architecture. It is immutable, so any number of threads may run it at once, each
/// with a workspace of its own.
///
/// For example:
///
///     let network = try Network(WeightFile(contentsOf: url))
///     let workspace = Workspace()
///     var batch = Batch(dimension: network.architecture.input)
///     batch.append(features)
///     let posteriors = try network.forward(batch, workspace: workspace)[0]
///
/// The output of a sequence does not depend on the others in its batch.
public final class Network: Sendable {
    public let architecture: Architecture
    /// The offset and shape of each tensor in `parameters`.
    public let layout: ParameterLayout
    /// All parameters, as 32-bit floats whatever the precision.
    public let parameters: [Float]
    /// The precision of weights in products.
    public let precision: Precision
    /// The instructions that its kernels use.
    public let instructionSet: InstructionSet
    private let prepared: PreparedNetwork

    /// A network from its parameters, in the order of `ParameterLayout(architecture)`.
    ///
    /// - Parameters:
    ///   - instructionSet: `InstructionSet.selected()` where nil.
    ///   - products: the way to multiply large matrices; the faster one where nil.
    /// - Throws: `ArchitectureError`, `NetworkError`.
    public init(
        architecture: Architecture, parameters: [Float], precision: Precision = .fp32,
        instructionSet: InstructionSet? = nil, products: LargeProducts? = nil
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
            architecture, layout, precision: precision, kernels: try Kernels(set, products: products),
            trains: false)
        parameters.withUnsafeBufferPointer { parameters in
            if let base = parameters.baseAddress { prepared.prepare(base) }
        }
    }

    /// A network with random weights.
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
        _ file: WeightFile, precision: Precision = .fp32, instructionSet: InstructionSet? = nil,
        products: LargeProducts? = nil
    ) throws {
        try self.init(
            architecture: file.architecture, parameters: file.parameters, precision: precision,
            instructionSet: instructionSet, products: products)
    }

    /// Runs whole sequences.
    ///
    /// - Parameter others: the frames of the inputs beside the main one, where the architecture has such.
    /// - Returns: for each output frame the natural-log posteriors (where the last layer is `logSoftmax`), **valid until the
    ///   workspace's next use**.
    /// - Throws: `NetworkError`.
    public func forward(_ batch: Batch, others: [Batch] = [], workspace: Workspace) throws(NetworkError) -> Output {
        try check(batch, others)
        run(prepared.plan, batch, others, windows: nil, workspace)
        return workspace.output(of: prepared.parts.count - 1, prepared)
    }

    /// Runs whole sequences and gives the outputs of several heads.
    ///
    /// - Parameter heads: names in the architecture; nil is the last layer. Layers that none of them needs are not computed.
    /// - Throws: `NetworkError`.
    public func forward(
        _ batch: Batch, others: [Batch] = [], heads: [String?], workspace: Workspace
    ) throws(NetworkError) -> [Output] {
        try check(batch, others)
        let layers = try layers(of: heads)
        run(InferencePlan(prepared.wiring, heads: layers), batch, others, windows: nil, workspace)
        return layers.enumerated().map { workspace.output(of: $1, prepared, number: $0) }
    }

    /// The state of a stream that has not begun.
    public func makeState() -> NetworkState {
        NetworkState(architecture)
    }

    /// Runs one window of each of many streams: the latency-controlled bidirectional LSTM (Zhang et al.: "Highway long
    /// short-term memory RNNs for distant speech recognition", ICASSP 2016).
    ///
    /// Each sequence of the batch is all frames of a window: the chunk to commit, then the lookahead. The forward
    /// direction goes on from the stream's state, which then moves to the chunk's end; the backward direction begins
    /// anew at the window's right edge. Except at the end of a stream, output frames that would see beyond that edge are
    /// left for the next window.
    ///
    /// Guarantees: with the whole rest of the stream as lookahead, a chunk's output equals that of the whole pass. For a
    /// network without backward directions this holds with any lookahead. The final frames of a stream that has
    /// ended add up to `architecture.outputLength(for:)` of all its frames.
    ///
    /// - Parameters:
    ///   - windows: `windows[i]` belongs to sequence `i`; no state may occur twice.
    ///   - others: the frames of the inputs beside the main one, where the architecture has such.
    /// - Throws: `NetworkError`, before any state has moved.
    public func advance(
        _ windows: [Window], frames batch: Batch, others: [Batch] = [], workspace: Workspace
    ) throws(NetworkError) -> Output {
        try check(batch, others)
        try checkWindows(windows, batch, others, architecture)
        run(prepared.plan, batch, others, windows: windows, workspace)
        for window in windows { window.state.advance(by: window) }
        return workspace.output(of: prepared.parts.count - 1, prepared)
    }

    /// The same with the outputs of several heads. Always ask for the same heads of one stream, because layers that
    /// none of them needs do not advance.
    ///
    /// - Parameter heads: names in the architecture; nil is the last layer.
    /// - Throws: `NetworkError`, before any state has moved.
    public func advance(
        _ windows: [Window], frames batch: Batch, others: [Batch] = [], heads: [String?], workspace: Workspace
    ) throws(NetworkError) -> [Output] {
        try check(batch, others)
        try checkWindows(windows, batch, others, architecture)
        let layers = try layers(of: heads)
        run(InferencePlan(prepared.wiring, heads: layers), batch, others, windows: windows, workspace)
        for window in windows { window.state.advance(by: window) }
        return layers.enumerated().map { workspace.output(of: $1, prepared, number: $0) }
    }

    private func layers(of heads: [String?]) throws(NetworkError) -> [Int] {
        var layers: [Int] = []
        for name in heads {
            guard let name else {
                layers.append(architecture.layers.count - 1)
                continue
            }
            guard let head = architecture.heads.first(where: { $0.name == name }) else {
                throw .unknownHead(name, known: architecture.heads.map(\.name))
            }
            layers.append(head.layer)
        }
        return layers
    }

    private func run(
        _ plan: InferencePlan, _ batch: Batch, _ others: [Batch], windows: [Window]?, _ workspace: Workspace
    ) {
        workspace.plan(prepared, slots: plan.slotCount, records: 1, batch, others: others, windows: windows)
        batch.frames.withUnsafeBufferPointer { frames in
            workspace.frames[0] = frames.baseAddress
            _ = prepared.infer(plan, windows: windows, workspace)
        }
    }

    private func check(_ batch: Batch, _ others: [Batch]) throws(NetworkError) {
        try checkInputs(batch, others, architecture, labels: prepared.labels)
    }
}

/// Checks the frames of a call before anything is computed.
///
/// - Parameter labels: for each input the labels that it must consist of, where it must.
func checkInputs(
    _ batch: Batch, _ others: [Batch], _ architecture: Architecture, labels: [Range<Int>?]
) throws(NetworkError) {
    guard batch.dimension == architecture.input else {
        throw .wrongDimension(expected: architecture.input, found: batch.dimension)
    }
    guard others.count == architecture.otherInputs.count else {
        throw .wrongInputCount(expected: architecture.otherInputs.count + 1, found: others.count + 1)
    }
    for (width, other) in zip(architecture.otherInputs, others) {
        guard other.dimension == width else { throw .wrongDimension(expected: width, found: other.dimension) }
        guard other.count == batch.count else {
            throw .wrongCount(what: "sequences of its other input", expected: batch.count, found: other.count)
        }
    }
    for (input, range) in labels.enumerated() {
        guard let range else { continue }
        let frames = input == 0 ? batch.frames : others[input - 1].frames
        let isFine = frames.withUnsafeBufferPointer { frames in
            frames.allSatisfy { $0 >= Float(range.lowerBound) && $0 < Float(range.upperBound) && $0.rounded() == $0 }
        }
        guard isFine else {
            let bad = frames.first {
                !($0 >= Float(range.lowerBound) && $0 < Float(range.upperBound) && $0.rounded() == $0)
            }
            throw .inputIsNoLabel(input: input, value: bad ?? 0, labels: range)
        }
    }
}

/// Checks windows against their batch before anything is computed.
func checkWindows(
    _ windows: [Window], _ batch: Batch, _ others: [Batch], _ architecture: Architecture
) throws(NetworkError) {
    guard windows.count == batch.count else {
        throw .wrongCount(what: "windows", expected: batch.count, found: windows.count)
    }
    for (index, window) in windows.enumerated() {
        let state = window.state
        guard !state.hasEnded || state.others.contains(where: { !$0.hasEnded }) else {
            throw .streamHasEnded(sequence: index)
        }
        guard state.architecture == architecture else { throw .stateOfAnotherArchitecture(sequence: index) }
        guard window.others.count == others.count else {
            throw .wrongCount(what: "parts of a window", expected: others.count, found: window.others.count)
        }
        for input in 0...others.count {
            let length = input == 0 ? batch.lengths[index] : others[input - 1].lengths[index]
            let part = window.part(input)
            guard (0...length).contains(part.chunk) else {
                throw .chunkOutOfRange(sequence: index, chunk: part.chunk, window: length)
            }
            guard !part.isEnd || part.chunk == length else {
                throw .chunkIsNotWholeWindowAtEnd(sequence: index, chunk: part.chunk, window: length)
            }
            guard !state.progress(input).hasEnded || length == 0 else { throw .streamHasEnded(sequence: index) }
        }
    }
}
