/// A digitizer's description of itself.
public struct TabletDevice: Equatable, Sendable {
    /// The range of an absolute axis (`struct input_absinfo`).
    public struct Axis: Equatable, Sendable {
        /// The least value, in the device's units.
        public var minimum: Int32
        /// The largest value, in the device's units.
        public var maximum: Int32
        /// Units per millimetre, for tilts per radian; 0: not given.
        public var resolution: Int32

        /// An axis in the device's own units; the resolution is in units per millimetre, 0 where it is not known.
        public init(minimum: Int32, maximum: Int32, resolution: Int32 = 0) {
            self.minimum = minimum
            self.maximum = maximum
            self.resolution = resolution
        }

        /// An axis whose ends coincide or are swapped says nothing.
        var isUsable: Bool { minimum < maximum }
        var span: Float { Float(maximum) - Float(minimum) }
    }

    public var name = ""
    /// By code.
    public var axes: [UInt16: Axis] = [:]
    /// Codes of the keys and buttons it has; empty where nobody told.
    public var keys: Set<UInt16> = []

    /// A device without axes and buttons.
    public init() {}

    /// A pen has a position, and a tip: a pen as tool, or both touch and pressure. A touch pad has neither; a touchscreen has places of several
    /// fingers.
    public var isPen: Bool {
        guard axes[InputCode.x] != nil, axes[InputCode.y] != nil else { return false }
        return keys.contains(InputCode.pen)
            || (axes[InputCode.fingerX] == nil && keys.contains(InputCode.touch) && axes[InputCode.pressure] != nil
                && !keys.contains(0x145))
    }

    /// Units of x per millimetre. Nil: the device does not say, or not for both axes.
    public var resolution: Float? {
        guard let x = axes[InputCode.x], let y = axes[InputCode.y], x.resolution > 0, y.resolution > 0 else {
            return nil
        }
        return Float(x.resolution)
    }

    /// The factor from the device's units of y to those of x, which differ on some tablets.
    var heightScale: Float {
        guard let x = axes[InputCode.x], let y = axes[InputCode.y], x.resolution > 0, y.resolution > 0 else { return 1 }
        return Float(x.resolution) / Float(y.resolution)
    }

    /// The writing area in the units of the samples.
    public var area: (x: Float, y: Float, width: Float, height: Float)? {
        guard let x = axes[InputCode.x], let y = axes[InputCode.y], x.isUsable, y.isUsable else { return nil }
        return (Float(x.minimum), Float(y.minimum) * heightScale, x.span, y.span * heightScale)
    }
}
