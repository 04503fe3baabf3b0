import Foundation
import Yams

/// Finds, reads and merges the configuration: a file, then `DUCTUS_*` variables, then flags.
///
/// For example: `try ConfigurationLoader(path: nil, environment: ProcessInfo.processInfo.environment).load()`.
package struct ConfigurationLoader: Sendable {
    /// A key set on the command line.
    package struct Flag: Sendable {
        /// The flag as typed: `--lanes`.
        package var flag: String
        /// The key with dots: `limits.message`.
        package var key: String
        package var value: String

        package init(flag: String, key: String, value: String) {
            self.flag = flag
            self.key = key
            self.value = value
        }

        /// `key=value`, as `--set` takes it.
        package init?(setting text: String) {
            guard let equals = text.firstIndex(of: "=") else { return nil }
            self.init(flag: "--set", key: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
        }
    }

    /// `--config`; nil: the first that exists on the search path.
    package var path: String?
    package var environment: [String: String]
    package var flags: [Flag]

    package init(path: String? = nil, environment: [String: String], flags: [Flag] = []) {
        self.path = path
        self.environment = environment
        self.flags = flags
    }

    /// The loaded configuration, and its origin.
    package struct Loaded: Sendable {
        package var configuration: Configuration
        /// The path of the file; nil: built-in defaults.
        package var file: String?
        package var locations: Locations
        /// Warnings, such as a variable that names no key.
        package var remarks: [String]

        package init(configuration: Configuration, file: String? = nil, locations: Locations, remarks: [String] = []) {
            self.configuration = configuration
            self.file = file
            self.locations = locations
            self.remarks = remarks
        }
    }

    /// Variables that name no key because others read them: the engine, `ductus`, and the build with its tests.
    private static let otherVariables: Set<String> = [
        "DUCTUS_INSTRUCTION_SET", "DUCTUS_PRODUCTS", "DUCTUS_CONNECT", "DUCTUS_SERVER_KEY", "DUCTUS_KEY", "DUCTUS_DATA",
        "DUCTUS_PYTHON", "DUCTUS_TESTS", "DUCTUS_SANITIZER", "DUCTUS_GUARD_PAGES",
    ]
    /// A configuration is a page of text; more is a mistake.
    private static let largestFile = 1 << 20

    /// The places at which a file is looked for, without `--config`.
    package var searchPath: [String] {
        var paths: [String] = []
        if let directory = environment["CONFIGURATION_DIRECTORY"]?.split(separator: ":").first {
            paths.append("\(directory)/ductus.yaml")
        }
        if let directory = environment["XDG_CONFIG_HOME"], !directory.isEmpty {
            paths.append("\(directory)/ductus/ductus.yaml")
        } else if let home = environment["HOME"], !home.isEmpty {
            paths.append("\(home)/.config/ductus/ductus.yaml")
        }
        return paths + ["/etc/ductus/ductus.yaml"]
    }

    /// - Throws: `ConfigurationError` with every fault there is, not only the first.
    package func load() throws(ConfigurationError) -> Loaded {
        let file = path ?? searchPath.first { FileManager.default.fileExists(atPath: $0) }
        var configuration = Configuration()
        var reading = ConfigurationReader(file: file ?? "")
        var faults: [ConfigurationFault] = []
        if let file {
            do {
                if let root = try Self.parse(file) { reading.section(root, into: &configuration) }
            } catch {
                faults.append(error)
            }
        }
        faults += reading.faults
        var places = reading.places
        let remarks = applyEnvironment(to: &configuration, places: &places, faults: &faults)
        applyFlags(to: &configuration, places: &places, faults: &faults)
        let locations = Locations(configuration.directories, environment: environment)
        applyCredentials(to: &configuration)
        if faults.isEmpty {
            let file = file.map { ConfigurationPlace.file($0, line: nil, column: nil) } ?? .builtIn
            faults = ConfigurationCheck(configuration, locations: locations, places: places, otherwise: file).faults()
        }
        guard faults.isEmpty else { throw ConfigurationError(faults) }
        return Loaded(configuration: configuration, file: file, locations: locations, remarks: remarks)
    }

    /// Nil for a file with nothing but comments.
    static func parse(_ file: String) throws(ConfigurationFault) -> Node? {
        let place = ConfigurationPlace.file(file, line: nil, column: nil)
        let text: String
        do throws(PlainFile.Failure) {
            let bytes = try PlainFile(file, atMost: largestFile).bytes
            guard let decoded = String(validating: bytes, as: UTF8.self) else { throw .other("it is not UTF-8") }
            text = decoded
        } catch {
            throw ConfigurationFault(.unreadable(reason: error.reason), at: place)
        }
        do {
            return try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw ConfigurationFault(error, file: file)
        } catch {
            throw ConfigurationFault(.syntax("\(error)"), at: place)
        }
    }

    /// `limits.message` → `DUCTUS_LIMITS_MESSAGE`.
    package static func variable(for key: String) -> String {
        "DUCTUS_" + key.uppercased().replacing(".", with: "_")
    }

    private func applyEnvironment(
        to configuration: inout Configuration, places: inout [String: ConfigurationPlace],
        faults: inout [ConfigurationFault]
    ) -> [String] {
        var remarks: [String] = []
        let keys = Configuration.scalars
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix("DUCTUS_") {
            guard !Self.otherVariables.contains(name) else { continue }
            guard let key = keys.first(where: { Self.variable(for: $0.path) == name }) else {
                let nearest = NearestName.of(name, among: keys.map { Self.variable(for: $0.path) })
                remarks.append(
                    "environment variable \(name) names no key" + (nearest.map { "; did you mean \($0)?" } ?? ""))
                continue
            }
            places[key.path] = .environment(name)
            if let problem = key.assign(value, &configuration) {
                faults.append(ConfigurationFault(problem, key: key.path, at: .environment(name)))
            }
        }
        return remarks
    }

    private func applyFlags(
        to configuration: inout Configuration, places: inout [String: ConfigurationPlace],
        faults: inout [ConfigurationFault]
    ) {
        let keys = Configuration.scalars
        for flag in flags {
            guard let key = keys.first(where: { $0.path == flag.key }) else {
                let known = keys.map(\.path)
                faults.append(
                    ConfigurationFault(
                        .unknownKey(nearest: NearestName.of(flag.key, among: known), known: known), key: flag.key,
                        at: .flag(flag.flag)))
                continue
            }
            places[key.path] = .flag(flag.flag)
            if let problem = key.assign(flag.value, &configuration) {
                faults.append(ConfigurationFault(problem, key: key.path, at: .flag(flag.flag)))
            }
        }
    }

    /// Files of the unit's `LoadCredential=keys:FOLDER` stand in for paths that the configuration does not name.
    private func applyCredentials(to configuration: inout Configuration) {
        guard let directory = environment["CREDENTIALS_DIRECTORY"] else { return }
        func credential(_ name: String) -> String? {
            let path = "\(directory)/keys_\(name)"
            return FileManager.default.fileExists(atPath: path) ? path : nil
        }
        configuration.security.serverKey = configuration.security.serverKey ?? credential("server.key")
        configuration.security.clients = configuration.security.clients ?? credential("clients.yaml")
    }
}

extension ConfigurationFault {
    /// The fault that the YAML parser found.
    fileprivate init(_ error: YamlError, file: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init(.syntax(problem), at: .file(file, line: mark.line, column: mark.column))
        case .duplicatedKeysInMapping(let duplicates, let context):
            self.init(
                .repeated(text: duplicates.joined(separator: "', '"), what: "written in one section"),
                at: .file(file, line: context.mark.line, column: nil))
        default:
            self.init(.syntax("\(error)"), at: .file(file, line: nil, column: nil))
        }
    }
}
