import DuctusTransportZeroMQ

/// The textual form of a value in a configuration file, an environment variable or a flag.
struct Notation<Value: Equatable & Sendable>: Sendable {
    /// Completes "write …" and "is not …".
    let expected: String
    let read: @Sendable (String) -> Value?
    let write: @Sendable (Value) -> String

    /// The same with a word for the absence of a value.
    func optional(_ word: String) -> Notation<Value?> {
        Notation<Value?>(
            expected: "\(expected), or '\(word)'",
            read: { text in
                if text == word { return .some(nil) }
                return read(text).map { .some($0) }
            },
            write: { $0.map(write) ?? word })
    }
}

extension Notation<Bool> {
    static let yesOrNo = Notation(
        expected: "yes or no",
        read: { text in
            switch text.lowercased() {
            case "yes", "true", "on": true
            case "no", "false", "off": false
            default: nil
            }
        },
        write: { $0 ? "yes" : "no" })
}

extension Notation<Int> {
    static let integer = Notation(expected: "a whole number", read: { Int($0) }, write: { String($0) })

    /// Binary multiples only: what an operator compares it with is memory.
    static let bytes = Notation(
        expected: "a size like '512 KiB' or '1 MiB'",
        read: { text in
            guard let (number, unit) = Quantity.split(text), number >= 0 else { return nil }
            let factor: Double
            switch unit {
            case "B", "": factor = 1
            case "KiB": factor = 1024
            case "MiB": factor = 1024 * 1024
            case "GiB": factor = 1024 * 1024 * 1024
            default: return nil
            }
            let bytes = (number * factor).rounded()
            return bytes < 0x1p62 ? Int(bytes) : nil
        },
        write: { bytes in
            for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)]
            where bytes > 0 && bytes & (1 << shift - 1) == 0 {
                return "\(bytes >> shift) \(unit)"
            }
            return "\(bytes) B"
        })
}

extension Notation<Double> {
    static let number = Notation(
        expected: "a number", read: { text in Double(text).flatMap { $0.isFinite ? $0 : nil } },
        write: { Quantity.text($0) })

    /// Seconds. The unit must be written: nobody should have to know which one was meant.
    static let seconds = Notation(
        expected: "a time with its unit (ms, s, min, h, d), like '250 ms'",
        read: { text in
            guard let (number, unit) = Quantity.split(text), let factor = Quantity.secondsPer[unit] else { return nil }
            return number * factor
        },
        write: { seconds in
            for unit in ["d", "h", "min"] {
                let count = seconds / Quantity.secondsPer[unit]!
                if count >= 1, count == count.rounded() { return "\(Quantity.text(count)) \(unit)" }
            }
            return seconds < 1 ? "\(Quantity.text(seconds * 1000)) ms" : "\(Quantity.text(seconds)) s"
        })
}

extension Notation<String> {
    static let text = Notation(
        expected: "a text", read: { text in text.utf8.contains(0) ? nil : text }, write: { $0 })

    static let path = Notation(
        expected: "a path", read: { text in text.isEmpty || text.utf8.contains(0) ? nil : text }, write: { $0 })
}

extension Notation<Endpoint> {
    static let endpoint = Notation(
        expected:
            "an endpoint like 'ipc://ink' (in the runtime directory), 'ipc:///run/x/ink' or 'tcp://10.0.0.2:7711'",
        read: { text in
            guard let endpoint = try? Endpoint(text) else { return nil }
            switch endpoint.scheme {
            case .ipc: return endpoint
            case .tcp: return TCPAddress(endpoint.address) == nil ? nil : endpoint
            case .inproc: return nil
            }
        },
        write: { $0.description })
}

extension Notation where Value: RawRepresentable & CaseIterable, Value.RawValue == String, Value.AllCases: Sendable {
    static var choice: Notation {
        Notation(
            expected: "one of " + Value.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", "),
            read: { Value(rawValue: $0) }, write: { $0.rawValue })
    }
}

/// A number and its unit.
private enum Quantity {
    static let secondsPer = ["ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400]

    static func split(_ text: String) -> (number: Double, unit: String)? {
        let end = text.firstIndex { !($0.isNumber || $0 == "." || $0 == "-") } ?? text.endIndex
        guard let number = Double(text[..<end]), number.isFinite else { return nil }
        return (number, String(text[end...].drop { $0 == " " }))
    }

    static func text(_ number: Double) -> String {
        // 0.25 s * 1000 must print as 250.
        let rounded = (number * 1e6).rounded() / 1e6
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? String(Int(rounded)) : String(rounded)
    }
}

/// The part of a `tcp://` endpoint after the slashes: `host:port`, `*:port`, `[::1]:port`.
package struct TCPAddress: Equatable, Sendable {
    package let host: String
    package let port: UInt16

    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon]
        guard !host.isEmpty, !host.contains(where: { $0 == "/" || $0 == " " }) else { return nil }
        if host.contains(":"), !(host.hasPrefix("[") && host.hasSuffix("]")) { return nil }
        self.host = String(host.drop { $0 == "[" }.prefix { $0 != "]" })
        self.port = port
    }

    /// 127.0.0.0/8, ::1 or `localhost`: nobody outside this machine.
    package var isLoopback: Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
