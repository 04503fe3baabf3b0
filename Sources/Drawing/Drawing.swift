import DuctusFoundations
import Foundation

/// A picture as a list of lines, areas and texts, from the back to the front; written as SVG or PNG.
///
/// Pixels, x to the right, y down. Ink, charts and confusion matrices are laid out once, as a drawing, and look the
/// same in both formats. What is not finite is left out when the picture is written.
public struct Drawing: Sendable {
    /// A line through points with round ends; a single point is a dot.
    public struct Line: Sendable {
        /// The points in pixels.
        public var points: [PlanePoint]
        /// One width for all, or one per point.
        public var widths: [Double]
        /// The colour of the line.
        public var color: Color
        /// Whether the line is dashed.
        public var isDashed = false

        /// A line through points, with one width for all of them, or one for each.
        public init(_ points: [PlanePoint], widths: [Double], color: Color, isDashed: Bool = false) {
            precondition(widths.count == 1 || widths.count == points.count, "one width for all points, or one for each")
            self.points = points
            self.widths = widths
            self.color = color
            self.isDashed = isDashed
        }

        /// A line of one width.
        public init(_ points: [PlanePoint], width: Double = 1, color: Color = .black, isDashed: Bool = false) {
            self.init(points, widths: [width], color: color, isDashed: isDashed)
        }
    }

    /// A filled polygon.
    public struct Area: Sendable {
        /// The corners in pixels.
        public var corners: [PlanePoint]
        /// The colour that fills it.
        public var color: Color

        /// A filled polygon.
        public init(_ corners: [PlanePoint], color: Color) {
            self.corners = corners
            self.color = color
        }

        /// A rectangle.
        public init(x: Double, y: Double, width: Double, height: Double, color: Color) {
            self.init(
                [.init(x, y), .init(x + width, y), .init(x + width, y + height), .init(x, y + height)], color: color)
        }
    }

    /// A line of text.
    public struct Text: Sendable {
        /// The part of the text that lies at its position.
        public enum Anchor: Sendable { case start, middle, end }

        /// The text, one line.
        public var string: String
        /// The point of the baseline that the anchor names.
        public var position: PlanePoint
        /// Height of the type in pixels; capitals are about 0.7 of it.
        public var size: Double
        /// The part of the text that lies at `position`.
        public var anchor: Anchor
        /// The colour of the letters.
        public var color: Color
        /// Whether it reads from bottom to top.
        public var isUpright: Bool

        /// A text. `size` is the height of the type in pixels.
        public init(
            _ string: String, at position: PlanePoint, size: Double = 13, anchor: Anchor = .start,
            color: Color = .black,
            isUpright: Bool = false
        ) {
            self.string = string
            self.position = position
            self.size = size
            self.anchor = anchor
            self.color = color
            self.isUpright = isUpright
        }
    }

    /// A part of a picture.
    public enum Element: Sendable {
        case line(Line)
        case area(Area)
        case text(Text)
    }

    /// Size in pixels, 1…``largestSide``.
    public let width: Int
    /// Height in pixels, 1…``largestSide``.
    public let height: Int
    /// The colour behind everything.
    public var background = Color.white
    /// The parts, from the back to the front.
    public private(set) var elements: [Element] = []

    /// The longest side of a picture; what a PNG may have is less, see ``DrawingError/tooLarge(width:height:)``.
    public static let largestSide = 10_000_000

    /// An empty picture; sizes are rounded up and limited to ``largestSide``.
    public init(width: Double, height: Double) {
        func side(_ length: Double) -> Int {
            length.isFinite ? Int(min(max(length.rounded(.up), 1), Double(Self.largestSide))) : 1
        }
        self.width = side(width)
        self.height = side(height)
    }

    public mutating func add(_ line: Line) { elements.append(.line(line)) }
    public mutating func add(_ area: Area) { elements.append(.area(area)) }
    public mutating func add(_ text: Text) { elements.append(.text(text)) }

    /// Puts another drawing on top, its upper left corner at `origin`.
    public mutating func add(_ other: Drawing, at origin: PlanePoint) {
        for element in other.elements {
            switch element {
            case .line(var line):
                line.points = line.points.map { $0 + origin }
                add(line)
            case .area(var area):
                area.corners = area.corners.map { $0 + origin }
                add(area)
            case .text(var text):
                text.position += origin
                add(text)
            }
        }
    }

    /// Writes the picture in the format that the file's name ends in: `.svg` or `.png`.
    ///
    /// - Throws: ``DrawingError``, or `FileError.unwritable`.
    public func write(to file: URL) throws {
        switch file.pathExtension.lowercased() {
        case "svg": try AtomicFile.put(Data(svg().utf8), at: file)
        case "png": try AtomicFile.put(png(), at: file)
        default: throw DrawingError.unknownFormat(file.lastPathComponent)
        }
    }
}

/// The errors of writing a picture.
public enum DrawingError: Error, Equatable, CustomStringConvertible {
    case unknownFormat(String)
    case tooLarge(width: Int, height: Int)
    case compression(Int32)

    public var description: String {
        switch self {
        case .unknownFormat(let name): "\(name): pictures are written as .svg or .png; let the name end in one of them"
        case .tooLarge(let width, let height):
            "a PNG picture of \(width) × \(height) pixels is too large (limit: \(Raster.largestArea) pixels); write SVG, or less ink"
        case .compression(let code): "zlib could not compress the picture (code \(code)); is there enough memory?"
        }
    }
}
