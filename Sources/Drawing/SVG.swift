import DuctusFoundations

/// The SVG back end: Scalable Vector Graphics 1.1, https://www.w3.org/TR/SVG11/.
extension Drawing {
    /// The picture as an SVG document.
    public func svg() -> String {
        var svg = """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)">
            <rect width="\(width)" height="\(height)" fill="\(background.hexadecimal)"/>
            <g font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" stroke-linecap="round" stroke-linejoin="round">

            """
        for element in elements {
            switch element {
            case .line(let line): line.write(to: &svg)
            case .area(let area): area.write(to: &svg)
            case .text(let text): text.write(to: &svg)
            }
        }
        return svg + "</g>\n</svg>\n"
    }

    /// A number with at most two decimals, as short as can be.
    fileprivate static func number(_ value: Double) -> String {
        let hundredths = Int((min(max(value, -1e9), 1e9) * 100).rounded())
        let magnitude = abs(hundredths)
        let sign = hundredths < 0 ? "-" : ""
        let decimals = magnitude % 100
        if decimals == 0 { return "\(sign)\(magnitude / 100)" }
        let digits = decimals < 10 ? "0\(decimals)" : decimals % 10 == 0 ? "\(decimals / 10)" : "\(decimals)"
        return "\(sign)\(magnitude / 100).\(digits)"
    }

    fileprivate static func pair(_ point: PlanePoint) -> String {
        number(point.x) + " " + number(point.y)
    }
}

extension Drawing.Line {
    fileprivate func write(to svg: inout String) {
        let finite = points.indices.filter { points[$0].x.isFinite && points[$0].y.isFinite && width(at: $0).isFinite }
        guard var from = finite.first else { return }
        let dash = isDashed ? " stroke-dasharray=\"6 5\"" : ""
        func open(_ width: Double) -> String {
            "<path fill=\"none\" stroke=\"\(color.hexadecimal)\" stroke-width=\"\(Drawing.number(width))\"\(dash) d=\"M\(Drawing.pair(points[from]))"
        }
        // SVG has one width per path: a new path begins where the width has changed by a quarter of a pixel.
        var current = width(at: from)
        svg += open(current)
        if finite.count == 1 { svg += "h0" }
        for to in finite.dropFirst() {
            let wanted = (width(at: from) + width(at: to)) / 2
            if abs(wanted - current) >= 0.25 {
                svg += "\"/>\n"
                current = wanted
                svg += open(current)
            }
            svg += "L" + Drawing.pair(points[to])
            from = to
        }
        svg += "\"/>\n"
    }

    /// The width at a point.
    func width(at index: Int) -> Double { widths.count == 1 ? widths[0] : widths[index] }
}

extension Drawing.Area {
    fileprivate func write(to svg: inout String) {
        let finite = corners.filter { $0.x.isFinite && $0.y.isFinite }
        guard finite.count > 2 else { return }
        svg +=
            "<polygon fill=\"\(color.hexadecimal)\" points=\"\(finite.map(Drawing.pair).joined(separator: " "))\"/>\n"
    }
}

extension Drawing.Text {
    fileprivate func write(to svg: inout String) {
        guard position.x.isFinite, position.y.isFinite, size.isFinite, !string.isEmpty else { return }
        let anchorName =
            switch anchor {
            case .start: "start"
            case .middle: "middle"
            case .end: "end"
            }
        let turn = isUpright ? " transform=\"rotate(-90 \(Drawing.pair(position)))\"" : ""
        svg += "<text xml:space=\"preserve\" x=\"\(Drawing.number(position.x))\" y=\"\(Drawing.number(position.y))\" "
        svg +=
            "font-size=\"\(Drawing.number(size))\" text-anchor=\"\(anchorName)\" fill=\"\(color.hexadecimal)\"\(turn)>"
        svg += XMLText.escaped(string) + "</text>\n"
    }
}
