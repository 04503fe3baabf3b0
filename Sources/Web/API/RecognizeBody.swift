import DuctusFoundations
import DuctusDocuments
import DuctusInk
import DuctusWire
import Foundation

/// Reads what a request for recognition brings: JSON strokes, or InkML with its options in the query.
enum RecognizeBody {
    /// - Throws: `Problem` that names the place.
    static func request(of request: WebRequest) throws(Problem) -> WireRecognizeRequest {
        switch request.contentType {
        case "application/json":
            _ = try Query(request, [])
            return try json(request.body)
        case "application/inkml+xml", "application/xml", "text/xml": return try inkML(request)
        default:
            throw Problem(
                .unsupportedMediaType, "type", "ink comes as JSON or InkML",
                remedy: "send 'Content-Type: application/json' or 'application/inkml+xml'")
        }
    }

    private static func inkML(_ request: WebRequest) throws(Problem) -> WireRecognizeRequest {
        let query = try Query(
            request, ["layout", "writer", "precedingText", "language", "alternatives", "pipeline"])
        let lines: [InkLine]
        do {
            lines = try InkML.parse(Data(request.body), path: "body")
        } catch {
            throw Problem(.badRequest, "ink", "\(error)", remedy: "send well-formed InkML")
        }
        var asked = WireRecognizeRequest()
        asked.strokes = lines.flatMap(\.strokes).map(WireRecognizeStroke.init)
        (asked.writer, asked.precedingText) = (query["writer"], query["precedingText"])
        (asked.language, asked.pipeline) = (query["language"], query["pipeline"])
        asked.alternatives = try query.number("alternatives")
        asked.layout = try layout(query["layout"])
        return asked
    }

    static func json(_ body: [UInt8]) throws(Problem) -> WireRecognizeRequest {
        do {
            return try body.withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                let asked = try object(&scanner)
                try scanner.expectEnd()
                return asked
            }
        } catch let failure as JSONScanner.Failure {
            throw Problem(
                .badRequest, "body", "the body is wrong at byte \(failure.position): \(failure.reason)",
                remedy: #"send {"strokes":[{"x":[…],"y":[…],"t":[…]}]}; /v1/openapi.json describes it"#)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw Problem(.badRequest, "body", "\(error)", remedy: "/v1/openapi.json describes it")
        }
    }

    private static func object(_ scanner: inout JSONScanner) throws -> WireRecognizeRequest {
        var asked = WireRecognizeRequest()
        var hasStrokes = false
        try scanner.object { scanner, key in
            switch key {
            case "strokes":
                hasStrokes = true
                try scanner.array { asked.strokes.append(try stroke(&$0)) }
            case "layout": asked.layout = try layout(try scanner.string())
            case "writer": asked.writer = try scanner.optionalString() ?? ""
            case "precedingText": asked.precedingText = try scanner.optionalString() ?? ""
            case "language": asked.language = try scanner.optionalString() ?? ""
            case "pipeline": asked.pipeline = try scanner.optionalString() ?? ""
            case "alternatives":
                guard let count = UInt32(exactly: try scanner.number()), count <= 20 else {
                    throw scanner.failure("alternatives is a whole number from 0 to 20")
                }
                asked.alternatives = count
            default: throw scanner.failure("there is no member '\(key.prefix(40))' here")
            }
        }
        guard hasStrokes else { throw scanner.failure("'strokes' is missing") }
        return asked
    }

    /// `{"x":[…],"y":[…],"t":[ms…],"p":[…]}`, or the columns alone: `[[x…],[y…],[ms…]]`.
    static func stroke(_ scanner: inout JSONScanner, alsoKnown: Set<String> = []) throws -> WireRecognizeStroke {
        var columns: [String: [Double]] = [:]
        if scanner.peek() == UInt8(ascii: "[") {
            var names = ["x", "y", "t", "p"].makeIterator()
            try scanner.array { scanner in
                guard let name = names.next() else { throw scanner.failure("a stroke has at most four columns") }
                columns[name] = try column(&scanner)
            }
        } else {
            try scanner.object { scanner, key in
                if ["x", "y", "t", "p"].contains(key) {
                    columns[key] = try column(&scanner)
                } else if alsoKnown.contains(key) {
                    try scanner.skip()
                } else {
                    throw scanner.failure("a stroke has x, y, t and p, not '\(key.prefix(40))'")
                }
            }
        }
        return try stroke(of: columns, scanner)
    }

    static func column(_ scanner: inout JSONScanner) throws -> [Double] {
        var values: [Double] = []
        if try scanner.peek() == UInt8(ascii: "n") && scanner.optionalString() == nil { return values }
        try scanner.numbers(into: &values, atMost: WireLimits.samples)
        return values
    }

    static func stroke(of columns: [String: [Double]], _ scanner: JSONScanner) throws -> WireRecognizeStroke {
        guard let x = columns["x"], let y = columns["y"] else { throw scanner.failure("a stroke needs x and y") }
        guard x.count == y.count else {
            throw scanner.failure("x has \(x.count) values, y has \(y.count): they must be as many")
        }
        var stroke = WireRecognizeStroke()
        stroke.x = x.map { Float($0) }
        stroke.y = y.map { Float($0) }
        guard (stroke.x + stroke.y).allSatisfy(\.isFinite) else {
            throw scanner.failure("a coordinate is no finite number")
        }
        if let t = columns["t"], !t.isEmpty {
            guard t.count == x.count else { throw scanner.failure("t has \(t.count) values, x has \(x.count)") }
            guard t.allSatisfy({ $0.isFinite && abs($0) < 9e15 }) else {
                throw scanner.failure("t holds no milliseconds")
            }
            var before: Int64 = 0
            stroke.time = t.map { milliseconds in
                let now = Int64((milliseconds * 1000).rounded())
                defer { before = now }
                return now &- before
            }
        }
        if let p = columns["p"], !p.isEmpty {
            guard p.count == x.count else { throw scanner.failure("p has \(p.count) values, x has \(x.count)") }
            stroke.pressure = p.map { $0.isFinite ? Float($0) : 0 }
        }
        return stroke
    }

    private static func layout(_ name: String) throws(Problem) -> WireRecognizeRequest.Layout {
        switch name {
        case "", "line": .line
        case "page": .page
        default:
            throw Problem(
                .badRequest, "argument", "there is no layout '\(name.prefix(40))'", remedy: "use 'line' or 'page'")
        }
    }
}
