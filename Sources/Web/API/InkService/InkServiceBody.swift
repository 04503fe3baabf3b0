import DuctusDocuments
import DuctusFoundations
import DuctusWire

/// Reads the body of an iink batch or recognize request.
///
/// Both put strokes as columns `x`, `y`, `t`, `p`; a batch groups them and counts in dots per inch, a recognize request lists them with
/// names and a scale in millimetres.
struct InkServiceBody: Sendable {
    var asked = WireRecognizeRequest()
    var options = JIIXOptions()
    /// Names of the strokes, those that the client gave and their numbers.
    var strokeNames: [String] = []

    /// - Throws: `Problem` with a reason for everything that is not text in a language that is read.
    init(_ body: [UInt8]) throws(Problem) {
        var parts = Parts()
        do {
            try body.withUnsafeBytes { bytes in
                var scanner = JSONScanner(bytes)
                try parts.read(&scanner)
                try scanner.expectEnd()
            }
        } catch let failure as JSONScanner.Failure {
            throw Problem(
                .badRequest, "body", "the body is wrong at byte \(failure.position): \(failure.reason)",
                remedy: "send the JSON of a batch or recognize request")
        } catch {
            throw Problem(.badRequest, "body", "\(error)", remedy: "send the JSON of a batch or recognize request")
        }
        guard let type = parts.contentType else {
            throw Problem(.badRequest, "content", "contentType is missing", remedy: "send \"contentType\": \"Text\"")
        }
        guard type.lowercased() == "text" else {
            throw Problem(
                .badRequest, "content", "\(type.prefix(40)) is not read here, only text is",
                remedy: "send \"contentType\": \"Text\"")
        }
        asked.layout = .page
        asked.language = (parts.language ?? "").replacing("_", with: "-")
        for (name, stroke) in parts.strokes {
            asked.strokes.append(stroke)
            strokeNames.append(name ?? "\(strokeNames.count)")
        }
        options.givesPoints = parts.wantsStrokes
        options.scaleX = parts.scaleX ?? 25.4 / (parts.xDPI ?? 96)
        options.scaleY = parts.scaleY ?? 25.4 / (parts.yDPI ?? 96)
    }

    /// The members of the body that are read. The others belong to the service and mean nothing here.
    private struct Parts {
        var contentType: String?
        var language: String?
        var strokes: [(name: String?, stroke: WireRecognizeStroke)] = []
        var xDPI, yDPI, scaleX, scaleY: Float?
        var wantsStrokes = false

        mutating func read(_ scanner: inout JSONScanner) throws {
            try scanner.object { scanner, key in
                switch key {
                case "contentType": contentType = try scanner.optionalString()
                case "configuration": try configuration(&scanner)
                case "xDPI": xDPI = try positive(&scanner, key)
                case "yDPI": yDPI = try positive(&scanner, key)
                case "scaleX": scaleX = try positive(&scanner, key)
                case "scaleY": scaleY = try positive(&scanner, key)
                case "strokeGroups":
                    try scanner.array { scanner in
                        try scanner.object { scanner, key in
                            if key == "strokes" { try strokes(&scanner) } else { try scanner.skip() }
                        }
                    }
                case "strokes": try strokes(&scanner)
                default: try scanner.skip()
                }
            }
        }

        private func positive(_ scanner: inout JSONScanner, _ key: String) throws -> Float {
            let number = try Float(scanner.number())
            guard number.isFinite, number > 0 else { throw scanner.failure("\(key) must be above 0") }
            return number
        }

        private mutating func configuration(_ scanner: inout JSONScanner) throws {
            try scanner.object { scanner, key in
                switch key {
                case "lang": language = try scanner.optionalString()
                case "export":
                    try scanner.object { scanner, key in
                        guard key == "jiix" else { return try scanner.skip() }
                        try scanner.object { scanner, key in
                            if key == "strokes" {
                                wantsStrokes = scanner.peek() == UInt8(ascii: "t")
                            }
                            try scanner.skip()
                        }
                    }
                default: try scanner.skip()
                }
            }
        }

        private mutating func strokes(_ scanner: inout JSONScanner) throws {
            try scanner.array { scanner in
                var columns: [String: [Double]] = [:]
                var name: String?
                var isInk = true
                try scanner.object { scanner, key in
                    switch key {
                    case "x", "y", "t", "p": columns[key] = try RecognizeBody.column(&scanner)
                    case "id": name = try scanner.optionalString()
                    case "pointerType": isInk = try scanner.optionalString()?.uppercased() != "ERASER"
                    default: try scanner.skip()
                    }
                }
                // An eraser writes nothing.
                if isInk { strokes.append((name, try RecognizeBody.stroke(of: columns, scanner))) }
            }
        }
    }
}
