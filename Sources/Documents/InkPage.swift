import DuctusDrawing
import DuctusInk

/// One page of a document, or one piece of ink of a collection, as its file has it.
public struct InkPage: Equatable, Sendable {
    /// The strokes in the file's order, with what the file says of the whole.
    public var ink: InkLine
    /// The mark of each stroke, in the order of the strokes; empty if the format does not tell.
    public var marks: [StrokeMark]
    /// Names of the strokes, in their order; empty where they have none.
    public var strokeIDs: [String]
    /// The sheet that the ink is on; nil where the format knows none.
    public var sheet: Sheet?
    /// The file says that this is one line of text, not a page.
    public var isLine: Bool
    /// The page's index in its document, from 0; nil where pages without ink are handed over, too, so that counting tells it.
    public var index: Int?
    /// The placement of the ink in the file's own plane.
    public var placement = InkPlacement()

    /// A page of ink.
    ///
    /// - Parameters:
    ///   - marks: how each stroke looks; empty where the file does not tell.
    ///   - strokeIDs: the name of each stroke; empty where the file has none.
    ///   - isLine: whether the page is one line of text.
    public init(
        _ ink: InkLine, marks: [StrokeMark] = [], strokeIDs: [String] = [], sheet: Sheet? = nil, isLine: Bool = false
    ) {
        self.ink = ink
        self.marks = marks
        self.strokeIDs = strokeIDs
        self.sheet = sheet
        self.isLine = isLine
    }

    /// Whether a stroke can be writing: it was made with a pen.
    public func isWritten(_ stroke: Int) -> Bool {
        marks.isEmpty || marks[stroke].tool == .pen
    }

    /// The ink without what is no writing.
    public var written: InkLine {
        guard marks.contains(where: { $0.tool != .pen }) else { return ink }
        var written = ink
        written.strokes = ink.strokes.indices.filter(isWritten).map { ink.strokes[$0] }
        return written
    }
}

/// A rectangle of the ink's plane that is one sheet of paper.
public struct Sheet: Equatable, Sendable {
    /// The upper left corner and the size, in the units of the ink.
    public var x, y, width, height: Float
    /// Units of the ink per point (1/72 inch).
    public var unitsPerPoint: Float

    /// A sheet in the units of the ink. `unitsPerPoint` is how many of them make a point, 1/72 inch.
    public init(x: Float = 0, y: Float = 0, width: Float, height: Float, unitsPerPoint: Float = 1) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
        self.unitsPerPoint = unitsPerPoint
    }
}

/// The tool, color and width of a stroke.
public struct StrokeMark: Equatable, Sendable {
    /// The kind of tool that drew a stroke.
    public enum Tool: String, Sendable {
        case pen, highlighter, eraser, shape
    }

    /// The tool.
    public var tool: Tool
    /// The colour.
    public var color: Color
    /// 0…1; below 1 what is beneath shows.
    public var opacity: Float
    /// The widths in the units of the ink: one for the whole stroke, or one per sample. Empty where the file does not
    /// tell.
    public var widths: [Float]

    /// The look of a stroke. Widths are in the units of the ink: none, one for the stroke, or one for each sample.
    public init(tool: Tool = .pen, color: Color = .black, opacity: Float = 1, widths: [Float] = []) {
        self.tool = tool
        self.color = color
        self.opacity = opacity
        self.widths = widths
    }
}
