/// The errors of simulated writing.
public enum SimulationError: Error, Equatable, CustomStringConvertible {
    case unwritable(character: Character, offset: Int)

    public var description: String {
        switch self {
        case .unwritable(let character, let offset):
            let codes = character.unicodeScalars.map { "U+" + String($0.value, radix: 16, uppercase: true) }
            return
                "the simulated pens know no form for '\(character)' (\(codes.joined(separator: " "))) at offset \(offset); "
                + "they write printable ASCII and newlines"
        }
    }
}
