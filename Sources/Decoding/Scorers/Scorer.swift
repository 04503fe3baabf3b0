/// A model that scores the hypotheses of a beam search besides the posteriors: a language model, a word list, anything that looks at the
/// labels before a label.
///
/// A search ranks a text by its CTC probability times the product of its labels' factors. Scorers compose with `Both`; the beam is generic
/// over them, so that a composition of this module's scorers costs what one written by hand would. A scorer of another module is called
/// through its witness table.
///
/// For example, a scorer that dislikes doubled labels:
///
///     struct NoDoubles: Scorer {
///         let largestFactor = 1.0
///         func start(after precedingText: String) -> Int32 { 0 }
///         func factor(of label: Int32, after last: Int32) -> Double { label == last ? 0.1 : 1 }
///         func state(after last: Int32, label: Int32) -> Int32 { label }
///         func logFactorOfEnd(after last: Int32) -> Double { 0 }
///     }
public protocol Scorer: Sendable {
    /// The scorer's state of a prefix: a few numbers, which are copied with each hypothesis.
    associatedtype State: BitwiseCopyable & Sendable

    /// An upper bound of every factor, line ends not counted: labels that cannot enter the beam even with it are not looked at.
    var largestFactor: Double { get }
    /// The state before the first label of a line that goes on after `precedingText`; where that is empty, a line's beginning.
    func start(after precedingText: String) -> State
    /// The factor of a label (1 and up) after a prefix: e to the power of its score, above zero.
    func factor(of label: Int32, after state: State) -> Double
    /// The state after one more label.
    func state(after state: State, label: Int32) -> State
    /// Natural log of the factor of ending the line after a prefix.
    func logFactorOfEnd(after state: State) -> Double
}

/// The scorer that says nothing: CTC alone ranks.
public struct NoScorer: Scorer {
    /// Nothing to remember.
    public struct State: BitwiseCopyable, Sendable {}

    /// A scorer that changes no hypothesis.
    public init() {}
    public var largestFactor: Double { 1 }
    public func start(after precedingText: String) -> State { State() }
    public func factor(of label: Int32, after state: State) -> Double { 1 }
    public func state(after state: State, label: Int32) -> State { state }
    public func logFactorOfEnd(after state: State) -> Double { 0 }
}

/// Two scorers at once: their factors multiply.
public struct Both<First: Scorer, Second: Scorer>: Scorer {
    /// The states of both.
    public struct State: BitwiseCopyable, Sendable {
        var first: First.State
        var second: Second.State
    }

    /// The scorer whose factor comes first.
    public let first: First
    /// The scorer whose factor is multiplied to it.
    public let second: Second

    /// The product of two scorers.
    public init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    public var largestFactor: Double { first.largestFactor * second.largestFactor }

    public func start(after precedingText: String) -> State {
        State(first: first.start(after: precedingText), second: second.start(after: precedingText))
    }

    @inline(__always)
    public func factor(of label: Int32, after state: State) -> Double {
        first.factor(of: label, after: state.first) * second.factor(of: label, after: state.second)
    }

    @inline(__always)
    public func state(after state: State, label: Int32) -> State {
        State(
            first: first.state(after: state.first, label: label),
            second: second.state(after: state.second, label: label))
    }

    public func logFactorOfEnd(after state: State) -> Double {
        first.logFactorOfEnd(after: state.first) + second.logFactorOfEnd(after: state.second)
    }
}
