/// Parameters that a layer needs as they are, copied or rearranged.
///
/// Unchecked, because its memory is written only while its owner prepares, when no other thread reads it.
final class PreparedVector: @unchecked Sendable {
    private let memory = Memory<Float>()

    /// Copies parameters.
    func load(_ values: UnsafePointer<Float>, _ count: Int) {
        memory.reserve(count).update(from: values, count: count)
    }

    /// Room to write to.
    func reserve(_ count: Int) -> UnsafeMutablePointer<Float> { memory.reserve(count) }

    var pointer: UnsafePointer<Float> { memory.constant }
}
