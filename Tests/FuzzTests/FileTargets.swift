import DuctusDocuments
import DuctusFoundations
import DuctusInk
import DuctusRecognition
import DuctusTablet
import Foundation
import InkTestSupport

extension FuzzTarget {
    /// Files of ink.
    static let ink = [
        FuzzTarget(
            "ink.json-lines", share: 40_000,
            .text(tokens: [
                "[", "]", "{", "}", ",", ":", "\"", "\\u12", "\\ud83d", "\\n", "null", "NaN", "true", "[[[[", "\u{0}",
                "é",
            ]),
            seeds: Texts.jsonLines
        ) { bytes, _ in _ = JSONLines.line(try bytes.withUnsafeBytes { try JSONLines.parse($0) }) },
        FuzzTarget(
            "ink.inkml", share: 32_000,
            .text(tokens: [
                "<", "</", "/>", "<trace>", "</trace>", "&", "&#1;", "&#x10FFFF;", "&lt;", "\"", "'", "*", "?", "#",
                "!", "<!--", "]]>", "<![CDATA[",
                "<?x?>", "<!DOCTYPE", "<traceGroup>", "xml:id=\"t\"", "contextRef=\"#c\"", "1e400", "\u{0}",
            ]), seeds: Texts.inkML
        ) { bytes, _ in
            let lines = try InkML.parse(Data(bytes))
            _ = try? InkML.document(lines)
        },
        FuzzTarget(
            "ink.unipen", share: 40_000,
            .text(tokens: [
                ".PEN_DOWN\n", ".PEN_UP\n", ".SEGMENT WORD 0-", "\n.", "\"", ":", ",", "-", ".INCLUDE page.dat\n",
                ".COORD Y X\n", ".DT", ".HIERARCHY",
            ]), seeds: Texts.unipen
        ) { bytes, file in
            var options = Unipen.Options()
            options.timeFromRate = bytes.count % 2 == 0
            _ = try Unipen.read(file.holding(bytes), options: options)
        },
        // Any of them, told apart by its beginning, and compressed.
        FuzzTarget("ink.any", share: 20_000, .binary, seeds: Texts.compressed) { bytes, file in
            _ = try InkFile.read(file.holding(bytes))
        },
    ]

    /// What tablets and other sensors recorded.
    static let recordings = [
        FuzzTarget(
            "tablet.evemu", share: 20_000, .text(tokens: ["E:", "A:", "B:", "N:", "#", " ", "0003", "0018", "014a"]),
            seeds: Texts.evemu
        ) {
            bytes, file in try Texts.play(file.holding(bytes))
        },
        FuzzTarget(
            "tablet.libinput", share: 20_000,
            .text(tokens: ["- [", "]", "events:", "absinfo:", "codes:", "devices:", ",", "#", "\"", "24: ["]),
            seeds: Texts.libinput
        ) { bytes, file in try Texts.play(file.holding(bytes)) },
        FuzzTarget(
            "sensors.csv", share: 10_000, .text(tokens: [",", ",,", "nan", "x", " ", "\r\n", "\n"]), seeds: Texts.csv
        ) { bytes, file in
            _ = try SensorRecording.readCSV(file.holding(bytes), rate: 50)
        },
        FuzzTarget(
            "sensors.json-lines", share: 10_000,
            .text(tokens: ["[", "]", "{", "}", ",", "\"", "null", "\\u0000", "\n"]), seeds: Texts.sensors
        ) { bytes, file in _ = try SensorRecording.read(file.holding(bytes)) },
    ]
}

private enum Texts {
    static func play(_ url: URL) throws {
        let pen = RecordedPen(try PenRecording(url))
        while try pen.next() != nil {}
    }

    private static func bytes(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    static let jsonLines = bytes(
        #"{"id":"a1","source":"iam-ondb","writer":"9","lang":"en","text":"a\u00e9\n\"\ud83d\ude00\\\/\b\f\r\t","extra":{"a":[1,{"b":null}],"c":true,"d":false},"strokes":[[[1,2.5],[3,-4e1],[0,10.5]],[[7],[8]]]} "#,
        #"{"strokes":[[[1,null],[3,4],[],[0.5,null],[10,20],[-5,NaN]],[[1,2],[2,3],[0,8],[0.1,0.2],[1,1],[2,2]]],"text":null}"#
    )

    static let inkML = bytes(
        """
        <?xml version="1.0" encoding="UTF-8"?><!-- c --><inkml:ink xmlns:inkml="http://www.w3.org/2003/InkML">
        <inkml:definitions><inkml:inkSource xml:id="pen"><inkml:traceFormat xml:id="f">
        <inkml:channel name="X" type="integer"/><inkml:channel name="Y" orientation="-ve"/><inkml:channel name="T" units="s"/>
        <inkml:channel name="F" min="0" max="1024"/><inkml:intermittentChannels><inkml:channel name="S" type="boolean" default="T"/>
        <inkml:channel name="OTx" units="deg"/></inkml:intermittentChannels></inkml:traceFormat></inkml:inkSource>
        <inkml:timestamp xml:id="t0" time="1000"/><inkml:timestamp xml:id="t1" timestampRef="#t0" timeOffset="500"/>
        <inkml:context xml:id="c" inkSourceRef="#pen" timestampRef="#t1"/>
        <inkml:brush xml:id="b"><inkml:brushProperty name="width" value="3"/></inkml:brush></inkml:definitions>
        <inkml:trace contextRef="#c" brushRef="#b" timeOffset="20">1 2 0 512, 3 4 0.01 ? T 30, 0 0 .02 1 F, 5 6 .03 * </inkml:trace></inkml:ink>
        """,
        """
        <!DOCTYPE ink SYSTEM "ink.dtd"><ink><annotation type="writer">ann</annotation>
        <traceGroup xml:id="g1"><annotation type="truth">a &lt; b &amp;&gt;&quot;&apos; &#x263A;&#65;</annotation><annotation type="language">en</annotation>
        <trace xml:id="a">1 1,'23'43,"7"-8,3-5,*7,+8-.5e1,#fF ?</trace><trace continuation="begin">1 1</trace><trace continuation="end">2 2</trace></traceGroup>
        <traceGroup><annotation type="truth">x<![CDATA[<y>]]></annotation><traceView traceDataRef="#a"/><traceView traceDataRef="#g1"/></traceGroup>
        <trace type="penUp">9 9</trace><context><traceFormat><channel name="X"/><channel name="Y"/><channel name="Z"/></traceFormat></context>
        <trace>1 2 3</trace><trace contextRef="#DefaultContext">7 8</trace><annotationXML><x y='z'/></annotationXML></ink>
        """)

    static let unipen = bytes(
        DocumentSamples.unipen,
        ".COORD X Y\n.POINTS_PER_SECOND 100\n.PEN_DOWN\n1 1\n2 2\n.PEN_UP\n3 3\n.DT 50\n.PEN_DOWN\n3 3\n.WRITER w\n.SEGMENT WORD 0-1 GOOD \"x\" y"
    )

    static let compressed: [[UInt8]] = {
        let file = FileManager.default.temporaryDirectory.appending(path: "ductus-fuzz-\(UUID().uuidString).gz")
        defer { try? FileManager.default.removeItem(at: file) }
        let strokes = [Stroke((0..<20).map { Sample(x: Float($0), y: Float($0 * $0 % 7), time: Int64($0) * 7500) })]
        do { try JSONLines.write([InkLine(id: "a", text: "b", strokes: strokes)], to: file) } catch {
            fatalError("\(error)")
        }
        return [Array((try? Data(contentsOf: file)) ?? Data())] + jsonLines + inkML + unipen
    }()

    static let evemu = bytes(
        """
        # EVEMU 1.3
        N: Simulated Pen
        I: 0003 0001 0002 0003
        P: 01 00 00 00 00 00 00 00
        B: 01 00 00 00 00 00 00 00 00
        B: 01 00 00 00 00 00 00 00 00
        B: 01 00 00 00 00 00 00 00 00
        B: 01 00 00 00 00 00 00 00 00
        B: 01 00 00 00 00 00 00 00 00
        B: 01 03 04 00 00 00 00 00 00
        B: 03 03 00 00 0d 00 00 00 00
        A: 00 0 20000 0 0 100
        A: 01 0 10000 0 0 200
        A: 18 0 1000 0 0 0
        A: 1a -9000 9000 0 0 5730
        E: 1.000000 0003 0000 5000	# ABS_X
        E: 1.000000 0003 0001 2000
        E: 1.000000 0003 0018 10
        E: 1.000000 0003 001a 3000
        E: 1.000000 0001 0140 1
        E: 1.000000 0000 0000 0
        E: 1.005000 0003 0018 505
        E: 1.005000 0001 014a 1
        E: 1.005000 0000 0000 0
        E: 1.012000 0000 0003 0	# SYN_DROPPED
        E: 1.014000 0003 0000 20001
        E: 1.014000 0000 0000 0
        E: 1.013000 0003 0000 5150
        E: 1.013000 0000 0000 0
        E: 1.025000 0003 0018 0
        E: 1.025000 0001 014a 0
        E: 1.025000 0000 0000 0
        E: 1.030000 0001 0140 0
        E: 1.030000 0000 0000 0
        E: 2.000000 0001 0141 1
        E: 2.000000 0001 014a 1
        E: 2.000000 0000 0000 0
        """)

    static let libinput = bytes(
        """
        # libinput record
        version: 1
        ndevices: 1
        libinput:
          version: "1.22.1"
        system:
          os: "debian:12"
        devices:
        - node: /dev/input/event7
          evdev:
            name: "Simulated Pen"
            id: [3, 1, 2, 3]
            codes:
              0: [0, 1, 2, 3] # EV_SYN
              1: [320, 321, 330] # EV_KEY
              3: [0, 1, 24] # EV_ABS
            absinfo:
              0: [0, 20000, 0, 0, 100]
              1: [0, 10000, 0, 0, 100]
              24: [0, 1000, 0, 0, 0]
            properties: [0]
          events:
          - evdev:
            - [  0,      0,   1, 320,       1] # EV_KEY
            - [  0,      0,   3,   0,    5000]
            - [  0,      0,   3,   1,    2000]
            - [  0,      0,   0,   0,       0]
            - [  0,   7500,   3,  24,     500]
            - [  0,   7500,   1, 330,       1]
            - [  0,   7500,   0,   0,       0]
            - [  0,  15000,   1, 330,       0]
            - [  0,  15000,   1, 320,       0]
            - [  0,  15000,   0,   0,       0]
        """)

    static let csv = bytes("x,y,z\n1,2,3\n4,,inf\n 5 ,6,7\r\n\n", "1,2\n3,4\n")

    static let sensors = bytes(
        #"{"id":"r1","subject":7,"rate":50,"channels":["ax","ay"],"frames":[[1,2],[null,4],[5,6.5e0]],"labels":[[0,2,"WALK"],[2,3,"SIT"]]}"#
            + "\n\n"
            + #"{"id":"r2","subject":"s","rate":100,"channels":["c"],"frames":[[1],[2]],"text":"A B"}"#)
}
