/// One thing that is wrong with a configuration: where, what, and what to do about it.
package struct ConfigurationFault: Error, Equatable, Sendable, CustomStringConvertible {
    package var place: ConfigurationPlace
    /// The key as in the file, with dots: `limits.message`. Empty: the file as a whole.
    package var key: String
    package var problem: Problem

    package init(_ problem: Problem, key: String = "", at place: ConfigurationPlace) {
        self.place = place
        self.key = key
        self.problem = problem
    }

    package enum Problem: Equatable, Sendable {
        case unreadable(reason: String)
        case syntax(String)
        case unknownKey(nearest: String?, known: [String])
        case wrongShape(expected: String, found: String)
        case wrongValue(text: String, expected: String)
        case noValue(expected: String)
        case outOfRange(text: String, allowed: String)
        case missingKey(example: String)
        /// Names that must differ.
        case repeated(text: String, what: String)
        case missingFile(path: String, what: String, remedy: String)
        case unsafeFile(path: String, reason: String, remedy: String)
        /// A TCP endpoint without CURVE.
        case unprotected(endpoint: String)
        case impossible(reason: String, remedy: String)
    }

    package var description: String {
        let subject = key.isEmpty ? "" : "\(key): "
        return "\(place): \(subject)\(problem.text)"
    }
}

extension ConfigurationFault.Problem {
    var text: String {
        switch self {
        case .unreadable(let reason):
            "cannot read this file: \(reason); name a readable file with --config, or leave it out for the defaults"
        case .syntax(let what):
            "not YAML: \(what); mend the line, or compare it with the default file"
        case .unknownKey(let nearest?, _):
            "unknown key; did you mean '\(nearest)'?"
        case .unknownKey(nil, let known):
            "unknown key; known here: \(known.joined(separator: ", "))"
        case .wrongShape(let expected, let found):
            "expected \(expected), found \(found)"
        case .wrongValue(let text, let expected):
            "'\(text)' is not \(expected)"
        case .noValue(let expected):
            "has no value; write \(expected), or remove the key for its default"
        case .outOfRange(let text, let allowed):
            "\(text) is out of range; allowed: \(allowed)"
        case .missingKey(let example):
            "missing; add for example '\(example)'"
        case .repeated(let text, let what):
            "'\(text)' is \(what) twice; change or remove one"
        case .missingFile(let path, let what, let remedy):
            "\(what) '\(path)' does not exist; \(remedy)"
        case .unsafeFile(let path, let reason, let remedy):
            "'\(path)' \(reason); \(remedy)"
        case .unprotected(let endpoint):
            "\(endpoint) would be open to the network: TCP needs security.server_key and security.clients; "
                + "make a key with 'ductus keygen --server FILE', or use an ipc:// endpoint"
        case .impossible(let reason, let remedy):
            "\(reason); \(remedy)"
        }
    }
}

/// The place in which a value was written.
package enum ConfigurationPlace: Hashable, Sendable, CustomStringConvertible {
    /// Lines and columns count from 1; nil: the file as a whole.
    case file(String, line: Int?, column: Int?)
    /// The variable's name.
    case environment(String)
    /// The flag as typed, with its dashes.
    case flag(String)
    case builtIn

    package var description: String {
        switch self {
        case .file(let path, let line?, let column?): "\(path):\(line):\(column)"
        case .file(let path, let line?, nil): "\(path):\(line)"
        case .file(let path, nil, _): path
        case .environment(let name): "environment variable \(name)"
        case .flag(let flag): flag
        case .builtIn: "built-in default"
        }
    }
}

/// Everything that is wrong with a configuration, in the order of the file.
package struct ConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    package var faults: [ConfigurationFault]

    package init(_ faults: [ConfigurationFault]) {
        self.faults = faults
    }

    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
