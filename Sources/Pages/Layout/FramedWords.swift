import DuctusDrawing

/// Tells words in boxes beside each other, as those of a chart, from a line: each box has its own text.
enum FramedWords {
    /// Groups of a line's strokes, from left to right, one for each box; nil where they are a line, which may have a box around some words.
    ///
    /// - Parameters:
    ///   - line: strokes of a line.
    ///   - drawn: the strokes that are drawn, some of them boxes.
    static func groups(
        of line: [Int], drawn: Set<Int>, _ shapes: [StrokeShape], unit: Double
    ) -> [[Int]]? {
        let frames = drawn.sorted().filter { shapes[$0].isClosed }.map { shapes[$0].box }
        guard frames.count > 1 else { return nil }
        var groups = [[Int]](repeating: [], count: frames.count)
        var loose: [Int] = []
        for at in line {
            // The innermost.
            let around = frames.indices.filter { encloses(frames[$0], shapes[at].box) }
                .min { frames[$0].width < frames[$1].width }
            if let around { groups[around].append(at) } else { loose.append(at) }
        }
        let filled = frames.indices.filter { !groups[$0].isEmpty }.sorted { frames[$0].minX < frames[$1].minX }
        guard filled.count > 1, loose.allSatisfy({ LineFit.kind(of: shapes[$0], xHeight: unit) == .small }) else {
            return nil
        }
        // A dash between two boxes is a line from one to the other.
        return filled.map { groups[$0].sorted() }
    }

    private static func encloses(_ frame: PlaneBox, _ box: PlaneBox) -> Bool {
        frame.minX <= box.midX && box.midX <= frame.maxX && frame.minY <= box.midY && box.midY <= frame.maxY
            && box.width < frame.width && box.height < 1.2 * frame.height
    }
}
