import Foundation
import Testing

/// Doc comments of what other packages and rooms may use.
@Suite struct DocumentationTests {
    /// What a protocol of ours asks for is documented there, and what the standard library's protocols ask for, with them. Every initializer
    /// has a comment of its own.
    @Test func everyPublicDeclarationHasADocComment() throws {
        let modifiers =
            #"(?:(?:static|final|mutating|nonisolated|consuming|indirect|class|convenience|required|override|(?:private|package)\(set\)) )*"#
        let declaration = try Regex<(Substring, Substring, Substring)>(
            #"^ *(?:@\w+ )*public "# + modifiers
                + #"(func|var|let|struct|class|enum|protocol|actor|typealias|subscript|init)\b ?`?(\w*)"#)
        let known = try documentedRequirements().union(Self.standardRequirements)
        var count = 0
        for path in try Repository.sources() {
            let lines = try Repository.lines(path)
            for (at, line) in lines.enumerated() {
                guard let match = line.prefixMatch(of: declaration), match.1 == "init" || !known.contains(match.2)
                else {
                    continue
                }
                count += 1
                let before = lines[..<at].last { !$0.drop { $0 == " " }.hasPrefix("@") } ?? ""
                #expect(before.drop { $0 == " " }.hasPrefix("///"), "\(path):\(at + 1): \(line)")
            }
        }
        #expect(count > 1000)
    }

    private static let standardRequirements: Set<Substring> = [
        "", "description", "errorDescription", "hash", "encode", "rawValue", "allCases", "run", "validate",
        "startIndex",
        "endIndex", "next", "makeIterator", "makeAsyncIterator", "index", "id", "defaultValueDescription",
    ]

    /// Names of the members that the protocols of `Sources` declare.
    private func documentedRequirements() throws -> Set<Substring> {
        let requirement = try Regex<(Substring, Substring)>(
            #"^ +(?:static |mutating |nonisolated )*(?:func|var|subscript|associatedtype) ?`?(\w*)"#)
        var names: Set<Substring> = []
        for path in try Repository.sources() {
            var isInside = false
            for line in try Repository.lines(path) {
                if line.contains("protocol "), line.hasSuffix("{"), !line.hasPrefix(" ") { isInside = true }
                if line == "}" { isInside = false }
                if isInside, let match = line.prefixMatch(of: requirement) { names.insert(match.1) }
            }
        }
        return names
    }
}
