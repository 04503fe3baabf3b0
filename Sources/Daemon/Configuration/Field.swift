import Yams

/// One key of a section: how it is read, compared, and whether a running daemon can take a new value.
///
/// Every section lists its fields once; reading, environment variables, flags, the comparison on reload and the test of the
/// default file all work from that list.
struct Field<Section: Sendable>: Sendable {
    let name: String
    /// Paths of the keys below and including this one, relative to the section.
    let keys: [String]
    /// Those that environment variables and flags can set.
    let scalars: [ScalarKey<Section>]
    let read: @Sendable (Node, inout Section, inout ConfigurationReader) -> Void
    let changes: @Sendable (Section, Section) -> [ConfigurationChange]
    /// Takes from the first what a running daemon can take, into the second.
    let adopt: @Sendable (Section, inout Section) -> Void
}

/// A key with one plain value.
struct ScalarKey<Section: Sendable>: Sendable {
    /// The path with dots, relative to the section.
    let path: String
    let assign: @Sendable (String, inout Section) -> ConfigurationFault.Problem?
}

/// A section of the configuration, which knows its own keys.
protocol ConfigurationSection: Equatable, Sendable {
    static var fields: [Field<Self>] { get }
}

extension ConfigurationSection {
    /// All keys, with dots.
    static var keys: [String] { fields.flatMap(\.keys) }
    static var scalars: [ScalarKey<Self>] { fields.flatMap(\.scalars) }

    static func changes(from old: Self, to new: Self) -> [ConfigurationChange] {
        fields.flatMap { $0.changes(old, new) }
    }

    /// The section in force after `new` was loaded: its values of live keys, and the old values of keys that need a
    /// restart.
    func adoptingLiveValues(of new: Self) -> Self {
        Self.fields.reduce(into: self) { running, field in field.adopt(new, &running) }
    }
}

typealias FieldPath<Section, Value> = WritableKeyPath<Section, Value> & Sendable

extension Field {
    /// A plain value. `allowed` gives nil for a value that is possible, else what would be.
    static func value<Value>(
        _ name: String, _ path: FieldPath<Section, Value>, _ notation: Notation<Value>,
        _ reload: ConfigurationChange.Reload,
        allowed: @escaping @Sendable (Value) -> String? = { _ in nil }
    ) -> Field {
        let assign: @Sendable (String, inout Section) -> ConfigurationFault.Problem? = { text, section in
            guard let value = notation.read(text) else { return .wrongValue(text: text, expected: notation.expected) }
            if let allowed = allowed(value) { return .outOfRange(text: text, allowed: allowed) }
            section[keyPath: path] = value
            return nil
        }
        return Field(
            name: name, keys: [name], scalars: [ScalarKey(path: name, assign: assign)],
            read: { node, section, reading in
                guard let text = reading.scalar(node, expected: notation.expected) else { return }
                if let problem = assign(text, &section) { reading.report(problem, at: node) }
            },
            changes: { old, new in
                let (before, after) = (old[keyPath: path], new[keyPath: path])
                guard before != after else { return [] }
                return [
                    ConfigurationChange(
                        key: name, from: notation.write(before), to: notation.write(after), reload: reload)
                ]
            },
            adopt: { new, running in if reload == .live { running[keyPath: path] = new[keyPath: path] } })
    }

    static func value<Value: Comparable>(
        _ name: String, _ path: FieldPath<Section, Value>, _ notation: Notation<Value>, in range: ClosedRange<Value>,
        _ reload: ConfigurationChange.Reload
    ) -> Field {
        value(name, path, notation, reload) { value in
            range.contains(value) ? nil : "\(notation.write(range.lowerBound)) to \(notation.write(range.upperBound))"
        }
    }

    /// A list of plain values; one alone may be written without brackets.
    static func list<Value>(
        _ name: String, _ path: FieldPath<Section, [Value]>, _ notation: Notation<Value>,
        _ reload: ConfigurationChange.Reload
    ) -> Field {
        let write: @Sendable ([Value]) -> String = { "[" + $0.map(notation.write).joined(separator: ", ") + "]" }
        let assign: @Sendable (String, inout Section) -> ConfigurationFault.Problem? = { text, section in
            var values: [Value] = []
            for part in text.split(separator: ",") {
                let part = String(part.drop { $0 == " " })
                guard let value = notation.read(part) else {
                    return .wrongValue(text: part, expected: notation.expected)
                }
                values.append(value)
            }
            section[keyPath: path] = values
            return nil
        }
        return Field(
            name: name, keys: [name], scalars: [ScalarKey(path: name, assign: assign)],
            read: { node, section, reading in
                var values: [Value] = []
                for element in node.sequence.map({ Array($0) }) ?? [node] {
                    guard let text = reading.scalar(element, expected: notation.expected) else { continue }
                    if let value = notation.read(text) {
                        values.append(value)
                    } else {
                        reading.report(.wrongValue(text: text, expected: notation.expected), at: element)
                    }
                }
                section[keyPath: path] = values
            },
            changes: { old, new in
                let (before, after) = (old[keyPath: path], new[keyPath: path])
                guard before != after else { return [] }
                return [ConfigurationChange(key: name, from: write(before), to: write(after), reload: reload)]
            },
            adopt: { new, running in if reload == .live { running[keyPath: path] = new[keyPath: path] } })
    }

    /// A section within this one.
    static func section<Inner: ConfigurationSection>(_ name: String, _ path: FieldPath<Section, Inner>) -> Field {
        Field(
            name: name, keys: Inner.keys.map { "\(name).\($0)" },
            scalars: Inner.scalars.map { inner in
                ScalarKey(path: "\(name).\(inner.path)") { text, section in inner.assign(text, &section[keyPath: path])
                }
            },
            read: { node, section, reading in reading.section(node, into: &section[keyPath: path]) },
            changes: { old, new in
                Inner.changes(from: old[keyPath: path], to: new[keyPath: path]).map { $0.within(name) }
            },
            adopt: { new, running in
                running[keyPath: path] = running[keyPath: path].adoptingLiveValues(of: new[keyPath: path])
            })
    }

    /// A list of sections, told apart by their names.
    static func sections<Inner: NamedConfigurationSection>(_ name: String, _ path: FieldPath<Section, [Inner]>) -> Field
    {
        Field(
            name: name, keys: Inner.keys.map { "\(name)[].\($0)" }, scalars: [],
            read: { node, section, reading in
                section[keyPath: path] = reading.sections(node, of: Inner.self)
            },
            changes: { old, new in
                let (before, after) = (old[keyPath: path], new[keyPath: path])
                var changes: [ConfigurationChange] = []
                for inner in before where !after.contains(where: { $0.name == inner.name }) {
                    changes.append(
                        ConfigurationChange(
                            key: "\(name)[\(inner.name)]", from: "present", to: "absent", reload: .restart))
                }
                for inner in after {
                    if let earlier = before.first(where: { $0.name == inner.name }) {
                        changes += Inner.changes(from: earlier, to: inner).map { $0.within("\(name)[\(inner.name)]") }
                    } else {
                        changes.append(
                            ConfigurationChange(
                                key: "\(name)[\(inner.name)]", from: "absent", to: "present", reload: .restart))
                    }
                }
                return changes
            },
            adopt: { new, running in
                running[keyPath: path] = running[keyPath: path].map { inner in
                    new[keyPath: path].first { $0.name == inner.name }.map(inner.adoptingLiveValues) ?? inner
                }
            })
    }
}

/// A section that stands in a list.
protocol NamedConfigurationSection: ConfigurationSection {
    var name: String { get }
    /// The defaults of keys that are left out.
    init()
    /// A line that shows how to name one.
    static var nameExample: String { get }
}
