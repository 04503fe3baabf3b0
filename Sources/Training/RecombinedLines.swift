import DuctusFoundations
import DuctusInk
import DuctusRandomness

/// The words of a corpus and the lines that are made anew of them (`Recombination`). The same for the same lines.
struct RecombinedLines: Sendable {
    /// A word that new lines are made of.
    struct Word: Sendable {
        var line: InkLine
        var target: [Int32]
        /// Frames of its features.
        var frames: Int
        /// The share of its new lines that an epoch draws.
        var share: Float
        /// The collection and the writer it is from; only words of one hand are set together.
        var hand: Hand
    }

    struct Hand: Hashable {
        var file: Int
        var collection, writer: String
        /// Its words were cut out of lines, and have their heights above these; others' heights are where they were written.
        var isCut = false
    }

    /// A new line.
    private struct Group: Sendable {
        var words: [Int]
        var share: Float
        var frames: Int
    }

    private let words: [Word]
    private let groups: [Group]
    private let recombination = Recombination()
    /// The label between two words.
    private let separator: Int32

    /// Words that were cut out of lines are divided so often, each time otherwise: a line has few of them.
    private static let divisions = 4

    /// - Parameter maximumFrames: longer lines are not made.
    init(of words: [Word], separator: Int32, maximumFrames: Int) {
        self.words = words
        self.separator = separator
        var members: [Hand: [Int]] = [:]
        for (index, word) in words.enumerated() { members[word.hand, default: []].append(index) }
        let random = SplitMix64(seed: 11)
        let recombination = recombination
        groups = members.values.sorted { $0[0] < $1[0] }.flatMap { members in
            var draws = random.split(members[0])
            let divisions = words[members[0]].hand.isCut ? Self.divisions : 1
            return (0..<divisions).flatMap { _ in
                recombination.groups(of: 0..<members.count, using: &draws).map { group in
                    let group = group.map { members[$0] }
                    return Group(
                        words: group, share: words[group[0]].share / Float(divisions),
                        frames: group.reduce(0) { $0 + words[$1].frames })
                }
            }
            .filter { $0.frames <= maximumFrames }
        }
    }

    var count: Int { groups.count }
    var shares: [Float] { groups.map(\.share) }
    var lengths: [Int] { groups.map(\.frames) }

    /// The identifiers of the words, with a plus between.
    func identifier(_ index: Int) -> String {
        groups[index].words.map { words[$0].line.id }.joined(separator: "+")
    }

    func target(_ index: Int) -> [Int32] {
        Array(groups[index].words.map { words[$0].target }.joined(separator: [separator]))
    }

    func line(_ index: Int, using random: inout SplitMix64) -> InkLine {
        let words = groups[index].words.map { self.words[$0] }
        return recombination.line(of: words.map(\.line), keepsHeights: words[0].hand.isCut, using: &random)
            ?? InkLine(strokes: [])
    }
}
