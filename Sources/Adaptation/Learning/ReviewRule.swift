import DuctusStreaming

/// The rule for finals that are worth a person's look: those among the least confident of the latest ones.
public struct ReviewRule {
    private var latest: [Float] = []
    private var next = 0
    private let memory: Int
    private let share: Float

    /// - Parameters:
    ///   - memory: finals that a new one is compared with.
    ///   - share: of them that are suggested.
    public init(memory: Int = 256, share: Float = 0.1) {
        self.memory = memory
        self.share = share
    }

    /// The probability that every symbol is right, if they are right or wrong independently.
    public static func confidence(of event: LabelEvent) -> Float {
        event.symbols.reduce(1) { $0 * $1.confidence }
    }

    /// Whether a final of this confidence should be suggested; it counts for the next ones.
    public mutating func takes(_ confidence: Float) -> Bool {
        let surer = latest.count { $0 > confidence }
        let isAmongLeast = Float(surer) >= (1 - share) * Float(latest.count)
        if latest.count < memory {
            latest.append(confidence)
        } else {
            latest[next] = confidence
            next = (next + 1) % memory
        }
        return isAmongLeast && confidence < 1
    }
}
