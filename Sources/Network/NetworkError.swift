/// The errors of calling a network.
public enum NetworkError: Error, Equatable, CustomStringConvertible {
    case wrongParameterCount(expected: Int, found: Int)
    case wrongDimension(expected: Int, found: Int)
    case wrongCount(what: String, expected: Int, found: Int)
    case chunkOutOfRange(sequence: Int, chunk: Int, window: Int)
    case chunkIsNotWholeWindowAtEnd(sequence: Int, chunk: Int, window: Int)
    case streamHasEnded(sequence: Int)
    case stateOfAnotherArchitecture(sequence: Int)
    case lossNeedsLogSoftmax
    case wrongInputCount(expected: Int, found: Int)
    case inputIsNoLabel(input: Int, value: Float, labels: Range<Int>)
    case unknownHead(String, known: [String])
    case badTarget(sequence: Int, reason: String)
    case labelOutOfRange(sequence: Int, label: Int32, labels: Int)
    case wrongLabelCount(sequence: Int, expected: Int, found: Int)
    case viewsOfDifferentLength(sequence: Int, expected: Int, found: Int)
    case unknownInstructionSet(String)
    case instructionSetUnavailable(InstructionSet)
    case unknownProducts(String)
    /// The ranks that train together cannot.
    case ranks(reason: String)

    public var description: String {
        switch self {
        case .wrongParameterCount(let expected, let found):
            "network: the architecture has \(expected) parameters, but \(found) were given"
        case .wrongDimension(let expected, let found):
            "network: it takes \(expected) numbers per frame, but the batch has \(found)"
        case .wrongCount(let what, let expected, let found):
            "network: a batch of \(expected) sequences needs as many \(what), but \(found) were given"
        case .chunkOutOfRange(let sequence, let chunk, let window):
            "network: sequence \(sequence) commits \(chunk) frames of a window of \(window)"
        case .chunkIsNotWholeWindowAtEnd(let sequence, let chunk, let window):
            "network: sequence \(sequence) ends, so all \(window) frames must be committed, not \(chunk)"
        case .streamHasEnded(let sequence):
            "network: sequence \(sequence) has ended; reset its state before the next"
        case .stateOfAnotherArchitecture(let sequence):
            "network: the state of sequence \(sequence) was made for another architecture"
        case .lossNeedsLogSoftmax:
            "network: training needs logSoftmax as the last layer"
        case .wrongInputCount(let expected, let found):
            "network: it has \(expected) inputs, but frames of \(found) were given"
        case .inputIsNoLabel(let input, let value, let labels):
            "network: input \(input) has the number \(value), but takes labels from \(labels.lowerBound) to \(labels.upperBound - 1)"
        case .unknownHead(let name, let known):
            "network: it has no head \"\(name)\"; there is "
                + (known.isEmpty ? "none beside the last layer" : known.joined(separator: ", "))
        case .badTarget(let sequence, let reason):
            "network: the target of sequence \(sequence) \(reason)"
        case .labelOutOfRange(let sequence, let label, let labels):
            "network: sequence \(sequence) has label \(label), but the network knows 0 to \(labels - 1)"
        case .wrongLabelCount(let sequence, let expected, let found):
            "network: sequence \(sequence) has \(expected) output frames, but \(found) frame labels were given"
        case .viewsOfDifferentLength(let sequence, let expected, let found):
            "network: sequence \(sequence) has \(expected) frames, but its other view has \(found)"
        case .unknownInstructionSet(let name):
            "network: there is no instruction set \(name); DUCTUS_INSTRUCTION_SET may be one of "
                + InstructionSet.available.map(\.rawValue).joined(separator: ", ")
        case .ranks(let reason): "network: the ranks do not agree on a gradient: \(reason)"
        case .unknownProducts(let name):
            "network: nobody called \(name) does large products; DUCTUS_PRODUCTS may be one of "
                + LargeProducts.allCases.map(\.rawValue).joined(separator: ", ")
        case .instructionSetUnavailable(let set):
            "network: this processor cannot run instruction set \(set.rawValue); available: "
                + InstructionSet.available.map(\.rawValue).joined(separator: ", ")
        }
    }
}
