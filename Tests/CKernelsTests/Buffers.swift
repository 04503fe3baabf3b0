import DuctusRandomness

/// Numbers for one test, with the bytes around them kept unlike any result, aligned as the kernels want their own memory.
final class Buffer<Element> {
    let pointer: UnsafeMutablePointer<Element>
    let count: Int

    init(_ values: [Element]) {
        count = values.count
        let bytes = UnsafeMutableRawPointer.allocate(
            byteCount: max(1, count) * MemoryLayout<Element>.stride, alignment: 64)
        pointer = bytes.bindMemory(to: Element.self, capacity: max(1, count))
        pointer.initialize(from: values, count: count)
    }

    deinit { UnsafeMutableRawPointer(pointer).deallocate() }

    var values: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}

extension Buffer where Element == UInt8 {
    convenience init(bytes: Int) { self.init([UInt8](repeating: 0xA5, count: bytes)) }
}

extension Buffer where Element == Float {
    convenience init(zeros count: Int) { self.init([Float](repeating: 0, count: count)) }
}

extension SplitMix64 {
    mutating func normals(_ count: Int, deviation: Float = 1) -> [Float] {
        (0..<count).map { _ in normal(mean: 0, deviation: deviation) }
    }
}

/// The largest distance between what a kernel gave and what it should give; NaN counts as infinite.
func distance(_ values: some Sequence<Float>, _ reference: some Sequence<Double>) -> Double {
    zip(values, reference).map { value, exact in
        let difference = abs(Double(value) - exact)
        return difference.isNaN ? .infinity : difference
    }.max() ?? 0
}
