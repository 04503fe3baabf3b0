import DuctusRandomness
import DuctusRecognition
import Foundation
import Testing

/// `kill -9` of the real daemon at random instants while it takes corrections, trains and promotes.
///
/// After each kill every correction that was acknowledged is in the journal, once, and what serves is whole; the next daemon, on the
/// same state, goes on from there. `DUCTUS_CRASH_HITS` says how often each phase is to be hit, with the shipped model; without it a small
/// one, which is trained in no time, is hit once in each.
@Suite struct CrashTests {
    private static let hits = ProcessInfo.processInfo.environment["DUCTUS_CRASH_HITS"].flatMap(Int.init)
    /// Kills of one phase that may miss it, for each that hits: what is retried more often than that is given up.
    private static let patience = 8

    @Test func nothingAcknowledgedIsLost_andWhatServesIsWhole() throws {
        let site: CrashSite
        if Self.hits != nil, let model = FixtureFolder.model {
            site = try CrashSite(model: model, training: 3)
        } else {
            site = try CrashSite(model: nil, training: 0.2)
        }
        var random = SplitMix64(seed: UInt64(Date().timeIntervalSince1970 * 1000))
        var counts: [CrashSite.Phase: Int] = [:]
        let wanted = Self.hits ?? 1
        for phase in CrashSite.Phase.allCases {
            var attempts = 0
            while counts[phase, default: 0] < wanted, attempts < Self.patience * wanted {
                attempts += 1
                let isHit = try site.kill(in: phase, &random)
                try site.inspect()
                if isHit { counts[phase, default: 0] += 1 }
            }
        }
        try site.close()
        let list = CrashSite.Phase.allCases.map { "\($0) \(counts[$0, default: 0])" }.joined(separator: ", ")
        print(
            "kill -9, hits by phase: \(list); \(site.lives) daemons, \(site.acknowledged.count) corrections acknowledged, none lost"
        )
        // How often a phase is hit is chance: only a run that counts the hits insists on them.
        if let hits = Self.hits {
            #expect(CrashSite.Phase.allCases.allSatisfy { counts[$0, default: 0] >= hits }, "\(list)")
        }
    }
}
