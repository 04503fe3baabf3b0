import CDuctusX11

/// A window over all others that has the form of the ink: nothing of it is painted but its background, and clicks go through it.
///
/// It takes no focus and knows no window manager. It is on the screen only while there is ink.
final class InkWindow {
    private let x11: ductus_x11
    private let display: OpaquePointer
    private let root: Window
    private let window: Window
    private var (width, height): (UInt32, UInt32) = (1, 1)
    private var strokes: [(number: UInt32, points: [ScreenPoint])] = []

    private static let colour: (red: UInt16, green: UInt16, blue: UInt16) = (0x1a1a, 0x3f3f, 0xb0b0)
    /// Points on the screen.
    private static let thickness: Float = 3
    private static let (bounding, input): (Int32, Int32) = (0, 2)
    private static let (set, union): (Int32, Int32) = (0, 1)
    /// Rectangles in one request: servers refuse long ones.
    private static let mostAtOnce = 4096

    init(_ x11: ductus_x11, _ display: OpaquePointer) {
        self.x11 = x11
        self.display = display
        root = x11.XDefaultRootWindow(display)
        var ink = XColor()
        (ink.red, ink.green, ink.blue) = Self.colour
        let colours = x11.XDefaultColormap(display, x11.XDefaultScreen(display))
        _ = x11.XAllocColor(display, colours, &ink)
        var attributes = XSetWindowAttributes()
        attributes.override_redirect = 1
        attributes.background_pixel = ink.pixel
        window = x11.XCreateWindow(
            display, root, 0, 0, 1, 1, 0, Int32(CopyFromParent), UInt32(InputOutput), nil,
            UInt(CWOverrideRedirect | CWBackPixel), &attributes)
        shape(Self.input, [], Self.set)
    }

    /// Continues a stroke.
    func draw(_ points: [ScreenPoint], stroke: UInt32) {
        if strokes.isEmpty { appear() }
        if strokes.last?.number != stroke { strokes.append((stroke, [])) }
        let last = strokes.count - 1
        let from = max(0, strokes[last].points.count - 1)
        strokes[last].points += points
        shape(Self.bounding, squares(along: strokes[last].points[from...]), Self.union)
        _ = x11.XFlush(display)
    }

    /// Strokes that are not there are none.
    func remove(_ numbers: Set<UInt32>) {
        let before = strokes.count
        strokes.removeAll { numbers.contains($0.number) }
        guard strokes.count < before else { return }
        guard !strokes.isEmpty else { return vanish() }
        shape(Self.bounding, strokes.flatMap { squares(along: $0.points[...]) }, Self.set)
        _ = x11.XFlush(display)
    }

    func removeAll() {
        guard !strokes.isEmpty else { return }
        strokes = []
        vanish()
    }

    private func appear() {
        var (origin, place): (Window, (x: Int32, y: Int32)) = (0, (0, 0))
        var (border, depth): (UInt32, UInt32) = (0, 0)
        // Screens change their size.
        _ = x11.XGetGeometry(display, root, &origin, &place.x, &place.y, &width, &height, &border, &depth)
        _ = x11.XMoveResizeWindow(display, window, 0, 0, width, height)
        shape(Self.bounding, [], Self.set)
        _ = x11.XMapRaised(display, window)
    }

    private func vanish() {
        _ = x11.XUnmapWindow(display, window)
        _ = x11.XFlush(display)
    }

    private func shape(_ kind: Int32, _ rectangles: [XRectangle], _ operation: Int32) {
        var operation = operation
        for start in stride(from: 0, to: max(1, rectangles.count), by: Self.mostAtOnce) {
            var some = Array(rectangles[start..<min(start + Self.mostAtOnce, rectangles.count)])
            x11.XShapeCombineRectangles(display, window, kind, 0, 0, &some, Int32(some.count), operation, 0)
            operation = Self.union
        }
    }

    /// Squares so close to each other that they look like a line.
    private func squares(along points: ArraySlice<ScreenPoint>) -> [XRectangle] {
        var squares: [XRectangle] = []
        func square(_ x: Float, _ y: Float) {
            let half = Self.thickness / 2
            guard let left = Int16(exactly: (x - half).rounded()), let top = Int16(exactly: (y - half).rounded()),
                squares.last.map({ $0.x != left || $0.y != top }) ?? true
            else { return }
            squares.append(
                XRectangle(x: left, y: top, width: UInt16(Self.thickness), height: UInt16(Self.thickness)))
        }
        let places = points.map { (x: $0.x * Float(width), y: $0.y * Float(height)) }
        if let first = places.first { square(first.x, first.y) }
        for (from, to) in zip(places, places.dropFirst()) {
            let steps = max(1, min(1000, max(abs(to.x - from.x), abs(to.y - from.y)).rounded(.up)))
            for step in stride(from: 1, through: steps, by: 1) {
                square(from.x + (to.x - from.x) * step / steps, from.y + (to.y - from.y) * step / steps)
            }
        }
        return squares
    }
}
