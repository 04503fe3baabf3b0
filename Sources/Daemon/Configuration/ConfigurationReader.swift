import DuctusRecognition
import Yams

/// Walks a YAML tree along the sections' fields and collects every fault on the way instead of stopping at the first.
struct ConfigurationReader {
    /// The file's name, for messages only.
    let file: String
    private(set) var faults: [ConfigurationFault] = []
    /// The place of each key, for faults that only show once all is read.
    private(set) var places: [String: ConfigurationPlace] = [:]
    private var path: [String] = []

    init(file: String) {
        self.file = file
    }

    var key: String {
        path.reduce(into: "") { text, part in text += text.isEmpty || part.hasPrefix("[") ? part : ".\(part)" }
    }

    func place(of node: Node) -> ConfigurationPlace {
        .file(file, line: node.mark?.line, column: node.mark?.column)
    }

    mutating func report(_ problem: ConfigurationFault.Problem, at node: Node) {
        faults.append(ConfigurationFault(problem, key: key, at: place(of: node)))
    }

    /// Reads the keys of `node` into `section`; what is not mentioned stays as it is.
    mutating func section<Section: ConfigurationSection>(_ node: Node, into section: inout Section) {
        guard let mapping = node.mapping else {
            if !isEmpty(node) { report(.wrongShape(expected: "keys and values", found: shape(of: node)), at: node) }
            return
        }
        for (name, value) in mapping {
            let text = name.scalar?.string ?? ""
            path.append(text)
            defer { path.removeLast() }
            if let field = Section.fields.first(where: { $0.name == text }) {
                places[key] = place(of: value)
                field.read(value, &section, &self)
            } else {
                let known = Section.fields.map(\.name)
                report(.unknownKey(nearest: NearestName.of(text, among: known), known: known), at: name)
            }
        }
    }

    mutating func sections<Section: NamedConfigurationSection>(_ node: Node, of type: Section.Type) -> [Section] {
        guard let sequence = node.sequence else {
            report(.wrongShape(expected: "a list, each entry beginning with '-'", found: shape(of: node)), at: node)
            return []
        }
        var sections: [Section] = []
        for (index, element) in sequence.enumerated() {
            let name = element.mapping?["name"]?.scalar?.string
            path.append("[\(name ?? String(index + 1))]")
            defer { path.removeLast() }
            var section = Section()
            places[key] = place(of: element)
            self.section(element, into: &section)
            if element.mapping != nil, name == nil { report(.missingKey(example: Section.nameExample), at: element) }
            if sections.contains(where: { $0.name == section.name }) {
                report(.repeated(text: section.name, what: "the name of an entry"), at: element)
            }
            sections.append(section)
        }
        return sections
    }

    /// The text of a plain value; nil after a report.
    mutating func scalar(_ node: Node, expected: String) -> String? {
        guard let scalar = node.scalar else {
            report(.wrongShape(expected: expected, found: shape(of: node)), at: node)
            return nil
        }
        guard !isEmpty(node) else {
            report(.noValue(expected: expected), at: node)
            return nil
        }
        return scalar.string
    }

    /// `key:` with nothing behind it; a quoted empty text is a value.
    private func isEmpty(_ node: Node) -> Bool {
        guard let scalar = node.scalar else { return false }
        return scalar.style == .plain && (scalar.string.isEmpty || scalar.string == "~" || scalar.string == "null")
    }

    private func shape(of node: Node) -> String {
        switch node {
        case .scalar(let scalar): isEmpty(node) ? "nothing" : "the value '\(scalar.string)'"
        case .mapping: "keys and values"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }
}

/// The known name that a mistyped one was meant to be.
enum NearestName {
    /// Nil where none is nearer than a third of the letters.
    static func of(_ text: String, among known: [String]) -> String? {
        let nearest = known.map {
            (name: $0, distance: EditDistance.between(Array($0.utf8), Array(text.utf8.prefix(64))))
        }
        .min { $0.distance < $1.distance }
        guard let nearest, nearest.distance <= max(1, nearest.name.utf8.count / 3) else { return nil }
        return nearest.name
    }
}
