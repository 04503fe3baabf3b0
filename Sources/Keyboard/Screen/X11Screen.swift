import CDuctusX11

/// A connection to the X server. It asks the program that has the focus, and draws ink over all programs. It belongs to one thread, which
/// waits for `descriptor` and then calls `drain()`.
final class X11Screen {
    private let x11: ductus_x11
    private let display: OpaquePointer
    private let lost: UnsafeMutablePointer<Int32>
    private lazy var window = InkWindow(x11, display)

    /// The kernel's code of a key is X11's, less this.
    private static let codeOffset: UInt32 = 8

    /// Whether this machine has Xlib with the extensions XTEST and SHAPE.
    static var isAvailable: Bool { ductus_load_x11() != nil }

    /// - Parameter name: As in `DISPLAY`.
    /// - Returns: Nil where no server with both extensions answers, or the libraries are missing.
    init?(display name: String) {
        guard let x11 = ductus_load_x11() else { return nil }
        let lost = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        lost.initialize(to: 0)
        guard let display = ductus_x11_open(x11, name, lost) else {
            lost.deallocate()
            return nil
        }
        self.x11 = x11.pointee
        self.display = display
        self.lost = lost
        var (event, error, major, minor): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        guard self.x11.XTestQueryExtension(display, &event, &error, &major, &minor) != 0,
            self.x11.XShapeQueryExtension(display, &event, &error) != 0
        else { return nil }
    }

    deinit {
        // Xlib does not free the memory of a lost connection.
        guard !isLost else { return }
        _ = x11.XCloseDisplay(display)
        lost.deallocate()
    }

    /// The server is gone; nothing works any more.
    var isLost: Bool { lost.pointee != 0 }

    var descriptor: Int32 { x11.XConnectionNumber(display) }

    /// Discards the events that the server sends to all clients. None of them matters here.
    func drain() {
        var event = XEvent()
        while !isLost, x11.XPending(display) > 0 { _ = x11.XNextEvent(display, &event) }
    }

    // MARK: Keys

    /// A key that has no symbol and so types nothing, as the kernel counts keys; nil where all have one.
    var unusedKey: UInt32? {
        var (least, most): (Int32, Int32) = (0, 0)
        _ = x11.XDisplayKeycodes(display, &least, &most)
        var width: Int32 = 0
        guard most >= least, least >= Int32(Self.codeOffset),
            let symbols = x11.XGetKeyboardMapping(display, UInt8(clamping: least), most - least + 1, &width)
        else { return nil }
        defer { _ = x11.XFree(symbols) }
        let columns = Int(width)
        // The last: the first ones are what evdev calls reserved, and toolkits may leave them out.
        let unused = (0...Int(most - least)).last { key in
            (0..<columns).allSatisfy { symbols[key * columns + $0] == 0 }
        }
        return unused.map { UInt32(Int(least) + $0) - Self.codeOffset }
    }

    /// Presses and releases a key, as if somebody had.
    func press(_ key: UInt32) {
        for isDown in [Int32(1), 0] {
            _ = x11.XTestFakeKeyEvent(display, key + Self.codeOffset, isDown, 0)
        }
        _ = x11.XFlush(display)
    }

    // MARK: Ink

    func draw(_ points: [ScreenPoint], stroke: UInt32) { window.draw(points, stroke: stroke) }

    func remove(strokes: Set<UInt32>) { window.remove(strokes) }

    func removeAll() { window.removeAll() }
}
