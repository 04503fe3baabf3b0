import DuctusFoundations
import Foundation

/// What holds for a trace: the meaning of its values, and the time that its times count from.
struct InkMLContext {
    /// Nil where nothing was said: X and Y.
    var format: InkMLTraceFormat?
    /// ms.
    var timestamp = 0.0
}

/// The named things of an InkML document that traces refer to: contexts, trace formats, ink sources, time stamps.
struct InkMLDefinitions {
    private var formats: [String: InkMLTraceFormat] = [:]
    private var contexts: [String: InkMLContext] = [:]
    private var timestamps: [String: Double] = [:]

    /// The name in a reference: `#name`. What stands before the `#` would be another file, which is never opened.
    static func name(_ reference: String) -> String {
        reference.lastIndex(of: "#").map { String(reference[reference.index(after: $0)...]) } ?? reference
    }

    /// The context of that name; `#DefaultContext` is always there.
    func context(_ reference: String, _ scanner: XMLScanner) throws -> InkMLContext {
        let name = Self.name(reference)
        if let context = contexts[name] { return context }
        guard name == "DefaultContext" else {
            throw scanner.failure("contextRef \(reference) refers to nothing before it")
        }
        return InkMLContext()
    }

    /// Reads the element whose start tag was just read, if it defines something; false if it does not.
    ///
    /// - Parameter isCurrent: whether a context or format holds for what follows, not only for what refers to it.
    mutating func read(
        _ name: String, _ attributes: [String: String], _ scanner: inout XMLScanner, current: inout InkMLContext,
        isCurrent: Bool
    ) throws -> Bool {
        switch name {
        case "context":
            let context = try readContext(attributes, &scanner, current: current)
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
        default: return false
        }
        return true
    }

    private mutating func readContext(
        _ attributes: [String: String], _ scanner: inout XMLScanner, current: InkMLContext
    ) throws -> InkMLContext {
        var context = try attributes["contextRef"].map { try self.context($0, scanner) } ?? InkMLContext()
        if let reference = attributes["inkSourceRef"] {
            context.format = formats[Self.name(reference)] ?? context.format
        }
        if let reference = attributes["traceFormatRef"] {
            guard let format = formats[Self.name(reference)] else {
                throw scanner.failure("traceFormatRef \(reference) refers to nothing before it")
            }
            context.format = format
        }
        if let reference = attributes["timestampRef"] { context.timestamp = try timestamp(reference, scanner) }
        try forEachChild(&scanner) { definitions, name, attributes, scanner in
            switch name {
            case "traceFormat": context.format = try definitions.readFormat(attributes, &scanner)
            case "inkSource": context.format = try definitions.readSource(attributes, &scanner) ?? context.format
            case "timestamp": context.timestamp = try definitions.readTimestamp(attributes, &scanner)
            default: return false
            }
            return true
        }
        if let id = attributes["xml:id"] { contexts[id] = context }
        return context
    }

    private mutating func readSource(
        _ attributes: [String: String], _ scanner: inout XMLScanner
    ) throws -> InkMLTraceFormat? {
        var format: InkMLTraceFormat?
        try forEachChild(&scanner) { definitions, name, attributes, scanner in
            guard name == "traceFormat" else { return false }
            format = try definitions.readFormat(attributes, &scanner)
            return true
        }
        if let id = attributes["xml:id"] { formats[id] = format }
        return format
    }

    private mutating func readFormat(
        _ attributes: [String: String], _ scanner: inout XMLScanner
    ) throws -> InkMLTraceFormat {
        var format = InkMLTraceFormat()
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
        if let id = attributes["xml:id"] { formats[id] = format }
        return format
    }

    private mutating func readTimestamp(_ attributes: [String: String], _ scanner: inout XMLScanner) throws -> Double {
        try forEachChild(&scanner) { _, _, _, _ in false }
        var time = try attributes["timestampRef"].map { try timestamp($0, scanner) } ?? 0
        if let text = attributes["time"] {
            guard let value = Double(text), value.isFinite else {
                throw scanner.failure("the time \"\(text)\" is no number")
            }
            time += value
        } else if let text = attributes["timeString"] {
            guard let date = try? Date(text, strategy: .iso8601) else {
                throw scanner.failure("the time \"\(text)\" is not like 2011-09-20T12:00:00Z")
            }
            time += date.timeIntervalSince1970 * 1000
        }
        if let text = attributes["timeOffset"] { time += Double(text) ?? 0 }
        if let id = attributes["xml:id"] { timestamps[id] = time }
        return time
    }

    private func timestamp(_ reference: String, _ scanner: XMLScanner) throws -> Double {
        guard let time = timestamps[Self.name(reference)] else {
            throw scanner.failure("timestampRef \(reference) refers to nothing before it")
        }
        return time
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
