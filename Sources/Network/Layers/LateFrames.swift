/// Aligns the sources of a layer that reads several of them in a stream. Frames of a source that is ahead of the others
/// wait in the state.
///
/// A window of a source begins with its first frame that is not final yet. If another source's window begins earlier,
/// the frames between are in the state: they are committed, but not yet read together with the other source's.
struct LateFrames {
    /// The most frames by which sources of one network may differ; a convolution's lag is a few frames at each layer.
    static let longestLag = 448
    /// Frames that may wait: strides let a lag vary a little.
    private static let limit = 512

    private let call: LayerCall
    private let widths: [Int]

    init(_ call: LayerCall, _ widths: [Int]) {
        self.call = call
        self.widths = widths
    }

    /// The state: for each source the number of frames that wait, then the frames.
    static func state(_ inputs: [Int]) -> StateShape {
        StateShape(count: inputs.count, bound: inputs.count + limit * inputs.reduce(0, +))
    }

    /// Calls `body` with the rows of a source that the output's frames stand for: rows, the output's first row, how
    /// many.
    func forEachRun(of source: Int, _ body: (UnsafePointer<Float>, Int, Int) -> Void) {
        let (boundary, x) = call.source(source)
        let width = widths[source]
        for sequence in 0..<call.output.sequences {
            let (first, count) = (call.output.firsts[sequence], Int(call.output.lengths[sequence]))
            let begin = Int(call.output.offsets[sequence])
            let own = boundary.firsts[sequence]
            let late = min(max(own - first, 0), count)
            if late > 0, let state = call.state(sequence) {
                body(UnsafePointer(kept(state, source)), begin, late)
            }
            if count > late {
                let row = Int(boundary.offsets[sequence]) + first + late - own
                body(x + row * width, begin + late, count - late)
            }
        }
    }

    /// The waiting frames of a source.
    private func kept(_ state: LayerState, _ source: Int) -> UnsafeMutablePointer<Float> {
        var place = widths.count
        for other in 0..<source { place += Int(state.values[other]) * widths[other] }
        return state.values + place
    }

    /// Puts away what the next window will read together with what comes then.
    func carry() {
        guard call.windows != nil else { return }
        for sequence in 0..<call.output.sequences {
            guard let state = call.state(sequence) else { continue }
            // The first frame of the next window's output.
            let next = call.output.firsts[sequence] + Int(call.output.commits[sequence])
            var total = widths.count
            for source in widths.indices { total += waiting(source, sequence, next) * widths[source] }
            state.grow(to: max(total, state.count))
            let memory = call.record.floats(0).reserve(total)
            var place = widths.count
            for source in widths.indices {
                let (boundary, x) = call.source(source)
                let width = widths[source]
                let frames = waiting(source, sequence, next)
                let own = boundary.firsts[sequence]
                // Some of them may have waited before.
                let late = min(max(own - next, 0), frames)
                let earlier = kept(state, source) + (Int(state.values[source]) - (own - next)) * width
                if late > 0 { (memory + place).update(from: earlier, count: late * width) }
                let row = Int(boundary.offsets[sequence]) + max(next - own, 0)
                (memory + place + late * width).update(from: x + row * width, count: (frames - late) * width)
                memory[source] = Float(frames)
                place += frames * width
            }
            state.values.update(from: memory, count: total)
        }
    }

    /// Frames of a source that are final, but that the next output begins before.
    private func waiting(_ source: Int, _ sequence: Int, _ next: Int) -> Int {
        let boundary = call.source(source).boundary
        return max(0, boundary.firsts[sequence] + Int(boundary.commits[sequence]) - next)
    }

    /// The way back: `dx` receives what the output's rows have for a source, and zero for frames that nobody read.
    ///
    /// - Parameter place: where a row of the output begins that is the source's, in numbers.
    static func scatter(
        _ call: LayerReturn, _ source: Int, width: Int, to dx: UnsafeMutablePointer<Float>, _ place: (Int) -> Int
    ) {
        let boundary = call.boundary(of: source)
        dx.update(repeating: 0, count: boundary.frames * width)
        for sequence in 0..<call.output.sequences {
            let (first, count) = (call.output.firsts[sequence], Int(call.output.lengths[sequence]))
            let own = boundary.firsts[sequence]
            for row in max(own - first, 0)..<max(count, own - first, 0) {
                let to = Int(boundary.offsets[sequence]) + first + row - own
                (dx + to * width).update(from: call.dy + place(Int(call.output.offsets[sequence]) + row), count: width)
            }
        }
    }
}
