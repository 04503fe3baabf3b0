import DuctusInk

/// All strokes of an InkML document with their looks.
struct InkMLTraces {
    var strokes: [Stroke] = []
    private(set) var marks: [StrokeMark] = []

    /// Adds a stroke and returns its number.
    mutating func append(_ stroke: Stroke, _ mark: StrokeMark) -> Int {
        strokes.append(stroke)
        marks.append(mark)
        return strokes.count - 1
    }

    /// The part of some items between two places: numbers of parts inside of parts, from 1; a stroke's parts are its samples. Strokes that
    /// are cut become strokes of their own. Nil if there is no such part.
    mutating func part(of items: [InkMLGroup.Item], from: [Int], to: [Int]) -> [InkMLGroup.Item]? {
        guard !from.isEmpty || !to.isEmpty, let only = items.first, items.count == 1 else { return items }
        switch only {
        case .reference: return items
        case .stroke(let index):
            let samples = strokes[index].samples
            let (first, last) = (from.first ?? 1, to.first ?? samples.count)
            guard from.count <= 1, to.count <= 1, first <= last, last <= samples.count else { return nil }
            if first == 1, last == samples.count { return items }
            return [.stroke(append(Stroke(Array(samples[(first - 1)..<last])), marks[index]))]
        case .group(let group):
            let (first, last) = (from.first ?? 1, to.first ?? group.items.count)
            guard first <= last, last <= group.items.count else { return nil }
            var parts: [InkMLGroup.Item] = []
            for number in first...last {
                guard
                    let part = part(
                        of: [group.items[number - 1]], from: number == first ? Array(from.dropFirst()) : [],
                        to: number == last ? Array(to.dropFirst()) : [])
                else { return nil }
                parts += part
            }
            return parts
        }
    }
}

/// An `<ink>`, `<traceGroup>` or `<traceView>`.
struct InkMLGroup {
    /// The kind of the group, as its program marks it.
    enum Kind: String {
        case writingRegion, paragraph, line, inkWord, inkDrawing
    }

    /// A view of something that has a name.
    struct Reference {
        var name: String
        /// Numbers of parts inside of parts, from 1; empty for the whole.
        var from: [Int]
        var to: [Int]
        /// The position in the document.
        var position: Int
    }

    enum Item {
        /// A number in `InkMLTraces`.
        case stroke(Int)
        case group(InkMLGroup)
        case reference(Reference)
    }

    var id: String?
    var annotations: [String: String] = [:]
    var items: [Item] = []
    var isView = false
    var kind: Kind?
    var context = InkMLContext()

    private var text: String? {
        for type in ["truth", "text", "label", "transcription"] {
            if let text = annotations[type] { return text }
        }
        return nil
    }

    private var groups: [InkMLGroup] {
        items.compactMap { if case .group(let group) = $0 { group } else { nil } }
    }

    private var looseStrokes: [Int] {
        items.compactMap { if case .stroke(let stroke) = $0 { stroke } else { nil } }
    }

    /// Each once, in the order in which they are named.
    var allStrokes: [Int] {
        var seen: Set<Int> = []
        return namedStrokes.filter { seen.insert($0).inserted }
    }

    private var namedStrokes: [Int] {
        items.flatMap { item -> [Int] in
            switch item {
            case .stroke(let stroke): return [stroke]
            case .group(let group): return group.namedStrokes
            case .reference: return []
            }
        }
    }

    private var hasText: Bool { text != nil || groups.contains(where: \.hasText) }
    private var hasLines: Bool { kind == .line || groups.contains(where: \.hasLines) }
    private var hasViews: Bool { isView || groups.contains(where: \.hasViews) }

    /// The pieces of ink of a document.
    func pages(of table: InkMLTraces) -> [InkPage] {
        var pages: [InkPage] = []
        collect(isRoot: true, from: table, into: &pages)
        return pages
    }

    private func collect(isRoot: Bool, from table: InkMLTraces, into pages: inout [InkPage]) {
        func append(_ strokes: [Int], isLine: Bool) {
            guard !strokes.isEmpty || text != nil else { return }
            let marks = strokes.map { table.marks[$0] }
            let ink = InkLine(
                id: annotations["id"] ?? id ?? "", source: annotations["source"], writer: annotations["writer"],
                language: annotations["language"] ?? annotations["lang"], text: text,
                strokes: strokes.map { table.strokes[$0] })
            let isPlain = marks.allSatisfy { $0 == StrokeMark() }
            pages.append(InkPage(ink, marks: isPlain ? [] : marks, isLine: isLine && text?.contains("\n") != true))
        }
        if text != nil { return append(allStrokes, isLine: !isRoot) }
        if kind == .line || kind == .inkDrawing { return append(allStrokes, isLine: kind == .line) }
        if !isRoot, !hasText, !hasLines {
            let lines = stackedGroups(of: table)
            guard lines.isEmpty else {
                for line in lines { line.collect(isRoot: false, from: table, into: &pages) }
                return
            }
            return append(allStrokes, isLine: false)
        }
        let stacked = isRoot && !hasText && !hasLines && looseStrokes.isEmpty ? stackedGroups(of: table) : []
        let before = pages.count
        for child in groups { child.collect(isRoot: false, from: table, into: &pages) }
        if !stacked.isEmpty { for index in before..<pages.count { pages[index].isLine = true } }
        guard !(hasText && hasViews) else { return }
        // Traces that views show are not loose ink any more.
        let shown = Set(groups.filter(\.hasViews).flatMap(\.allStrokes))
        append(looseStrokes.filter { !shown.contains($0) }, isLine: false)
    }

    /// The groups inside, if they lie below each other as lines do; empty if they are side by side, as words are, or if there is loose ink.
    private func stackedGroups(of table: InkMLTraces) -> [InkMLGroup] {
        guard looseStrokes.isEmpty, groups.count > 1 else { return [] }
        let boxes = groups.compactMap { group in Bounds(around: group.allStrokes.map { table.strokes[$0] }) }
        guard boxes.count == groups.count else { return [] }
        let areStacked = zip(boxes, boxes.dropFirst()).allSatisfy { upper, lower in
            let shared = min(upper.maxY, lower.maxY) - max(upper.minY, lower.minY)
            return shared < 0.5 * min(upper.maxY - upper.minY, lower.maxY - lower.minY)
        }
        return areStacked ? groups : []
    }
}
