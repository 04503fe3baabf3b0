import CDuctusKernels
import DuctusRandomness
import Testing

@Suite struct GradientTests {
    struct Shape: CustomStringConvertible {
        let frames, outputs, width, narrow: Int
        /// From row to row of the first part's inputs; below the width, rows overlap.
        let step: Int
        var description: String {
            "\(frames) frames, \(outputs) outputs, \(width) and \(narrow) inputs, a row every \(step)"
        }
    }

    static let shapes = [
        Shape(frames: 1, outputs: 1, width: 1, narrow: 1, step: 1),
        Shape(frames: 7, outputs: 13, width: 33, narrow: 5, step: 40),
        Shape(frames: 401, outputs: 24, width: 64, narrow: 16, step: 64),
        Shape(frames: 97, outputs: 211, width: 40, narrow: 31, step: 8),
        Shape(frames: 0, outputs: 3, width: 4, narrow: 4, step: 4),
    ]

    @Test(arguments: KernelTable.available, shapes)
    func everyPartGetsItsSum(table: KernelTable, shape: Shape) {
        let (frames, outputs) = (shape.frames, shape.outputs)
        let stride = outputs + 3, fewer = max(1, outputs * 2 / 3), wide = shape.width + 2
        var random = SplitMix64(seed: 5)
        let dy = Buffer(random.normals(max(1, frames * stride)))
        let x = Buffer(random.normals(frames * shape.step + shape.width)),
            z = Buffer(random.normals(frames * shape.narrow + 1))
        let before = (random.normals(outputs * wide), random.normals(fewer * shape.narrow), random.normals(outputs))
        let (first, second, sums) = (Buffer(before.0), Buffer(before.1), Buffer(before.2))
        let rows = Buffer((0..<max(1, frames)).map { UnsafePointer(x.pointer + $0 * shape.step) })
        // Rows may lie in any order.
        let scattered = Buffer(
            (0..<max(1, frames)).map { UnsafePointer(z.pointer + max(0, frames - 1 - $0) * shape.narrow) })
        var parts = [
            ductus_gradient_part(
                rows: rows.pointer, width: Int32(shape.width), outputs: Int32(outputs), gradient: first.pointer,
                stride: wide),
            ductus_gradient_part(
                rows: scattered.pointer, width: Int32(shape.narrow), outputs: Int32(fewer), gradient: second.pointer,
                stride: shape.narrow),
        ]
        let scratch = Buffer(bytes: table.kernels.weight_gradient_scratch_size(&parts, 2))
        table.kernels.weight_gradient(
            Int32(frames), dy.pointer, stride, Int32(outputs), &parts, 2, sums.pointer, scratch.pointer)

        let expected = { (output: Int, start: Float, input: (Int) -> Float) in
            (0..<frames).reduce(Double(start)) { $0 + Double(dy.pointer[$1 * stride + output]) * Double(input($1)) }
        }
        let limit = 2e-6 * Double(frames + 10)
        #expect(distance(sums.values, (0..<outputs).map { expected($0, before.2[$0]) { _ in 1 } }) < limit)
        #expect(
            distance(
                first.values,
                (0..<outputs * wide).map { index in
                    let (output, column) = (index / wide, index % wide)
                    guard column < shape.width else { return Double(before.0[index]) }
                    return expected(output, before.0[index]) { rows.pointer[$0][column] }
                }) < limit)
        #expect(
            distance(
                second.values,
                (0..<fewer * shape.narrow).map { index in
                    expected(index / shape.narrow, before.1[index]) { scattered.pointer[$0][index % shape.narrow] }
                }) < limit)
    }
}
