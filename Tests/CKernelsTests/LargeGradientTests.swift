import CDuctusKernels
import Foundation
import Testing

/// Gradients of weights by somebody else's sgemm. Each test in a process of its own: the function is the same for all tables.
@Suite struct LargeGradientTests {
    /// The first row lies in one buffer, the others 16 GiB further on: no distance that a leading dimension of 32 bits can hold.
    @Test func rowsThatLieFarApartAreNotTakenForOneMatrix() async {
        await #expect(processExitsWith: .success) {
            let distance = 16 << 30
            let memory = try #require(
                mmap(nil, distance + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))
            try #require(memory != MAP_FAILED)
            for page in [memory, memory + distance] {
                try #require(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0)
            }
            let frames = 9, width = 4, outputs = 3
            let near = memory.assumingMemoryBound(to: Float.self)
            let far = (memory + distance).assumingMemoryBound(to: Float.self)
            var rows = [UnsafePointer(near)] + (0..<frames - 1).map { UnsafePointer(far + $0 * width) }
            for input in 0..<width { near[input] = 1 }
            for input in 0..<(frames - 1) * width { far[input] = 1 }
            var dy = [Float](repeating: 1, count: frames * outputs)
            var gradient = [Float](repeating: 0, count: outputs * width)
            let kernels = ductus_kernels_with_large_products(try #require(ductus_kernels_named("portable"))) {
                rows, columns, depth, a, aStep, transposesA, b, bStep, transposesB, c, cStep in
                precondition(Int32(exactly: aStep) != nil && Int32(exactly: bStep) != nil)
                for row in 0..<Int(rows) {
                    for column in 0..<Int(columns) {
                        for k in 0..<Int(depth) {
                            c[row * cStep + column] +=
                                (transposesA ? a[k * aStep + row] : a[row * aStep + k])
                                * (transposesB ? b[column * bStep + k] : b[k * bStep + column])
                        }
                    }
                }
            }
            try rows.withUnsafeMutableBufferPointer { rows in
                try gradient.withUnsafeMutableBufferPointer { gradient in
                    let (row, sums) = (try #require(rows.baseAddress), try #require(gradient.baseAddress))
                    var part = ductus_gradient_part(
                        rows: row, width: Int32(width), outputs: Int32(outputs), gradient: sums, stride: width)
                    let scratch = UnsafeMutableRawPointer.allocate(
                        byteCount: max(64, kernels.pointee.weight_gradient_scratch_size(&part, 1)), alignment: 64)
                    kernels.pointee.weight_gradient(
                        Int32(frames), &dy, outputs, Int32(outputs), &part, 1, nil, scratch)
                    scratch.deallocate()
                }
            }
            try #require(gradient == [Float](repeating: Float(frames), count: outputs * width))
        }
    }
}
