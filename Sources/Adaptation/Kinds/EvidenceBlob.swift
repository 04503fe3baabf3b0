import DuctusInk
import DuctusMessages
import DuctusRecognition
internal import SwiftProtobuf

extension Evidence {
    /// The encoding of evidence in journal and reservoir: a Protocol Buffers message, exact to the last bit.
    package var blob: [UInt8] {
        let message = WireEvidence.with { message in
            switch self {
            case .ink(let strokes): message.ink.strokes = strokes.map(WireStrokeEvidence.init)
            case .vectors(let vectors):
                message.vectors.channels = vectors.channels
                message.vectors.rate = vectors.rate
                message.vectors.values = vectors.values
            }
        }
        // Without required fields and other messages inside, a message can always be written.
        return (try? message.serializedBytes()) ?? []
    }

    /// - Returns: nil for bytes that neither `blob` gave nor an earlier release wrote.
    package init?(blob: [UInt8]) {
        if let earlier = EarlierBlob.evidence(in: blob) {
            self = earlier
            return
        }
        guard let message = try? WireEvidence(serializedBytes: blob) else { return nil }
        switch message.body {
        case .ink(let ink):
            var strokes: [Stroke] = []
            for stroke in ink.strokes {
                guard let samples = stroke.samples else { return nil }
                strokes.append(Stroke(samples))
            }
            self = .ink(strokes)
        case .vectors(let vectors):
            self = .vectors(
                SensorVectors(channels: vectors.channels, rate: vectors.rate, values: vectors.values))
        case nil: return nil
        }
    }
}

extension WireStrokeEvidence {
    private static let noTime: UInt8 = 1
    private static let noPressure: UInt8 = 2
    private static let noTilt: UInt8 = 4

    fileprivate init(_ stroke: Stroke) {
        self.init()
        let samples = stroke.samples
        x = samples.map(\.x)
        y = samples.map(\.y)
        var missing = [UInt8](repeating: 0, count: samples.count)
        var before: Int64 = 0
        if samples.contains(where: { $0.time != nil }) {
            time = samples.enumerated().map { place, sample in
                guard let now = sample.time else {
                    missing[place] |= Self.noTime
                    return 0
                }
                defer { before = now }
                return now &- before
            }
        }
        if samples.contains(where: { $0.pressure != nil }) {
            pressure = samples.enumerated().map { place, sample in
                if sample.pressure == nil { missing[place] |= Self.noPressure }
                return sample.pressure ?? 0
            }
        }
        if samples.contains(where: { $0.tiltX != nil && $0.tiltY != nil }) {
            for (place, sample) in samples.enumerated() where sample.tiltX == nil || sample.tiltY == nil {
                missing[place] |= Self.noTilt
            }
            tiltX = samples.map { $0.tiltX ?? 0 }
            tiltY = samples.map { $0.tiltY ?? 0 }
        }
        if missing.contains(where: { $0 != 0 }) { lacking = .init(missing) }
    }

    /// Decodes strokes; nil for columns of unequal length.
    fileprivate var samples: [Sample]? {
        let count = x.count
        guard y.count == count, time.isEmpty || time.count == count, pressure.isEmpty || pressure.count == count,
            tiltX.isEmpty || tiltX.count == count, tiltY.count == tiltX.count,
            lacking.isEmpty || lacking.count == count
        else { return nil }
        let missing = [UInt8](lacking)
        var now: Int64 = 0
        return (0..<count).map { place in
            let lacks = missing.isEmpty ? 0 : missing[place]
            var sample = Sample(x: x[place], y: y[place])
            if !time.isEmpty, lacks & Self.noTime == 0 {
                now &+= time[place]
                sample.time = now
            }
            if !pressure.isEmpty, lacks & Self.noPressure == 0 { sample.pressure = pressure[place] }
            if !tiltX.isEmpty, lacks & Self.noTilt == 0 {
                sample.tiltX = tiltX[place]
                sample.tiltY = tiltY[place]
            }
            return sample
        }
    }
}
