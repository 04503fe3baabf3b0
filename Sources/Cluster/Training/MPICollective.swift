import CDuctusMPI
import DuctusNetwork

/// The ranks that `mpirun`, or `srun` of Slurm, has started, through Open MPI 4.
///
/// A sum goes in two steps: each rank gets its part of the vector from all, adds the parts in the order of `PairwiseOrder`, and gives the
/// sums to all. So each byte is sent twice, whatever the number of ranks, and the order of the additions is the program's own.
///
/// Only the thread that calls `join` may use MPI.
public struct MPICollective: Collective {
    public let rank: Int
    public let count: Int

    /// Whether somebody has started this process as one of several ranks.
    public static func isStarted(_ environment: [String: String]) -> Bool {
        if let size = environment["OMPI_COMM_WORLD_SIZE"].flatMap({ Int($0) }) { return size > 1 }
        return environment["PMIX_RANK"] != nil && (environment["SLURM_NTASKS"].flatMap { Int($0) } ?? 1) > 1
    }

    /// Becomes a rank. Call it once.
    ///
    /// - Throws: `MPIFault`.
    public static func join() throws(MPIFault) -> MPICollective {
        if let reason = ductus_mpi_begin() { throw MPIFault(description: String(cString: reason)) }
        return MPICollective(rank: Int(ductus_mpi_rank()), count: Int(ductus_mpi_count()))
    }

    /// Ends this rank. A status other than 0 ends all others, too, so that they do not wait for it.
    public static func leave(status: Int32) { ductus_mpi_end(status) }

    public func sum(_ values: inout [Float]) throws {
        let share = (values.count + count - 1) / count
        let padded = values + [Float](repeating: 0, count: share * count - values.count)
        var parts = [Float](repeating: 0, count: share * count)
        try check(ductus_mpi_exchange(padded, &parts, Int32(share)))
        parts.withUnsafeMutableBufferPointer { parts in
            for (into, from) in PairwiseOrder.additions(count) {
                for index in 0..<share { parts[into * share + index] += parts[from * share + index] }
            }
        }
        var whole = [Float](repeating: 0, count: share * count)
        try check(ductus_mpi_gather_floats(parts, &whole, Int32(share)))
        values.replaceSubrange(values.indices, with: whole[..<values.count])
    }

    public func gather(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var counts = [Int32](repeating: 0, count: count)
        try check(ductus_mpi_gather_counts(Int32(bytes.count), &counts))
        var places: [Int32] = []
        var total: Int32 = 0
        for count in counts {
            places.append(total)
            total += count
        }
        var whole = [UInt8](repeating: 0, count: Int(total))
        try check(ductus_mpi_gather_bytes(bytes, Int32(bytes.count), &whole, counts, places))
        return zip(places, counts).map { Array(whole[Int($0)..<Int($0 + $1)]) }
    }

    public func broadcast(_ bytes: [UInt8]) throws -> [UInt8] {
        var counts = [Int32](repeating: 0, count: count)
        try check(ductus_mpi_gather_counts(rank == 0 ? Int32(bytes.count) : 0, &counts))
        var told = rank == 0 ? bytes : [UInt8](repeating: 0, count: Int(counts[0]))
        try check(ductus_mpi_broadcast(&told, counts[0]))
        return told
    }

    private func check(_ isDone: Bool) throws(MPIFault) {
        guard isDone else { throw MPIFault(description: "a message between the ranks failed") }
    }
}

/// Why ranks cannot train together.
public struct MPIFault: Error, CustomStringConvertible {
    public let description: String
}
