import DuctusFoundations
import Foundation

/// Builds the tree of an InkML document's traces and cuts it into lines. See `InkML`.
struct InkMLReader {
    /// More ink than the limits grant.
    struct Excess: Error {
        var what: String
        var limit: Int
        var line: Int
    }

    /// An `<ink>`, `<traceGroup>` or `<traceView>`.
    private struct Group {
        enum Item {
            case stroke(Stroke)
            case group(Group)
        }

        var id: String?
        var annotations: [String: String] = [:]
        var items: [Item] = []
        var isView = false
        var context = InkMLContext()

        var text: String? {
            for type in ["truth", "text", "label", "transcription"] {
                if let text = annotations[type] { return text }
            }
            return nil
        }

        var groups: [Group] {
            items.compactMap { if case .group(let group) = $0 { group } else { nil } }
        }

        var looseStrokes: [Stroke] {
            items.compactMap { if case .stroke(let stroke) = $0 { stroke } else { nil } }
        }

        var allStrokes: [Stroke] {
            items.flatMap { item in
                switch item {
                case .stroke(let stroke): [stroke]
                case .group(let group): group.allStrokes
                }
            }
        }

        var hasText: Bool { text != nil || groups.contains(where: \.hasText) }

        /// Whether a view with text is inside: then the loose traces are only what it refers to.
        var hasLabelledView: Bool { groups.contains { ($0.isView && $0.hasText) || $0.hasLabelledView } }
    }

    private var scanner: XMLScanner
    private let limits: InkLimits
    private var definitions = InkMLDefinitions()
    /// Strokes by the `xml:id` of their trace or group, for `traceView`.
    private var referable: [String: [Stroke]] = [:]
    private var samples = 0
    private var strokes = 0

    init(_ data: Data, limits: InkLimits) {
        scanner = XMLScanner(data)
        self.limits = limits
    }

    /// All pieces of ink of the document.
    mutating func lines(fallbackID: String) throws -> [InkLine] {
        guard case .start(let name, let attributes)? = try scanner.next() else { return [] }
        guard name == "ink" else { throw scanner.failure("the root element is <\(name)>, not <ink>") }
        var root = Group()
        root.id = attributes["documentID"] ?? attributes["xml:id"]
        try readContent(of: &root, inDefinitions: false)
        while try scanner.next() != nil {}

        var lines: [InkLine] = []
        collect(root, isRoot: true, into: &lines)
        for index in lines.indices where lines[index].id.isEmpty {
            lines[index].id = lines.count == 1 ? fallbackID : "\(fallbackID)-\(index + 1)"
        }
        return lines
    }

    private func collect(_ group: Group, isRoot: Bool, into lines: inout [InkLine]) {
        func append(_ strokes: [Stroke], as group: Group) {
            guard !strokes.isEmpty || group.text != nil else { return }
            let notes = group.annotations
            lines.append(
                InkLine(
                    id: notes["id"] ?? group.id ?? "", source: notes["source"], writer: notes["writer"],
                    language: notes["language"] ?? notes["lang"], text: group.text, strokes: strokes))
        }
        if group.text != nil || (!isRoot && !group.hasText) { return append(group.allStrokes, as: group) }
        for child in group.groups { collect(child, isRoot: false, into: &lines) }
        if !group.hasLabelledView { append(group.looseStrokes, as: group) }
    }

    /// Reads up to the end tag of the element whose start tag was just read.
    private mutating func readContent(of group: inout Group, inDefinitions: Bool) throws {
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
                case "definitions":
                    var ignored = Group(context: group.context)
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
        _ attributes: [String: String], in parent: Group, isView: Bool, _ inDefinitions: Bool
    ) throws -> Group {
        var group = Group(id: attributes["xml:id"], isView: isView)
        group.context = try context(attributes, in: parent)
        if isView, let reference = attributes["traceDataRef"] {
            guard attributes["from"] == nil, attributes["to"] == nil else {
                throw scanner.failure(
                    "a traceView of a part of a trace (from, to) is not supported; refer to whole traces")
            }
            guard let referred = referable[InkMLDefinitions.name(reference)] else {
                throw scanner.failure("traceDataRef \(reference) refers to nothing before it")
            }
            try count(strokes: referred.count, samples: 0)
            group.items = referred.map { .stroke($0) }
        }
        try readContent(of: &group, inDefinitions: inDefinitions)
        if let id = group.id { referable[id] = group.allStrokes }
        return group
    }

    private mutating func readTrace(_ attributes: [String: String], into group: inout Group, isInk: Bool) throws {
        let context = try context(attributes, in: group)
        let position = scanner.position
        let text = try readBytes()
        guard attributes["type"] != "penUp" else { return }
        let offset = context.timestamp + (attributes["timeOffset"].flatMap(Double.init) ?? 0)
        var decoder = InkMLTraceDecoder(context.format ?? .standard, timeOffset: offset)
        var decoded: [Stroke]
        do {
            decoded = try text.withUnsafeBytes { try decoder.decode($0, atMost: limits.samples) }
        } catch let failure as InkMLTraceDecoder.Failure {
            throw XMLScanner.Failure(reason: failure.reason, line: scanner.line(at: position))
        }
        try count(strokes: decoded.count, samples: decoded.reduce(0) { $0 + $1.samples.count })
        if let id = attributes["xml:id"] ?? attributes["id"] { referable[id] = decoded }
        guard isInk else { return }
        if let continuation = attributes["continuation"], continuation != "begin", !decoded.isEmpty,
            case .stroke(var before)? = group.items.last
        {
            before.samples += decoded.removeFirst().samples
            group.items[group.items.count - 1] = .stroke(before)
        }
        group.items += decoded.map { .stroke($0) }
    }

    private func context(_ attributes: [String: String], in group: Group) throws -> InkMLContext {
        guard let reference = attributes["contextRef"] else { return group.context }
        return try definitions.context(reference, scanner)
    }

    private mutating func count(strokes moreStrokes: Int, samples moreSamples: Int) throws {
        strokes += moreStrokes
        samples += moreSamples
        func excess(_ what: String, _ limit: Int) -> Excess {
            Excess(what: what, limit: limit, line: scanner.line(at: scanner.position))
        }
        guard strokes <= limits.strokes else { throw excess("strokes", limits.strokes) }
        guard samples <= limits.samples else { throw excess("samples", limits.samples) }
    }

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
