import DuctusRandomness
import DuctusRecognition
import Testing

@Suite struct EditDistanceTests {
    @Test(arguments: [
        ("", "", 0), ("abc", "abc", 0), ("", "abc", 3), ("abc", "", 3),
        ("kitten", "sitting", 3), ("flaw", "lawn", 2), ("a b", "ab", 1),
    ])
    func countsTheFewestEdits(reference: String, recognized: String, edits: Int) {
        #expect(EditDistance.between(Array(reference), Array(recognized)) == edits)
    }

    @Test func alignmentAttainsTheDistanceAndSpellsBothTexts() {
        var random = SplitMix64(seed: 1)
        for _ in 0..<200 {
            let reference = word(&random)
            let recognized = word(&random)
            let edits = EditDistance.alignment(reference, recognized)
            let cost = edits.count { if case .match = $0 { false } else { true } }
            #expect(cost == EditDistance.between(reference, recognized))
            #expect(edits.compactMap(\.expected) == reference)
            #expect(edits.compactMap(\.found) == recognized)
        }
    }

    private func word(_ random: inout SplitMix64) -> [Character] {
        (0..<Int.random(in: 0...9, using: &random)).map { _ in "abc".randomElement(using: &random)! }
    }
}

extension EditDistance.Edit {
    fileprivate var expected: Element? {
        switch self {
        case .match(let element), .substitution(let element, _), .deletion(let element): element
        case .insertion: nil
        }
    }

    fileprivate var found: Element? {
        switch self {
        case .match(let element), .substitution(_, let element), .insertion(let element): element
        case .deletion: nil
        }
    }
}
