import DuctusFoundations
import Foundation

/// The data of an SVG path (SVG 1.1, section 8.3) as lines through points; curves are sampled.
enum SVGPath {
    /// Points of a curve.
    private static let steps = 8
    private static let mostPoints = 4_000_000

    /// One line for each part that begins with a move; nil if the data is broken.
    static func lines(_ data: String) -> [[(Double, Double)]]? {
        let bytes = Array(data.utf8)
        return bytes.withUnsafeBytes { bytes in
            var pen = Pen()
            var position = 0
            func number() -> Double? {
                skipSeparators()
                return DecimalNumber.read(bytes, at: &position)
            }
            func skipSeparators() {
                while position < bytes.count, bytes[position] <= 0x20 || bytes[position] == UInt8(ascii: ",") {
                    position += 1
                }
            }
            /// A flag of an arc is one digit, also without a separator behind it.
            func flag() -> Double? {
                skipSeparators()
                guard position < bytes.count, bytes[position] == 0x30 || bytes[position] == 0x31 else { return nil }
                position += 1
                return Double(bytes[position - 1] - 0x30)
            }
            var command: UInt8 = 0
            while true {
                skipSeparators()
                guard position < bytes.count else { break }
                if bytes[position] | 0x20 >= UInt8(ascii: "a"), bytes[position] | 0x20 <= UInt8(ascii: "z") {
                    command = bytes[position]
                    position += 1
                } else if command | 0x20 == UInt8(ascii: "z") || command == 0 {
                    return nil
                }
                let kind = command | 0x20
                guard let count = arguments[kind] else { return nil }
                var values: [Double] = []
                for index in 0..<count {
                    let isFlag = kind == UInt8(ascii: "a") && (index == 3 || index == 4)
                    guard let value = isFlag ? flag() : number(), value.isFinite else { return nil }
                    values.append(value)
                }
                pen.draw(kind, isRelative: command == kind, values)
                guard pen.count < mostPoints else { return nil }
                // Pairs behind a move are lines.
                if kind == UInt8(ascii: "m") { command = command == kind ? UInt8(ascii: "l") : UInt8(ascii: "L") }
            }
            return pen.lines
        }
    }

    private static let arguments: [UInt8: Int] = [
        UInt8(ascii: "m"): 2, UInt8(ascii: "l"): 2, UInt8(ascii: "h"): 1, UInt8(ascii: "v"): 1, UInt8(ascii: "c"): 6,
        UInt8(ascii: "s"): 4, UInt8(ascii: "q"): 4, UInt8(ascii: "t"): 2, UInt8(ascii: "a"): 7, UInt8(ascii: "z"): 0,
    ]

    /// The state of the drawing: the place of the pen, and the lines so far.
    private struct Pen {
        private(set) var lines: [[(Double, Double)]] = []
        private(set) var count = 0
        private var at = (0.0, 0.0)
        private var start = (0.0, 0.0)
        /// The last control point, for smooth curves; nil behind other commands.
        private var cubic: (Double, Double)?
        private var quadratic: (Double, Double)?

        mutating func draw(_ kind: UInt8, isRelative: Bool, _ v: [Double]) {
            let origin = isRelative ? at : (0, 0)
            func point(_ index: Int) -> (Double, Double) { (origin.0 + v[index], origin.1 + v[index + 1]) }
            let (lastCubic, lastQuadratic) = (cubic, quadratic)
            (cubic, quadratic) = (nil, nil)
            switch kind {
            case UInt8(ascii: "m"):
                at = point(0)
                start = at
                lines.append([at])
                count += 1
            case UInt8(ascii: "l"): line(to: point(0))
            case UInt8(ascii: "h"): line(to: (origin.0 + v[0], at.1))
            case UInt8(ascii: "v"): line(to: (at.0, origin.1 + v[0]))
            case UInt8(ascii: "c"): curve(point(0), point(2), point(4))
            case UInt8(ascii: "s"): curve(mirrored(lastCubic), point(0), point(2))
            case UInt8(ascii: "q"): parabola(point(0), point(2))
            case UInt8(ascii: "t"): parabola(mirrored(lastQuadratic), point(0))
            case UInt8(ascii: "a"): arc(v, to: point(5))
            default: if at != start { line(to: start) }
            }
        }

        private func mirrored(_ control: (Double, Double)?) -> (Double, Double) {
            control.map { (2 * at.0 - $0.0, 2 * at.1 - $0.1) } ?? at
        }

        private mutating func line(to point: (Double, Double)) {
            if lines.isEmpty { lines.append([at]) }
            lines[lines.count - 1].append(point)
            count += 1
            at = point
        }

        private mutating func curve(_ first: (Double, Double), _ second: (Double, Double), _ end: (Double, Double)) {
            let from = at
            for step in 1...SVGPath.steps {
                let t = Double(step) / Double(SVGPath.steps)
                let u = 1 - t
                let (a, b, c, d) = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
                line(
                    to: (
                        a * from.0 + b * first.0 + c * second.0 + d * end.0,
                        a * from.1 + b * first.1 + c * second.1 + d * end.1
                    ))
            }
            at = end
            cubic = second
        }

        private mutating func parabola(_ control: (Double, Double), _ end: (Double, Double)) {
            let from = at
            func toward(_ point: (Double, Double)) -> (Double, Double) {
                (point.0 + 2 / 3 * (control.0 - point.0), point.1 + 2 / 3 * (control.1 - point.1))
            }
            curve(toward(from), toward(end), end)
            cubic = nil
            quadratic = control
        }

        /// An arc of an ellipse, from its ends to its centre (SVG 1.1, appendix F.6).
        private mutating func arc(_ v: [Double], to end: (Double, Double)) {
            var (rx, ry) = (abs(v[0]), abs(v[1]))
            guard rx > 0, ry > 0, at != end else { return line(to: end) }
            let phi = v[2] * .pi / 180
            let (cosine, sine) = (cos(phi), sin(phi))
            let half = ((at.0 - end.0) / 2, (at.1 - end.1) / 2)
            let x = cosine * half.0 + sine * half.1
            let y = -sine * half.0 + cosine * half.1
            let excess = x * x / (rx * rx) + y * y / (ry * ry)
            if excess > 1 {
                rx *= excess.squareRoot()
                ry *= excess.squareRoot()
            }
            let below = rx * rx * y * y + ry * ry * x * x
            let above = max(0, rx * rx * ry * ry - below)
            let factor = (v[3] == v[4] ? -1.0 : 1.0) * (above / max(below, 1e-300)).squareRoot()
            let centre = (factor * rx * y / ry, -factor * ry * x / rx)
            let middle = (
                cosine * centre.0 - sine * centre.1 + (at.0 + end.0) / 2,
                sine * centre.0 + cosine * centre.1 + (at.1 + end.1) / 2
            )
            let from = atan2((y - centre.1) / ry, (x - centre.0) / rx)
            var turn = atan2((-y - centre.1) / ry, (-x - centre.0) / rx) - from
            if v[4] == 0, turn > 0 { turn -= 2 * .pi }
            if v[4] == 1, turn < 0 { turn += 2 * .pi }
            let steps = max(2, Int((abs(turn) / (.pi / 8)).rounded(.up)))
            for step in 1..<steps {
                let angle = from + turn * Double(step) / Double(steps)
                let (px, py) = (rx * cos(angle), ry * sin(angle))
                line(to: (middle.0 + cosine * px - sine * py, middle.1 + sine * px + cosine * py))
            }
            line(to: end)
        }
    }
}
