import DuctusCluster
import DuctusStreaming
import Testing

@Suite struct SlotClaimsTests {
    private let claims = SlotClaims(of: "one")

    @Test func aRefusedWriteLosesItsSlotOnce() throws {
        let (slot, other) = (try #require(Slot(3)), try #require(Slot(4)))
        #expect(claims.replace(with: [slot: 1, other: 1]).gained == [slot, other])
        let claim = try #require(claims.claim(on: slot))
        claims.lost(claim)
        claims.lost(claim)
        #expect(claims.claim(on: slot) == nil && claims.claim(on: other) != nil)
        #expect(claims.takeLost() == [slot])
        #expect(claims.takeLost().isEmpty)
    }

    /// A slot that came back before anybody looked is served, and must not be abandoned.
    @Test func aSlotThatCameBackIsNotLost() throws {
        let slot = try #require(Slot(3))
        _ = claims.replace(with: [slot: 1])
        claims.lost(try #require(claims.claim(on: slot)))
        #expect(claims.replace(with: [slot: 2]).gained == [slot])
        #expect(claims.takeLost().isEmpty && claims.claim(on: slot)?.epoch == 2)
    }
}
