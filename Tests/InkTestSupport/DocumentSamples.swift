import Foundation

/// Small documents of other programs, made here: each with two strokes, (10, 20) (30, 40) (50, 30) and (60, 60) (62, 64), y down, on one page.
public enum DocumentSamples {
    /// The places of the two strokes.
    public static let places: [[[Float]]] = [[[10, 20], [30, 40], [50, 30]], [[60, 60], [62, 64]]]

    /// By the name of the format.
    public static var all: [(name: String, bytes: [UInt8])] {
        texts.map { ($0.name, Array($0.text.utf8)) } + [
            ("reMarkable pages (.rm)", reMarkable6), ("reMarkable pages (.rm)", reMarkable5),
            ("reMarkable notebooks (.rmdoc, .zip)", notebook),
            ("Wacom UIM (.uim)", uim), ("Wacom UIM (.uim)", uim30), ("Wacom WILL (.will)", will),
        ]
    }

    private static let texts: [(name: String, text: String)] = [
        (
            "Xournal++ (.xopp)",
            """
            <?xml version="1.0"?><xournal creator="x" fileversion="4"><title>t</title><page width="595" height="842"><background type="solid"/>
            <layer><stroke tool="pen" color="#0000ffff" width="1.5 0.75 1.5">10 20 30 40 50 30</stroke><text x="1" y="2">typed</text>
            <stroke tool="highlighter" color="#ffff007f" width="8">0 0 100 100</stroke></layer>
            <layer><stroke tool="pen" color="black" width="1.4">60 60 62 64</stroke></layer></page></xournal>
            """
        ),
        (
            "IAM-OnDB XML",
            """
            <?xml version="1.0" encoding="ISO-8859-1"?><WhiteboardCaptureSession><WhiteboardDescription/><StrokeSet>
            <Stroke colour="black" start_time="1.0" end_time="1.2"><Point x="10" y="20" time="1.00"/><Point x="30" y="40" time="1.01"/>
            <Point x="50" y="30" time="1.02"/></Stroke><Stroke><Point x="60" y="60" time="2"/><Point x="62" y="64" time="2.5"/></Stroke>
            </StrokeSet></WhiteboardCaptureSession>
            """
        ),
        (
            "SVG (polylines and drawn paths)",
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><style>.ink{fill:none;stroke:#123}</style><defs><path d="M0 0L1 1"/></defs>
            <g transform="translate(10,0) scale(2)"><polyline class="ink" points="0,10 10,20 20,15"/></g><path fill="#000" d="M0 0h9v9z"/>
            <path style="fill:none;stroke:red" d="M60,60l2 4"/><path d="M0 0C1 2 3 4 5 6s1 1 2 2Q1 1 2 2t3 3A1 2 30 01 9 9z"/></svg>
            """
        ),
        (
            "iink requests",
            #"{"xDPI":96,"width":400,"height":300,"contentType":"Text","configuration":{"lang":"en_US"},"strokeGroups":[{"penStyle":"color: #000","strokes":[{"id":"a","x":[10,30,50],"y":[20,40,30],"t":[0,10,20],"p":[0.1,0.2,0.3],"pointerType":"PEN"},{"x":[60,62],"y":[60,64]},{"x":[1,2],"y":[1,2],"pointerType":"ERASER"}]}]}"#
        ),
        (
            "iink requests",
            ##"[ {"type":"stroke","style":{"color":"#000000","width":2,"opacity":1},"pointers":[{"x":10,"y":20,"t":1695825959660,"p":0.1},{"x":30,"y":40,"t":1695825959670,"p":0.1},{"x":50,"y":30}]}, {"type":"stroke","pointers":[{"x":60,"y":60},{"x":62,"y":64}]}]"##
        ),
        (
            "Google ink requests",
            #"{"app_version":0.4,"options":"enable_pre_space","requests":[{"writing_guide":{"writing_area_width":400,"writing_area_height":300},"ink":[[[10,30,50],[20,40,30],[0,10,20]],[[60,62],[60,64],[]]],"language":"en"}]}"#
        ),
        (
            "QuickDraw",
            #"{"word":"cat","countrycode":"US","recognized":true,"key_id":"5","drawing":[[[10,30,50],[20,40,30],[0,10,20]],[[60,62],[60,64]]]}"#
        ),
        (
            "Excalidraw",
            ##"{"type":"excalidraw","version":2,"elements":[{"type":"rectangle","id":"r","x":0,"y":0},{"type":"freedraw","id":"a","x":10,"y":20,"angle":0,"strokeColor":"#1e1e1e","strokeWidth":2,"opacity":100,"points":[[0,0],[20,20],[40,10]],"pressures":[0.1,0.2,0.3],"simulatePressure":false},{"type":"freedraw","x":9,"y":9,"points":[[0,0]],"isDeleted":true},{"type":"freedraw","x":60,"y":60,"points":[[0,0],[2,4]]}],"files":{}}"##
        ),
        (
            "Rnote (.rnote)",
            #"{"version":"0.9.0","data":{"engine_snapshot":{"document":{"format":{"width":595,"height":842,"dpi":72}},"stroke_components":[{"value":null,"version":0},{"value":{"brushstroke":{"path":{"start":{"pos":[60,60],"pressure":0.5},"segments":[{"lineto":{"end":{"pos":[62,64],"pressure":0.5}}}]},"style":{"smooth":{"stroke_width":2.0,"stroke_color":{"r":0,"g":0,"b":0.5,"a":1}}}}},"version":1},{"value":{"brushstroke":{"path":{"start":{"pos":[10,20],"pressure":0.5},"segments":[{"quadbezto":{"cp":[1,1],"end":{"pos":[30,40],"pressure":1}}},{"lineto":{"end":{"pos":[50,30],"pressure":0.5}}}]},"style":{"smooth":{"stroke_width":2.0}}}},"version":1}],"chrono_components":[{"value":null,"version":0},{"value":{"t":2,"layer":{"user_layer":0}},"version":1},{"value":{"t":1,"layer":{"user_layer":0}},"version":1}]}}}"#
        ),
        (
            "JIIX",
            #"{"type":"Text","bounding-box":{"x":1,"y":2,"width":3,"height":4},"label":"a","words":[{"label":"a","items":[{"type":"stroke","id":"s0","X":[10,30,50],"Y":[20,40,30],"F":[0.1,0.2,0.3],"T":[0,10,20]},{"type":"stroke","id":"s1","X":[60,62],"Y":[60,64]}]}],"version":"3","id":"MainBlock"}"#
        ),
        (
            "PDF ink annotations",
            """
            %PDF-1.7
            1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
            2 0 obj <</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 200 100]>> endobj
            3 0 obj <</Type/Page/Parent 2 0 R/Annots[4 0 R 5 0 R]>> endobj
            4 0 obj <</Type/Annot/Subtype/Ink/Rect[0 0 100 100]/C[0 0 1]/BS<</W 2>>/InkList[[10 80 30 60 50 70][60 40 62 36]]>> endobj
            5 0 obj <</Type/Annot/Subtype/Text/Contents(a \\( b)>> endobj
            trailer <</Root 1 0 R/Size 6>>
            startxref
            0
            %%EOF
            """
        ),
    ]

    // MARK: binary formats

    private static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private static func float(_ value: Float) -> [UInt8] { little(value.bitPattern) }

    private static func magic(_ version: Int) -> [UInt8] {
        Array("reMarkable .lines file, version=\(version)          ".utf8)
    }

    static var reMarkable5: [UInt8] {
        var bytes = magic(5) + little(UInt32(1)) + little(UInt32(places.count + 1))
        for (tool, stroke) in [(UInt32(17), places[0]), (15, places[1]), (6, [[1, 1]])] {
            bytes +=
                little(tool) + little(UInt32(0)) + little(UInt32(0)) + float(2) + little(UInt32(0))
                + little(UInt32(stroke.count))
            for place in stroke {
                bytes += float(place[0]) + float(place[1]) + float(1) + float(0) + float(2) + float(0.5)
            }
        }
        return bytes
    }

    /// Version 6; the second line stands first, and the third was deleted.
    static var reMarkable6: [UInt8] {
        func name(_ number: UInt8, _ counter: UInt8) -> [UInt8] { [number << 4 | 0xf, 1, counter] }
        func part(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
            [number << 4 | 0xc] + little(UInt32(content.count)) + content
        }
        func block(_ counter: UInt8, _ line: [UInt8]?) -> [UInt8] {
            var content =
                name(1, 11) + name(2, counter) + name(3, 0) + name(4, 0) + [0x54] + little(UInt32(line == nil ? 1 : 0))
            if let line { content += part(6, [3] + line) }
            return little(UInt32(content.count)) + [0, 1, 2, 5] + content
        }
        func line(_ places: [[Float]]) -> [UInt8] {
            let points = places.flatMap { place -> [UInt8] in
                let at = float(place[0]) + float(place[1])
                return at + little(UInt16(3)) + little(UInt16(8)) + [UInt8(0), UInt8(128)]
            }
            return [0x14] + little(UInt32(17)) + [0x24] + little(UInt32(0)) + [0x38] + little(Double(2).bitPattern)
                + [0x44] + float(0) + part(5, points)
        }
        let other = little(UInt32(3)) + [0, 1, 1, 0] + [1, 2, 3]
        return magic(6) + other + block(30, line(places[1])) + block(20, line(places[0])) + block(40, nil)
    }

    static var notebook: [UInt8] {
        zip([
            (
                "id.content",
                Array(#"{"cPages":{"pages":[{"id":"empty"},{"id":"gone","deleted":{"value":1}},{"id":"p1"}]}}"#.utf8)
            ),
            ("id.metadata", Array(#"{"visibleName":"n"}"#.utf8)), ("id/p1.rm", reMarkable5),
        ])
    }

    /// Files stored in a zip archive.
    public static func zip(_ files: [(name: String, content: [UInt8])]) -> [UInt8] {
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for (name, content) in files {
            let sizes =
                little(UInt32(content.count)) + little(UInt32(content.count)) + little(UInt16(name.utf8.count)) + [
                    0, 0,
                ]
            let head: [UInt8] = [20, 0, 0, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0] + sizes
            directory +=
                [0x50, 0x4b, 1, 2, 20, 0] + head + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + little(UInt32(bytes.count))
                + Array(name.utf8)
            bytes += [0x50, 0x4b, 3, 4] + head + Array(name.utf8) + content
        }
        let count = little(UInt16(files.count))
        return bytes + directory + [0x50, 0x4b, 5, 6, 0, 0, 0, 0] + count + count + little(UInt32(directory.count))
            + little(UInt32(bytes.count)) + [0, 0]
    }

    private static func variable(_ value: Int) -> [UInt8] {
        var (value, bytes) = (value, [UInt8]())
        while value >= 0x80 {
            bytes.append(UInt8(value & 0x7f | 0x80))
            value >>= 7
        }
        return bytes + [UInt8(value)]
    }

    private static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
        variable(number << 3 | 2) + variable(content.count) + content
    }

    private static func zigzag(_ values: [Int]) -> [UInt8] { values.flatMap { variable(($0 << 1) ^ ($0 >> 63)) } }

    private static func differences(_ values: [Int]) -> [Int] { Swift.zip([0] + values, values).map { $1 - $0 } }

    private static func chunk(_ tag: String, _ content: [UInt8]) -> [UInt8] {
        Array(tag.utf8) + little(UInt32(content.count)) + content + (content.count % 2 == 1 ? [0] : [])
    }

    /// The first stroke as it is, the second as differences in tenths.
    static var uim: [UInt8] {
        let plain = field(1, places[0].flatMap { float($0[0]) }) + field(2, places[0].flatMap { float($0[1]) })
        let packed = field(1, zigzag(differences([600, 620]))) + field(2, zigzag(differences([600, 640])))
        let ink =
            field(1, field(5, plain) + [0x38, 1]) + field(1, [0x10, 2] + field(6, packed))
            + field(6, [0x08] + zigzag([255]) + [0x15] + float(2))
        let head: [UInt8] = [3, 1, 0, 0] + [3, 1, 0, 1, 0, 0, 0, 0]
        let body = Array("UINK".utf8) + chunk("HEAD", head) + chunk("INKD", ink)
        return Array("RIFF".utf8) + little(UInt32(body.count)) + body
    }

    /// Version 3.0: all in one message.
    static var uim30: [UInt8] {
        let strokes = places.flatMap { stroke in
            field(1, field(4, stroke.flatMap { float($0[0]) }) + field(5, stroke.flatMap { float($0[1]) }))
        }
        let body = Array("UINK".utf8) + chunk("HEAD", [3, 0, 0, 0]) + chunk("DATA", field(2, strokes))
        return Array("RIFF".utf8) + little(UInt32(body.count)) + body
    }

    static var will: [UInt8] {
        let paths = places.flatMap { stroke -> [UInt8] in
            var last = (0, 0)
            let points = stroke.flatMap { place -> [Int] in
                let at = (Int(place[0] * 10), Int(place[1] * 10))
                defer { last = at }
                return [at.0 - last.0, at.1 - last.1]
            }
            let message = [0x18, 1] + field(4, zigzag(points))
            return variable(message.count) + message
        }
        let body = Array("WILL".utf8) + chunk("HEAD", [1, 0, 0]) + chunk("INK ", paths)
        return Array("RIFF".utf8) + little(UInt32(body.count)) + body
    }
}
