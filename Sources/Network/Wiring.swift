/// The connections between the layers of a network. Boundaries are counted through: the inputs first, then each layer's output.
struct Wiring: Sendable {
    let inputs: Int
    /// The boundaries that each layer reads.
    let sources: [[Int]]
    /// Numbers per frame of each boundary.
    let widths: [Int]
    /// The widths of the sources of each layer.
    let inputWidths: [[Int]]

    init(_ architecture: Architecture) {
        inputs = 1 + architecture.otherInputs.count
        var (sources, widths, inputWidths) = ([[Int]](), [architecture.input] + architecture.otherInputs, [[Int]]())
        for (index, layer) in architecture.layers.enumerated() {
            let from = architecture.sources(of: index).map { $0.boundary(inputs: widths.count - index) }
            let read = from.map { widths[$0] }
            sources.append(from)
            inputWidths.append(read)
            widths.append(layer.kind.output(of: read))
        }
        self.sources = sources
        self.widths = widths
        self.inputWidths = inputWidths
    }
}

/// The layers that an inference computes, and the memory slot of each output. A slot is used again after all readers of
/// its output have run.
struct InferencePlan: Sendable {
    /// The slot of each layer's output; nil if nobody asks for it.
    let slots: [Int?]
    let slotCount: Int

    /// - Parameter heads: layers whose outputs are wanted; they keep their memory.
    init(_ wiring: Wiring, heads: [Int]) {
        let count = wiring.sources.count
        var lastReader = [Int?](repeating: nil, count: count)
        var isNeeded = [Bool](repeating: false, count: count)
        for head in heads {
            isNeeded[head] = true
            lastReader[head] = .max
        }
        for index in (0..<count).reversed() where isNeeded[index] {
            for source in wiring.sources[index] where source >= wiring.inputs {
                isNeeded[source - wiring.inputs] = true
                lastReader[source - wiring.inputs] = max(lastReader[source - wiring.inputs] ?? 0, index)
            }
        }
        var slots = [Int?](repeating: nil, count: count)
        var freeFrom: [Int] = []
        for index in 0..<count where isNeeded[index] {
            let slot = freeFrom.firstIndex { $0 < index } ?? freeFrom.count
            if slot == freeFrom.count { freeFrom.append(0) }
            freeFrom[slot] = lastReader[index] ?? index
            slots[index] = slot
        }
        self.slots = slots
        slotCount = freeFrom.count
    }
}

/// The memory slots in which the backward pass keeps the derivative by each boundary.
struct ReturnPlan: Sendable {
    /// The slot of each boundary's derivative; nil if nobody asks for it.
    let slots: [Int?]
    let slotCount: Int

    /// - Parameter heads: layers that losses look at.
    init(_ wiring: Wiring, heads: [Int], endsHead: [Bool]) {
        let count = wiring.sources.count
        // A derivative lives from the last layer that reads the boundary (or the loss that looks at it) to the layer
        // that gave it.
        var begin = [Int?](repeating: nil, count: count)
        var carries = [Bool](repeating: false, count: count)
        for head in heads { carries[head] = true }
        for index in (0..<count).reversed() where carries[index] {
            if begin[index] == nil { begin[index] = index }
            for source in wiring.sources[index] where source >= wiring.inputs {
                let layer = source - wiring.inputs
                carries[layer] = true
                begin[layer] = max(begin[layer] ?? 0, index)
            }
        }
        var slots = [Int?](repeating: nil, count: count)
        var ends: [Int] = []
        // The backward pass goes from the last layer to the first, and a slot is free again below the layer that
        // consumed it.
        let order = (0..<count).filter { carries[$0] && !endsHead[$0] }.sorted {
            (begin[$0] ?? 0, $0) > (begin[$1] ?? 0, $1)
        }
        for layer in order {
            let first = begin[layer] ?? layer
            let slot = ends.firstIndex { $0 > first } ?? ends.count
            if slot == ends.count { ends.append(0) }
            ends[slot] = layer
            slots[layer] = slot
        }
        self.slots = slots
        slotCount = ends.count
    }
}
