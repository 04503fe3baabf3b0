import DuctusDrawing
import DuctusRandomness
import Foundation

/// The hand of one imaginary person: the same for the same seed, so that all ink of a writer looks alike.
///
/// Lengths are in letterform units (a small letter is 10 high) unless said otherwise.
public struct Writer: Sendable, Equatable {
    /// The way in which letters follow each other.
    public enum Hand: String, Sendable, CaseIterable, Codable {
        /// Every letter on its own.
        case printed
        /// Joined where the hand feels like it.
        case mixed
        /// Whole words without lifting the pen, but for dots and bars.
        case joined
    }

    /// The number that the hand was drawn from.
    public let seed: UInt64
    /// Whether letters are joined.
    public var hand: Hand
    /// The probability that a letter of a joined hand leads on into the next.
    public var joining: Double
    /// Height of a small letter, in millimetres.
    public var letterHeight: Double
    /// Width of the letters in relation to their height.
    public var aspect: Double
    /// Lean to the right, as a tangent.
    public var slant: Double
    /// Length of ascenders and capitals in relation to that of the letterforms.
    public var ascender: Double
    /// Length of descenders in relation to that of the letterforms.
    public var descender: Double
    /// The least distance between letters.
    public var letterGap: Double
    /// The usual distance between words.
    public var wordGap: Double
    /// Distance between the baselines of two lines.
    public var lineHeight: Double
    /// Rise of the whole line, as a tangent.
    public var slope: Double
    /// The deviation of letters from the line.
    public var wander: Double
    /// Deviation of each place that the pen aims at.
    public var carelessness: Double
    /// Deviation of the logarithm of a letter's size.
    public var sizeVariation: Double
    /// Duration of movements in relation to the usual.
    public var tempo: Double
    /// The overlap of consecutive movements, 0…1, which rounds corners.
    public var haste: Double
    /// Log-time deviation of the elementary movements.
    public var sigma: Double
    /// Amplitude of the involuntary low-frequency noise.
    public var tremor: Double
    /// Usual pressure, 0…1.
    public var pressure: Double

    /// A writer drawn from the population; `hand` fixes how letters are joined.
    public init(seed: UInt64, hand: Hand? = nil) {
        var random = SplitMix64(seed: seed).split(0)
        func drawn(_ mean: Double, _ deviation: Double, _ range: ClosedRange<Double>) -> Double {
            let value = mean + deviation * Double(random.normal())
            return min(max(value, range.lowerBound), range.upperBound)
        }
        self.seed = seed
        let share = random.uniform()
        self.hand = hand ?? (share < 0.55 ? .printed : share < 0.8 ? .mixed : .joined)
        let joins = drawn(0.5, 0.15, 0.25...0.75)
        joining = self.hand == .joined ? 0.96 : self.hand == .mixed ? joins : 0
        letterHeight = drawn(2.8, 0.5, 1.8...4.5)
        aspect = drawn(0.95, 0.1, 0.75...1.25)
        slant = drawn(0.12, 0.14, -0.2...0.5)
        ascender = drawn(0.95, 0.1, 0.75...1.2)
        descender = drawn(0.9, 0.12, 0.65...1.2)
        letterGap = drawn(2.8, 0.5, 1.8...4.2)
        wordGap = drawn(13, 1.8, 10...17)
        lineHeight = drawn(38, 3, 33...48)
        slope = drawn(0, 0.015, -0.05...0.05)
        wander = drawn(0.6, 0.2, 0.1...1.2)
        carelessness = drawn(0.3, 0.1, 0.1...0.55)
        sizeVariation = drawn(0.045, 0.015, 0.01...0.08)
        tempo = drawn(1, 0.15, 0.7...1.4)
        haste = drawn(0.62, 0.05, 0.5...0.72)
        sigma = drawn(0.25, 0.05, 0.12...0.4)
        tremor = drawn(0.07, 0.03, 0.01...0.16)
        pressure = drawn(0.5, 0.1, 0.25...0.75)
    }

    /// The form that this writer uses for a character, nearly always the same one.
    func form(of character: Character, among forms: [Glyph], with random: inout SplitMix64) -> Glyph {
        guard forms.count > 1, let code = character.asciiValue else { return forms[0] }
        var habit = SplitMix64(seed: seed).split(Int(code))
        let isUsual = random.uniform() < 0.92
        return forms[
            isUsual ? Self.choice(among: forms.count, with: &habit) : Self.choice(among: forms.count, with: &random)]
    }

    /// An index below `count`; the first ones are the likelier.
    private static func choice(among count: Int, with random: inout SplitMix64) -> Int {
        let weights = (0..<count).map { pow(Float($0 + 1), -1.5) }
        var left = random.uniform() * weights.reduce(0, +)
        return weights.firstIndex { weight in
            left -= weight
            return left < 0
        } ?? 0
    }
}
