/// The Levenshtein distance and the alignment that attains it (Wagner & Fischer, JACM 1974).
public enum EditDistance {
    /// One column of an alignment: a reference element, what was recognized in its place, or one of them missing.
    public enum Edit<Element: Equatable>: Equatable {
        case match(Element)
        case substitution(reference: Element, recognized: Element)
        /// The reference has an element that was not recognized.
        case deletion(Element)
        /// Something was recognized where the reference has nothing.
        case insertion(Element)
    }

    /// The least number of substitutions, deletions and insertions that turn `reference` into `recognized`.
    public static func between<Element: Equatable>(_ reference: [Element], _ recognized: [Element]) -> Int {
        var row = Array(0...recognized.count)
        for (i, expected) in reference.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, found) in recognized.enumerated() {
                let substituted = diagonal + (expected == found ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, diagonal + 1)
            }
        }
        return row[recognized.count]
    }

    /// One alignment with the least number of edits, from the beginning to the end.
    public static func alignment<Element: Equatable>(_ reference: [Element], _ recognized: [Element]) -> [Edit<Element>]
    {
        let width = recognized.count + 1
        var cost = [Int](repeating: 0, count: (reference.count + 1) * width)
        for j in 0..<width { cost[j] = j }
        for i in 0..<reference.count {
            cost[(i + 1) * width] = i + 1
            for j in 0..<recognized.count {
                let substituted = cost[i * width + j] + (reference[i] == recognized[j] ? 0 : 1)
                cost[(i + 1) * width + j + 1] = min(
                    substituted, cost[i * width + j + 1] + 1, cost[(i + 1) * width + j] + 1)
            }
        }
        var edits: [Edit<Element>] = []
        var (i, j) = (reference.count, recognized.count)
        while i > 0 || j > 0 {
            let here = cost[i * width + j]
            if i > 0, j > 0 {
                let same = reference[i - 1] == recognized[j - 1]
                if here == cost[(i - 1) * width + j - 1] + (same ? 0 : 1) {
                    edits.append(
                        same
                            ? .match(reference[i - 1])
                            : .substitution(reference: reference[i - 1], recognized: recognized[j - 1]))
                    (i, j) = (i - 1, j - 1)
                    continue
                }
            }
            if i > 0, here == cost[(i - 1) * width + j] + 1 {
                edits.append(.deletion(reference[i - 1]))
                i -= 1
            } else {
                edits.append(.insertion(recognized[j - 1]))
                j -= 1
            }
        }
        return edits.reversed()
    }
}
