import DuctusFoundations
import DuctusInk
import Foundation

/// Reads an InkML document's traces into a tree of groups, which `InkMLGroup` cuts into pages and lines. See `InkML`.
struct InkMLReader {
    /// More ink than the limits grant.
    struct Excess: Error {
        var what: String
        var limit: Int
        var line: Int
    }

    private let data: Data
    private var scanner: XMLScanner
    private let limits: InkLimits
    private var definitions: InkMLDefinitions
    /// All traces, in the order of the document, and the parts of them that views cut out.
    private var table = InkMLTraces()
    /// Traces and groups by their names, for views; known once the whole document is read.
    private var referable: [String: InkMLGroup.Item] = [:]
    private var samples = 0
    private var strokes = 0

    init(_ data: Data, limits: InkLimits, definitions: InkMLDefinitions = InkMLDefinitions()) {
        self.data = data
        scanner = XMLScanner(data)
        self.limits = limits
        self.definitions = definitions
    }

    /// All pieces of ink of a document.
    static func pages(of data: Data, limits: InkLimits, fallbackID: String) throws -> [InkPage] {
        var reader = InkMLReader(data, limits: limits)
        do {
            return try reader.pages(fallbackID: fallbackID)
        } catch is InkMLDefinitions.Unresolved {
            // Something is used before it is defined.
            reader = InkMLReader(data, limits: limits, definitions: try InkMLDefinitions.collected(from: data))
            return try reader.pages(fallbackID: fallbackID)
        }
    }

    private mutating func pages(fallbackID: String) throws -> [InkPage] {
        guard case .start(let name, let attributes)? = try scanner.next() else { return [] }
        guard name == "ink" else { throw scanner.failure("the root element is <\(name)>, not <ink>") }
        var root = InkMLGroup()
        root.id = attributes["documentID"] ?? InkMLDefinitions.id(attributes)
        try readContent(of: &root, inDefinitions: false)
        while try scanner.next() != nil {}
        root = try resolved(root)
        var pages = root.pages(of: table)
        for index in pages.indices where pages[index].ink.id.isEmpty {
            pages[index].ink.id = pages.count == 1 ? fallbackID : "\(fallbackID)-\(index + 1)"
        }
        return pages
    }

    /// Reads up to the end tag of the element whose start tag was just read.
    private mutating func readContent(of group: inout InkMLGroup, inDefinitions: Bool) throws {
        while let event = try scanner.next() {
            switch event {
            case .end: return
            case .text: continue
            case .start(let name, let attributes):
                switch name {
                case "trace": try readTrace(attributes, into: &group, isInk: !inDefinitions)
                case "traceGroup", "traceView":
                    let child = try readGroup(attributes, in: group, isView: name == "traceView", inDefinitions)
                    if !inDefinitions { group.items.append(.group(child)) }
                case "annotation":
                    let text = try readText().trimmingCharacters(in: .whitespacesAndNewlines)
                    if let type = attributes["type"]?.lowercased(), group.annotations[type] == nil {
                        group.annotations[type] = text
                    }
                case "annotationXML": try readAnnotationXML(into: &group)
                case "definitions":
                    var ignored = InkMLGroup(context: group.context)
                    try readContent(of: &ignored, inDefinitions: true)
                default:
                    if try definitions.read(
                        name, attributes, &scanner, current: &group.context, isCurrent: !inDefinitions)
                    {
                        continue
                    }
                    try skipElement()
                }
            }
        }
    }

    private mutating func readGroup(
        _ attributes: [String: String], in parent: InkMLGroup, isView: Bool, _ inDefinitions: Bool
    ) throws -> InkMLGroup {
        var group = InkMLGroup(id: InkMLDefinitions.id(attributes), isView: isView)
        group.context = try context(attributes, in: parent)
        if isView, let reference = attributes["traceDataRef"] {
            group.items = [
                .reference(
                    .init(
                        name: InkMLDefinitions.name(reference), from: try path(attributes["from"]),
                        to: try path(attributes["to"]), position: scanner.position))
            ]
        }
        try readContent(of: &group, inDefinitions: inDefinitions)
        if let id = group.id { referable[id] = .group(group) }
        return group
    }

    /// `2:5`: the fifth part of the second part, counted from 1.
    private func path(_ text: String?) throws -> [Int] {
        guard let text else { return [] }
        let numbers = text.split(separator: ":").map { Int($0.trimmingCharacters(in: .whitespaces)) }
        guard numbers.allSatisfy({ ($0 ?? 0) > 0 }) else {
            throw scanner.failure("\"\(text)\" is no place in a trace; places are counted from 1")
        }
        return numbers.map { $0 ?? 1 }
    }

    private mutating func readTrace(_ attributes: [String: String], into group: inout InkMLGroup, isInk: Bool) throws {
        let context = try context(attributes, in: group)
        let position = scanner.position
        let text = try readBytes()
        guard attributes["type"]?.lowercased() != "penup" else { return }
        let offset = context.timestamp + (attributes["timeOffset"].flatMap(Double.init) ?? 0)
        var decoder = InkMLTraceDecoder(
            context.format ?? .unstated, timeOffset: offset, transform: context.transform)
        var decoded: [Stroke]
        do {
            decoded = try text.withUnsafeBytes { try decoder.decode($0, atMost: limits.samples) }
        } catch let failure as InkMLTraceDecoder.Failure {
            throw XMLScanner.Failure(reason: failure.reason, line: scanner.line(at: position))
        }
        try count(strokes: decoded.count, samples: decoded.reduce(0) { $0 + $1.samples.count })
        let mark = attributes["brushRef"].flatMap(definitions.brush) ?? context.brush ?? StrokeMark()
        if isInk, let continuation = attributes["continuation"], continuation != "begin", !decoded.isEmpty,
            case .stroke(let before)? = group.items.last
        {
            table.strokes[before].samples += decoded.removeFirst().samples
        }
        let items = decoded.map { InkMLGroup.Item.stroke(table.append($0, mark)) }
        if let id = InkMLDefinitions.id(attributes) {
            referable[id] = items.count == 1 ? items[0] : .group(InkMLGroup(items: items))
        }
        if isInk { group.items += items }
    }

    private func context(_ attributes: [String: String], in group: InkMLGroup) throws -> InkMLContext {
        var context = group.context
        if let reference = attributes["contextRef"] { context = try definitions.context(reference, scanner) }
        if let brush = attributes["brushRef"].flatMap(definitions.brush) { context.brush = brush }
        return context
    }

    private mutating func count(strokes moreStrokes: Int, samples moreSamples: Int, at position: Int? = nil) throws {
        strokes += moreStrokes
        samples += moreSamples
        func excess(_ what: String, _ limit: Int) -> Excess {
            Excess(what: what, limit: limit, line: scanner.line(at: position ?? scanner.position))
        }
        guard strokes <= limits.strokes else { throw excess("strokes", limits.strokes) }
        guard samples <= limits.samples else { throw excess("samples", limits.samples) }
    }

    // MARK: views

    /// The group with its references followed.
    private mutating func resolved(_ group: InkMLGroup, depth: Int = 0) throws -> InkMLGroup {
        var resolved = group
        resolved.items = try group.items.flatMap { item -> [InkMLGroup.Item] in
            switch item {
            case .stroke: return [item]
            case .group(let child): return [.group(try self.resolved(child, depth: depth))]
            case .reference(let reference):
                func failure(_ reason: String) -> XMLScanner.Failure {
                    XMLScanner.Failure(reason: reason, line: scanner.line(at: reference.position))
                }
                guard let target = referable[reference.name] else {
                    throw failure("traceDataRef #\(reference.name) refers to nothing in the document")
                }
                guard depth < 16 else { throw failure("views refer to each other in a circle") }
                let found = try self.resolved(InkMLGroup(items: [target]), depth: depth + 1).items
                guard let part = table.part(of: found, from: reference.from, to: reference.to) else {
                    throw failure("the view names a part that #\(reference.name) does not have")
                }
                let indexes = InkMLGroup(items: part).allStrokes
                try count(strokes: indexes.count, samples: 0, at: reference.position)
                return indexes.map { .stroke($0) }
            }
        }
        return resolved
    }

    // MARK: text

    private mutating func readText() throws -> String {
        guard let text = String(validating: try readBytes(), as: UTF8.self) else {
            throw scanner.failure("text is not UTF-8")
        }
        return text
    }

    /// The text of the element whose start tag was just read, elements inside it left out.
    private mutating func readBytes() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let event = try scanner.next() {
            switch event {
            case .text(let more): bytes += more
            case .start: try skipElement()
            case .end: return bytes
            }
        }
        return bytes
    }

    /// The kind of a group, as note programs mark it (Microsoft's ink, in EMMA): a writing region, a paragraph, a line,
    /// a word or a drawing.
    private mutating func readAnnotationXML(into group: inout InkMLGroup) throws {
        var depth = 1
        while depth > 0, let event = try scanner.next() {
            switch event {
            case .start(let name, let attributes):
                depth += 1
                if name == "context", let type = attributes["type"] {
                    group.kind = InkMLGroup.Kind(rawValue: type) ?? group.kind
                }
                group.kind = InkMLGroup.Kind(rawValue: name) ?? group.kind
            case .end: depth -= 1
            case .text: break
            }
        }
    }

    private mutating func skipElement() throws {
        var depth = 1
        while depth > 0, let event = try scanner.next() {
            switch event {
            case .start: depth += 1
            case .end: depth -= 1
            case .text: break
            }
        }
    }
}
