import CDuctusKernels
import Foundation

/// The processor instructions that the kernels under a network are compiled for.
public enum InstructionSet: String, CaseIterable, Codable, Sendable {
    /// Plain C: any processor.
    case portable
    /// AVX2 with FMA: x86-64 since 2013.
    case avx2
    /// AVX-512.
    case avx512
    /// AVX-512 with products of bf16 numbers.
    case avx512bf16
    /// AVX-512 with products of 16-bit integers that add up in one instruction (VNNI).
    case avx512vnni
    /// 64-bit ARM.
    case neon

    /// The sets this processor can run, slowest first.
    public static let available: [InstructionSet] = allCases.filter { $0.table != nil }

    /// The set a network uses unless told otherwise: what the environment variable `DUCTUS_INSTRUCTION_SET` names,
    /// else the fastest.
    ///
    /// - Throws: `NetworkError` where the variable names a set that does not exist or that this processor cannot run.
    public static func selected() throws(NetworkError) -> InstructionSet {
        guard let name = ProcessInfo.processInfo.environment["DUCTUS_INSTRUCTION_SET"], !name.isEmpty else {
            return InstructionSet(rawValue: String(cString: ductus_kernels_best().pointee.name)) ?? .portable
        }
        guard let set = InstructionSet(rawValue: name) else { throw .unknownInstructionSet(name) }
        guard set.table != nil else { throw .instructionSetUnavailable(set) }
        return set
    }

    /// The number format behind `Precision.bf16` with this set: "bf16" where the processor multiplies such numbers,
    /// else "int16" (fixed point with a scale per row, which is at least as exact).
    public var reducedFormat: String? {
        table.map { String(cString: $0.pointee.reduced_format) }
    }

    /// Multiplies and adds in registers, which is the most that one core can do.
    ///
    /// - Returns: multiply-adds done; 0 if this processor cannot run the set.
    public func multiplyAdds(atLeast count: Int) -> Double {
        guard let table = table?.pointee else { return 0 }
        let perStep = 12 * Int(table.lanes)
        let steps = (count + perStep - 1) / perStep
        return table.multiply_adds(Int64(steps)).isNaN ? 0 : Double(steps * perStep)
    }

    var table: UnsafePointer<ductus_kernels>? {
        ductus_kernels_named(rawValue)
    }
}

/// The number format of a network's weights in inference.
public enum Precision: String, CaseIterable, Codable, Sendable {
    /// 32-bit floating point: exact.
    case fp32
    /// 16 bits per weight, converted at load: faster, posteriors within 1e-3.
    case bf16

    var code: ductus_precision {
        self == .fp32 ? DUCTUS_PRECISION_FLOAT32 : DUCTUS_PRECISION_REDUCED16
    }
}
