import DuctusRecognition

/// A sensor's vectors as the journal keeps them: a version, then channels and numbers, exact to the last bit.
///
/// Layout: version 2 · number of channels · per channel its name · rate as little-endian `Double` · number of values · the values,
/// row-major, as little-endian `Float`.
package enum VectorBlob {
    static let version: UInt8 = 2

    package static func encode(_ vectors: SensorVectors) -> [UInt8] {
        var writer = ByteWriter(version: version, capacity: 64 + 16 * vectors.channels.count + 4 * vectors.values.count)
        writer.put(number: UInt64(vectors.channels.count))
        for channel in vectors.channels { writer.put(channel) }
        writer.put(vectors.rate)
        writer.put(number: UInt64(vectors.values.count))
        for value in vectors.values { writer.put(value) }
        return writer.bytes
    }

    /// - Returns: nil for bytes that `encode` did not write.
    package static func decode(_ bytes: [UInt8]) -> SensorVectors? {
        var reader = ByteReader(bytes)
        guard reader.byte() == version, let width = reader.number(), width <= reader.rest else { return nil }
        var channels: [String] = []
        for _ in 0..<width {
            guard let channel = reader.text() else { return nil }
            channels.append(channel)
        }
        guard let rate = reader.double(), let count = reader.number(), count <= reader.rest / 4 else { return nil }
        var values: [Float] = []
        values.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let value = reader.float() else { return nil }
            values.append(value)
        }
        return reader.isAtEnd ? SensorVectors(channels: channels, rate: rate, values: values) : nil
    }
}

extension Evidence {
    /// As the journal and the reservoir keep it; the first byte tells the kind.
    var blob: [UInt8] {
        switch self {
        case .ink(let strokes): InkBlob.encode(strokes)
        case .vectors(let vectors): VectorBlob.encode(vectors)
        }
    }

    /// - Returns: nil for bytes that `blob` did not give.
    init?(blob: [UInt8]) {
        if blob.first == VectorBlob.version {
            guard let vectors = VectorBlob.decode(blob) else { return nil }
            self = .vectors(vectors)
        } else {
            guard let strokes = InkBlob.decode(blob) else { return nil }
            self = .ink(strokes)
        }
    }
}
