import DuctusInk
import DuctusWire

extension WireRecognizeRequest {
    /// Bounds of one request: what a page of dense writing has, several times over.
    private static let sampleLimit = WireLimits.samples
    private static let strokeLimit = 8_192
    /// The largest coordinate whose neighbours can still be told apart in 32 bits.
    private static let coordinateLimit: Float = 1e7

    /// The strokes, checked.
    ///
    /// - Throws: `ControlFailure` that names the stroke.
    func inkStrokes() throws(ControlFailure) -> [Stroke] {
        guard strokes.count <= Self.strokeLimit else {
            throw Self.fault("there are more than \(Self.strokeLimit) strokes")
        }
        var samples = 0
        var read: [Stroke] = []
        read.reserveCapacity(strokes.count)
        for (index, wire) in strokes.enumerated() {
            samples += wire.x.count
            guard samples <= Self.sampleLimit else {
                throw Self.fault("there are more than \(Self.sampleLimit) samples")
            }
            read.append(try Self.stroke(wire, index))
        }
        return read
    }

    private static func stroke(_ wire: WireRecognizeStroke, _ index: Int) throws(ControlFailure) -> Stroke {
        let count = wire.x.count
        guard wire.y.count == count else { throw fault("stroke \(index) has \(count) x and \(wire.y.count) y") }
        for (name, column) in [("time", wire.time.count), ("pressure", wire.pressure.count)]
        where column != 0 && column != count {
            throw fault("stroke \(index) has \(count) x and \(column) values of \(name)")
        }
        var samples: [Sample] = []
        samples.reserveCapacity(count)
        var now: Int64 = 0
        for at in 0..<count {
            let (x, y) = (wire.x[at], wire.y[at])
            guard abs(x) <= coordinateLimit, abs(y) <= coordinateLimit else {
                throw fault("sample \(at) of stroke \(index) is beyond ±10⁷: scale the ink down")
            }
            var sample = Sample(x: x, y: y)
            if !wire.time.isEmpty {
                let (sum, overflow) = now.addingReportingOverflow(wire.time[at])
                guard !overflow else { throw fault("the times of stroke \(index) are beyond 64 bits") }
                now = sum
                sample.time = now
            }
            if !wire.pressure.isEmpty { sample.pressure = wire.pressure[at] }
            samples.append(sample)
        }
        return Stroke(samples)
    }

    private static func fault(_ message: String) -> ControlFailure {
        ControlFailure(.invalidArgument, message, remedy: "send the ink of one line, or of one page, in device units")
    }
}
