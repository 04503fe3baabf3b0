extension Architecture {
    /// Checks that sources exist, that widths chain, and that every number is in its range.
    ///
    /// - Throws: `ArchitectureError`, which names the layer and what is wrong with it.
    public func validate() throws(ArchitectureError) {
        guard Self.widths.contains(input) else { throw .outOfRange(layer: nil, what: "input", value: input) }
        guard otherInputs.count <= 8 else {
            throw .outOfRange(layer: nil, what: "number of other inputs", value: otherInputs.count)
        }
        for width in otherInputs where !Self.widths.contains(width) {
            throw .outOfRange(layer: nil, what: "other input", value: width)
        }
        guard !layers.isEmpty else { throw .noLayers }
        guard layers.count <= 64 else { throw .tooManyLayers(layers.count) }
        try checkSources()
        var widths = [input] + otherInputs
        let first = widths.count
        for (index, layer) in layers.enumerated() {
            let inputs = sources(of: index).map { widths[$0.boundary(inputs: first)] }
            let check = LayerCheck(index: index, inputs: inputs)
            try layer.kind.validate(check)
            guard layer.dropout >= 0, layer.dropout < 1 else {
                throw .dropoutOutOfRange(layer: index, value: layer.dropout)
            }
            widths.append(layer.kind.output(of: inputs))
        }
        try checkRates()
        try checkLags()
        try checkHeads()
    }

    /// The sources of a layer; by default, the layer before it.
    func sources(of index: Int) -> [LayerSource] {
        let from = layers[index].from
        return from.isEmpty ? [index == 0 ? .input(0) : .layer(index - 1)] : from
    }

    private func checkSources() throws(ArchitectureError) {
        for (index, layer) in layers.enumerated() {
            let sources = sources(of: index)
            let allowed = type(of: layer.kind).sourceCounts
            guard allowed.contains(sources.count) else {
                throw .wrongSourceCount(layer: index, allowed: allowed, found: sources.count)
            }
            for source in sources {
                switch source {
                case .input(let number):
                    guard (0...otherInputs.count).contains(number) else {
                        throw .sourceMissing(layer: index, source: source)
                    }
                case .layer(let number):
                    guard (0..<index).contains(number) else { throw .sourceMissing(layer: index, source: source) }
                    guard !type(of: layers[number].kind).endsHead else { throw .logSoftmaxNotLast(layer: number) }
                }
            }
        }
    }

    /// Strides multiply up to a bound, and what a layer reads together has one rate.
    private func checkRates() throws(ArchitectureError) {
        var rates: [(down: Int, up: Int)] = []
        for (index, layer) in layers.enumerated() {
            let inputs = sources(of: index).map { source -> (down: Int, up: Int) in
                if case .layer(let number) = source { rates[number] } else { (1, 1) }
            }
            if type(of: layer.kind).readsSourcesTogether {
                for other in inputs where other.down * inputs[0].up != inputs[0].down * other.up {
                    throw .impossibleLayer(
                        layer: index,
                        reason: "it reads layers whose frames stand for different times; their strides must agree")
                }
            }
            var (down, up) = (inputs[0].down * layer.kind.stride, inputs[0].up * layer.kind.upsampling)
            let common = Self.commonDivisor(down, up)
            (down, up) = (down / common, up / common)
            guard down <= 4096 else { throw .outOfRange(layer: index, what: "product of strides", value: down) }
            guard up <= 64 else { throw .outOfRange(layer: index, what: "product of upsampling", value: up) }
            rates.append((down, up))
        }
        guard let last = rates.last, last.up == 1 else {
            throw .impossibleLayer(
                layer: layers.count - 1,
                reason:
                    "the network gives several output frames for each input frame; a frame of output stands for one or more of input"
            )
        }
    }

    /// Sources that are read together wait for each other, within a bound.
    private func checkLags() throws(ArchitectureError) {
        var committed: [Int] = []
        for (index, layer) in layers.enumerated() {
            let inputs = sources(of: index).map { source -> Int in
                if case .layer(let number) = source { committed[number] } else { 1 << 16 }
            }
            guard type(of: layer.kind).readsSourcesTogether else {
                committed.append(layer.kind.committedLength(after: inputs[0]))
                continue
            }
            let least = inputs.min() ?? 0
            let lag = (inputs.max() ?? 0) - least
            guard lag <= LateFrames.longestLag else {
                throw .impossibleLayer(
                    layer: index,
                    reason:
                        "one of its sources lags \(lag) frames behind another; at most \(LateFrames.longestLag) can wait"
                )
            }
            committed.append(layer.kind.committedLength(after: least))
        }
    }

    private func checkHeads() throws(ArchitectureError) {
        var names: Set<String> = []
        for head in heads {
            guard !head.name.isEmpty, names.insert(head.name).inserted else {
                throw .badHead(name: "\"\(head.name)\"", reason: "a head needs a name of its own")
            }
            guard layers.indices.contains(head.layer) else {
                throw .badHead(name: head.name, reason: "there is no layer \(head.layer)")
            }
        }
        for (index, layer) in layers.enumerated() where type(of: layer.kind).endsHead && index < layers.count - 1 {
            guard heads.contains(where: { $0.layer == index }) else { throw .logSoftmaxNotLast(layer: index) }
        }
    }

    private static func commonDivisor(_ a: Int, _ b: Int) -> Int {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return max(a, 1)
    }
}

extension LayerSource {
    /// Boundaries are counted through: first the inputs, then the layers' outputs.
    func boundary(inputs: Int) -> Int {
        switch self {
        case .input(let index): index
        case .layer(let index): inputs + index
        }
    }
}
