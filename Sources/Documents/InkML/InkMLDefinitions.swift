import DuctusDrawing
import DuctusFoundations
import Foundation

/// The context of a trace: the meaning of its values, their place on the canvas, and the origin of its times.
struct InkMLContext {
    /// The trace's format; nil: X and Y.
    var format: InkMLTraceFormat?
    /// ms.
    var timestamp = 0.0
    var transform: PlaneTransform?
    var brush: StrokeMark?
}

/// The named things of an InkML document that traces refer to: contexts, trace formats, ink sources, brushes, time stamps.
struct InkMLDefinitions {
    /// A reference to a name that was not defined yet.
    struct Unresolved: Error {
        var reference: String
        var failure: XMLScanner.Failure
    }

    private var formats: [String: InkMLTraceFormat] = [:]
    private var contexts: [String: InkMLContext] = [:]
    private var timestamps: [String: Double] = [:]
    private var transforms: [String: PlaneTransform] = [:]
    private var brushes: [String: StrokeMark] = [:]

    /// Elements that define something.
    private static let names: Set = [
        "context", "inkSource", "traceFormat", "timestamp", "brush", "mapping", "canvasTransform",
    ]

    /// The name in a reference: `#name`. What stands before the `#` would be another file, which is never opened.
    static func name(_ reference: String) -> String {
        reference.lastIndex(of: "#").map { String(reference[reference.index(after: $0)...]) } ?? reference
    }

    /// The identifier of an element: `xml:id`, or `id`, as many programs write it.
    static func id(_ attributes: [String: String]) -> String? { attributes["xml:id"] ?? attributes["id"] }

    /// Collects all that a document defines, wherever it stands, for references to what comes later. What refers to a name that comes
    /// later still is completed by the second round.
    static func collected(from data: Data) throws -> InkMLDefinitions {
        var definitions = InkMLDefinitions()
        for _ in 0..<2 {
            var scanner = XMLScanner(data)
            while let event = try scanner.next() {
                guard case .start(let name, let attributes) = event, names.contains(name) else { continue }
                var ignored = InkMLContext()
                do {
                    _ = try definitions.read(name, attributes, &scanner, current: &ignored, isCurrent: false)
                } catch is Unresolved {}
            }
        }
        return definitions
    }

    private func found<Value>(
        _ reference: String, in values: [String: Value], _ attribute: String, _ scanner: XMLScanner
    ) throws -> Value {
        guard let value = values[Self.name(reference)] else {
            let failure = scanner.failure("\(attribute) \(reference) refers to nothing in the document")
            throw Unresolved(reference: reference, failure: failure)
        }
        return value
    }

    /// The context of that name; `#DefaultContext` is always there.
    func context(_ reference: String, _ scanner: XMLScanner) throws -> InkMLContext {
        if Self.name(reference) == "DefaultContext", contexts["DefaultContext"] == nil { return InkMLContext() }
        return try found(reference, in: contexts, "contextRef", scanner)
    }

    /// The brush of that name. One that is missing is only a look that is not known.
    func brush(_ reference: String) -> StrokeMark? { brushes[Self.name(reference)] }

    /// Reads the element whose start tag was just read, if it defines something; false if it does not.
    ///
    /// - Parameter isCurrent: whether a context or format holds for all later traces, not only for those that refer to
    ///   it.
    mutating func read(
        _ name: String, _ attributes: [String: String], _ scanner: inout XMLScanner, current: inout InkMLContext,
        isCurrent: Bool
    ) throws -> Bool {
        switch name {
        case "context":
            let context = try readContext(attributes, &scanner)
            if isCurrent { current = context }
        case "inkSource":
            let format = try readSource(attributes, &scanner)
            if isCurrent, let format { current.format = format }
        case "traceFormat":
            let format = try readFormat(attributes, &scanner)
            if isCurrent { current.format = format }
        case "timestamp":
            let time = try readTimestamp(attributes, &scanner)
            if isCurrent { current.timestamp = time }
        case "brush":
            let brush = try readBrush(attributes, &scanner)
            if isCurrent { current.brush = brush }
        case "mapping", "canvasTransform":
            let transform = try readMapping(name, attributes, &scanner)
            if isCurrent { current.transform = transform }
        default: return false
        }
        return true
    }

    private mutating func readContext(
        _ attributes: [String: String], _ scanner: inout XMLScanner
    ) throws -> InkMLContext {
        var context = InkMLContext()
        if let reference = attributes["contextRef"] { context = try self.context(reference, scanner) }
        if let reference = attributes["inkSourceRef"] {
            context.format = formats[Self.name(reference)] ?? context.format
        }
        if let reference = attributes["traceFormatRef"] {
            context.format = try found(reference, in: formats, "traceFormatRef", scanner)
        }
        if let reference = attributes["timestampRef"] {
            context.timestamp = try found(reference, in: timestamps, "timestampRef", scanner)
        }
        if let reference = attributes["canvasTransformRef"] {
            context.transform = try found(reference, in: transforms, "canvasTransformRef", scanner)
        }
        if let reference = attributes["brushRef"] { context.brush = brush(reference) }
        try forEachChild(&scanner) { definitions, name, attributes, scanner in
            switch name {
            case "traceFormat": context.format = try definitions.readFormat(attributes, &scanner)
            case "inkSource": context.format = try definitions.readSource(attributes, &scanner) ?? context.format
            case "timestamp": context.timestamp = try definitions.readTimestamp(attributes, &scanner)
            case "brush": context.brush = try definitions.readBrush(attributes, &scanner)
            case "mapping", "canvasTransform":
                context.transform = try definitions.readMapping(name, attributes, &scanner)
            default: return false
            }
            return true
        }
        if let id = Self.id(attributes) { contexts[id] = context }
        return context
    }

    private mutating func readSource(
        _ attributes: [String: String], _ scanner: inout XMLScanner
    ) throws -> InkMLTraceFormat? {
        var format: InkMLTraceFormat?
        var properties: [[String: String]] = []
        try forEachChild(&scanner) { definitions, name, attributes, scanner in
            switch name {
            case "traceFormat": format = try definitions.readFormat(attributes, &scanner)
            case "channelProperties":
                try definitions.forEachChild(&scanner) { _, name, attributes, _ in
                    if name == "channelProperty" { properties.append(attributes) }
                    return false
                }
            default: return false
            }
            return true
        }
        for property in properties { format?.read(property: property) }
        if let id = Self.id(attributes) { formats[id] = format }
        return format
    }

    private mutating func readFormat(
        _ attributes: [String: String], _ scanner: inout XMLScanner
    ) throws -> InkMLTraceFormat {
        var format = InkMLTraceFormat()
        let start = scanner.position
        try forEachChild(&scanner) { definitions, name, attributes, scanner in
            switch name {
            case "channel": format.regular.append(InkMLTraceFormat.channel(attributes))
            case "intermittentChannels":
                try definitions.forEachChild(&scanner) { _, name, attributes, _ in
                    if name == "channel" { format.intermittent.append(InkMLTraceFormat.channel(attributes)) }
                    return false
                }
                return true
            case "regularChannels":
                try definitions.forEachChild(&scanner) { _, name, attributes, _ in
                    if name == "channel" { format.regular.append(InkMLTraceFormat.channel(attributes)) }
                    return false
                }
                return true
            default: break
            }
            return false
        }
        if format.regular.isEmpty { format.regular = InkMLTraceFormat.standard.regular }
        guard format.hasPlaces else {
            throw XMLScanner.Failure(reason: "the traceFormat has no channels X and Y", line: scanner.line(at: start))
        }
        if let id = Self.id(attributes) { formats[id] = format }
        return format
    }

    private mutating func readTimestamp(_ attributes: [String: String], _ scanner: inout XMLScanner) throws -> Double {
        try forEachChild(&scanner) { _, _, _, _ in false }
        var time = 0.0
        if let reference = attributes["timestampRef"] {
            time = try found(reference, in: timestamps, "timestampRef", scanner)
        }
        if let text = attributes["time"] {
            guard let value = Double(text), value.isFinite else {
                throw scanner.failure("the time \"\(text)\" is no number")
            }
            time += value
        } else if let text = attributes["timeString"] {
            guard let date = Self.date(text) else {
                throw scanner.failure("the time \"\(text)\" is not like 2011-09-20T12:00:00Z")
            }
            time += date.timeIntervalSince1970 * 1000
        }
        if let text = attributes["timeOffset"] { time += Double(text) ?? 0 }
        if let id = Self.id(attributes) { timestamps[id] = time }
        return time
    }

    /// A date of ISO 8601, with or without a zone and fractions of a second; without a zone, of the Universal Time.
    private static func date(_ text: String) -> Date? {
        let text = text.trimmingCharacters(in: .whitespaces)
        let seconds = text.firstIndex(of: ".") ?? text.endIndex
        let fraction = text[seconds...].dropFirst().prefix { $0.isNumber }
        let zone = text[seconds...].drop { $0 == "." || $0.isNumber }
        var whole = text[..<seconds] + zone
        let time = whole.drop { $0 != "T" }
        if !time.isEmpty, !time.contains("Z"), !time.contains("+"), !time.contains("-") { whole += "Z" }
        if time.isEmpty { whole += "T00:00:00Z" }
        guard let date = try? Date(String(whole), strategy: .iso8601) else { return nil }
        return date + (Double("0.\(fraction)") ?? 0)
    }

    /// A brush is only a look, but tells a highlighter from a pen.
    private mutating func readBrush(_ attributes: [String: String], _ scanner: inout XMLScanner) throws -> StrokeMark {
        var mark = attributes["brushRef"].flatMap(brush) ?? StrokeMark()
        try forEachChild(&scanner) { _, name, attributes, _ in
            guard name == "brushProperty", let value = attributes["value"] else { return false }
            switch attributes["name"]?.lowercased() {
            case "color": mark.color = Color(css: value) ?? mark.color
            case "transparency":
                if let share = Double(value) { mark.opacity = Float(1 - min(255, max(0, share)) / 255) }
            case "rasterop" where value.lowercased() == "maskpen": mark.tool = .highlighter
            case "tool", "name", "type", "inkeffects", "pentype":
                if value.lowercased().contains("highlight") || value.lowercased().contains("marker") {
                    mark.tool = .highlighter
                } else if value.lowercased().contains("erase") {
                    mark.tool = .eraser
                }
            default: break
            }
            return false
        }
        let name = (Self.id(attributes) ?? "").lowercased()
        if name.contains("highlight") { mark.tool = .highlighter }
        if name.contains("eraser") { mark.tool = .eraser }
        if mark.tool == .pen, mark.opacity < 0.6 { mark.tool = .highlighter }
        if let id = Self.id(attributes) { brushes[id] = mark }
        return mark
    }

    /// A `<mapping>`, or the `<canvasTransform>` around one: identity or affine.
    private mutating func readMapping(
        _ name: String, _ attributes: [String: String], _ scanner: inout XMLScanner
    ) throws -> PlaneTransform? {
        let type = attributes["type"] ?? (name == "mapping" && attributes["mappingRef"] == nil ? "identity" : nil)
        var transform: PlaneTransform?
        if let reference = attributes["mappingRef"] {
            transform = try found(reference, in: transforms, "mappingRef", scanner)
        }
        if let type, type != "affine", type != "identity" {
            throw scanner.failure("a mapping of the type \"\(type)\" is not supported, only affine and identity")
        }
        // The first mapping of a transform leads to the canvas; a second one leads back.
        try forEachChild(&scanner) { definitions, name, attributes, scanner in
            switch name {
            case "mapping":
                let mapping = try definitions.readMapping(name, attributes, &scanner)
                transform = transform ?? mapping ?? .identity
            case "affine", "matrix": transform = try Self.affine(&scanner)
            default: return false
            }
            return true
        }
        if let id = Self.id(attributes) { transforms[id] = transform ?? .identity }
        return transform
    }

    /// `m11 m12 b1, m21 m22 b2`
    private static func affine(_ scanner: inout XMLScanner) throws -> PlaneTransform {
        var text: [UInt8] = []
        reading: while let event = try scanner.next() {
            switch event {
            case .text(let more): text += more
            case .end: break reading
            case .start(let name, _): throw scanner.failure("<\(name)> inside a matrix")
            }
        }
        let numbers = String(decoding: text, as: UTF8.self).split { $0 == "," || $0.isWhitespace }.map { Double($0) }
        guard numbers.count == 6 || numbers.count == 4, numbers.allSatisfy({ $0?.isFinite == true }) else {
            throw scanner.failure("an affine matrix of the plane has two rows of three numbers")
        }
        let m = numbers.map { $0 ?? 0 }
        return m.count == 6
            ? PlaneTransform(a: m[0], b: m[3], c: m[1], d: m[4], e: m[2], f: m[5])
            : PlaneTransform(a: m[0], b: m[2], c: m[1], d: m[3])
    }

    /// Calls `body` at the start tag of each child of the element whose start tag was just read. A child that `body` did not
    /// read (it returned false) is stepped over.
    private mutating func forEachChild(
        _ scanner: inout XMLScanner,
        _ body: (inout InkMLDefinitions, String, [String: String], inout XMLScanner) throws -> Bool
    ) throws {
        while let event = try scanner.next() {
            switch event {
            case .text: continue
            case .end: return
            case .start(let name, let attributes):
                if try !body(&self, name, attributes, &scanner) {
                    try forEachChild(&scanner) { _, _, _, _ in false }
                }
            }
        }
    }
}
