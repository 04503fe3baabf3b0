/// 256 values that stand for many: an 8-bit quantizer with the least mean square error that Lloyd's iterations find.
///
/// Lloyd: "Least Squares Quantization in PCM", 1982. Zero, where it occurs, keeps a code of its own.
struct Codebook {
    /// The values, ascending.
    private(set) var values: [Float]

    /// A codebook for numbers, which must be finite; fitted on an even sample of at most 2^18 of them.
    init(covering numbers: some Collection<Float>) {
        let step = max(1, numbers.count >> 18)
        var sample: [Float] = []
        for (index, number) in numbers.enumerated() where index % step == 0 { sample.append(number) }
        sample.sort()
        let distinct = sample.reduce(into: [Float]()) { distinct, number in
            if distinct.count <= 256, distinct.last != number { distinct.append(number) }
        }
        guard distinct.count > 256 else {
            values = distinct + Array(repeating: distinct.last ?? 0, count: 256 - distinct.count)
            return
        }
        let (low, high) = (sample[0], sample[sample.count - 1])
        // Half by rank, half by value: common values get many codes, rare large ones are not left without.
        values = (0..<128).map { sample[(sample.count - 1) * $0 / 127] }
        values += (0..<128).map { low + (high - low) * Float($0) / 127 }
        values.sort()
        for _ in 0..<12 { refine(with: sample) }
        if let zero = sample.first(where: { $0 == 0 }) { values[Int(code(of: zero))] = 0 }
        values.sort()
    }

    /// Moves each value to the mean of the sorted numbers that are nearest to it.
    private mutating func refine(with sample: [Float]) {
        var place = 0
        for code in 0..<256 {
            let end = code < 255 ? (values[code] + values[code + 1]) / 2 : .infinity
            var sum = 0.0
            let begin = place
            while place < sample.count, sample[place] <= end {
                sum += Double(sample[place])
                place += 1
            }
            if place > begin { values[code] = Float(sum / Double(place - begin)) }
        }
    }

    /// The code of the nearest value.
    func code(of number: Float) -> UInt8 {
        var (low, high) = (0, 255)
        while high - low > 1 {
            let middle = (low + high) >> 1
            if values[middle] <= number { low = middle } else { high = middle }
        }
        return UInt8(number - values[low] <= values[high] - number ? low : high)
    }
}
