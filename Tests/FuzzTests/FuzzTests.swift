import Foundation
import Testing

/// Every decoder that faces a socket or a file, fed with inputs that were right before they were changed. See docs/security.md for a long run:
/// `DUCTUS_FUZZ_INPUTS` is how many inputs in all, `DUCTUS_FUZZ_SEED` what they are drawn from, `DUCTUS_FUZZ_TARGET` one target alone.
@Suite(.serialized) struct FuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let inputs = environment["DUCTUS_FUZZ_INPUTS"].flatMap(Int.init) ?? 60_000
    private static let seed = environment["DUCTUS_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
    static let targets = FuzzTarget.all.filter { $0.name.hasPrefix(environment["DUCTUS_FUZZ_TARGET"] ?? "") }

    @Test(arguments: targets)
    func noInputCrashesADecoder(target: FuzzTarget) throws {
        for seed in target.seeds {
            #expect(
                throws: Never.self,
                "\(target.name): a seed must be right: \(String(decoding: seed, as: UTF8.self).prefix(200))"
            ) {
                try target.decode(seed, ScratchFile())
            }
        }
        let count = max(
            100, Self.inputs / 1_000_000 * target.share + Self.inputs % 1_000_000 * target.share / 1_000_000)
        let (accepted, slowest) = try target.run(count, seed: Self.seed)
        print(
            "fuzz \(target.name): \(count) inputs, \(accepted) accepted, slowest \(slowest.formatted(.units(allowed: [.milliseconds], fractionalPart: .show(length: 1))))"
        )
        // A mutator that only breaks, or never does, tests nothing.
        #expect(accepted > count / 100 && accepted < count)
    }

    @Test func theSharesAddUpToAMillion() {
        #expect(FuzzTarget.all.reduce(0) { $0 + $1.share } == 1_000_000)
        #expect(Set(FuzzTarget.all.map { $0.name }).count == FuzzTarget.all.count)
    }
}
