import DuctusInk
import DuctusStreaming

extension WireInkSamples {
    /// Columns of samples. A column is sent only if every sample has the value: what some lack is left out for all.
    package init(_ samples: [PenSample], firstStroke: UInt32? = nil) {
        self.init()
        x = samples.map(\.sample.x)
        y = samples.map(\.sample.y)
        time = Self.differences(samples)
        pressure = Self.column(samples, \.pressure)
        tiltX = Self.column(samples, \.tiltX)
        tiltY = Self.column(samples, \.tiltY)
        if tiltX.isEmpty || tiltY.isEmpty { (tiltX, tiltY) = ([], []) }
        contact = samples.allSatisfy(\.contact) ? [] : samples.map(\.contact)
        if let firstStroke { self.firstStroke = firstStroke }
    }

    /// The ink of a segment: one sample without contact between strokes.
    package init(strokes: [Stroke]) {
        var samples: [PenSample] = []
        for stroke in strokes {
            samples += stroke.samples.map { PenSample($0) }
            if let last = stroke.samples.last { samples.append(PenSample(last, contact: false)) }
        }
        self.init(samples)
    }

    /// Samples in order. Positions and pressures that are not finite pass: the session drops and counts them.
    /// - Throws: `WireFault` for columns of unequal length, too many samples, or times beyond 64 bits.
    package func samples() throws(WireFault) -> [PenSample] {
        let count = x.count
        try Checks.count("samples", count, limit: WireLimits.samples)
        guard y.count == count else { throw .column("y", count: y.count, expected: count) }
        try Checks.column("time", time.count, expected: count)
        try Checks.column("pressure", pressure.count, expected: count)
        try Checks.column("tilt_x", tiltX.count, expected: count)
        try Checks.column("tilt_y", tiltY.count, expected: tiltX.count)
        guard tiltX.count == tiltY.count else { throw .column("tilt_y", count: tiltY.count, expected: tiltX.count) }
        try Checks.column("contact", contact.count, expected: count)
        var now: Int64 = 0
        var samples: [PenSample] = []
        samples.reserveCapacity(count)
        for index in 0..<count {
            var sample = Sample(x: x[index], y: y[index])
            if !time.isEmpty {
                let (sum, overflow) = now.addingReportingOverflow(time[index])
                guard !overflow else { throw .outOfRange("time") }
                now = sum
                sample.time = now
            }
            if !pressure.isEmpty { sample.pressure = pressure[index] }
            if !tiltX.isEmpty {
                sample.tiltX = tiltX[index]
                sample.tiltY = tiltY[index]
            }
            samples.append(PenSample(sample, contact: contact.isEmpty || contact[index]))
        }
        return samples
    }

    private static func column(_ samples: [PenSample], _ value: KeyPath<Sample, Float?>) -> [Float] {
        let values = samples.compactMap { $0.sample[keyPath: value] }
        return values.count == samples.count ? values : []
    }

    private static func differences(_ samples: [PenSample]) -> [Int64] {
        var times = samples.compactMap(\.sample.time)
        guard times.count == samples.count else { return [] }
        for index in times.indices.dropFirst().reversed() {
            let (difference, overflow) = times[index].subtractingReportingOverflow(times[index - 1])
            // Clocks that far apart mean nothing; none at all is the truth.
            guard !overflow else { return [] }
            times[index] = difference
        }
        return times
    }
}
