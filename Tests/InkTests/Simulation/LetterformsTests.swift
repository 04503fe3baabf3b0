import DuctusDrawing
import DuctusInk
import Testing

struct LetterformsTests {
    private static let visible = (33...126).map { Character(UnicodeScalar(UInt8($0))) }

    /// Where a character's ink must lie, in letterform units: bottom and top, each with some tolerance.
    private func zone(of character: Character) -> (bottom: ClosedRange<Double>, top: ClosedRange<Double>)? {
        switch character {
        case "a", "c", "e", "m", "n", "o", "r", "s", "u", "v", "w", "x", "z": (-1...1, 9...11)
        case "b", "d", "f", "h", "k", "l": (-10...1, 19...21)
        case "i": (-1...1, 13...16)
        case "t": (-1...1, 15...18)
        case "g", "p", "q", "y": (-10 ... -6, 9...11)
        case "j": (-10 ... -6, 13...16)
        case "A"..."P", "R"..."Z": (-1...1, 17...19)
        case "Q": (-3...0, 17...19)
        case "0"..."9": (-1...1, 16...18)
        default: nil
        }
    }

    @Test(arguments: visible)
    func everyPrintableCharacterHasAFormInItsZone(character: Character) throws {
        let forms = try #require(Letterforms.printed[character])
        for form in forms + (Letterforms.joined[character] ?? []) {
            let heights = form.parts.flatMap { Arc.places(along: $0.path).map(\.y) }
            let bottom = try #require(heights.min())
            let top = try #require(heights.max())
            #expect(bottom > -11 && top < 22)
            guard let zone = zone(of: character) else { continue }
            #expect(zone.bottom.contains(bottom), "\(character): bottom \(bottom)")
            #expect(zone.top.contains(top), "\(character): top \(top)")
            #expect(form.extent.upperBound - form.extent.lowerBound < 20)
        }
    }

    @Test func commonLettersHaveSeveralForms() {
        for character in "aerstfgz17" {
            #expect(Letterforms.printed[character, default: []].count > 1, "\(character)")
        }
    }

    @Test func joinedFormsExistForAllSmallLetters() {
        #expect(Set(Letterforms.joined.keys) == Set((97...122).map { Character(UnicodeScalar(UInt8($0))) }))
    }

    @Test func dotsAndBarsAreDelayed() {
        for character in "ij" {
            for form in Letterforms.printed[character, default: []] + Letterforms.joined[character, default: []] {
                #expect(form.parts.last?.isDelayed == true)
            }
        }
    }
}
