/// Decides whether the field that has the focus may be written into, by what its program reveals.
///
/// Programs built on Chromium describe all their fields alike, but give the input method no keys that are typed into
/// passwords. So in such a program, a key that arrives proves that the field holds no secret, and ink waits for it. On
/// Wayland, keys cannot be pressed for all programs. There a program is believed, too, if it still reports its
/// surrounding text when it is asked, which Chromium's do not.
struct FieldTrust: Equatable, Sendable {
    private enum State: Equatable, Sendable {
        case trusted
        /// Nobody knows, and nobody has asked.
        case unknown
        case asked(until: Int64)
        /// No proof came.
        case distrusted(at: Int64)
    }

    private var state = State.trusted

    /// Nanoseconds in which a key comes, if it does, from a program that has much to do.
    private static let patience: Int64 = 3_000_000_000
    /// Nanoseconds in which a program takes back what it said when it got the focus; where a key may come meanwhile, and where none can.
    private static let retraction: Int64 = 1_000_000_000
    private static let haste: Int64 = 300_000_000
    /// Nanoseconds after which it is worth while to ask again.
    private static let pause: Int64 = 2_000_000_000

    /// A field gets the focus.
    /// - Parameter isCandid: Its program says of secrets that they are.
    init(isCandid: Bool = true) { state = isCandid ? .trusted : .unknown }

    var isTrusted: Bool { state == .trusted }

    /// Whether the answer may still come.
    var isOpen: Bool {
        switch state {
        case .unknown, .asked: true
        case .trusted, .distrusted: false
        }
    }

    var isUnasked: Bool { state == .unknown }

    /// The time at which waiting for an answer is over.
    var deadline: Int64? { if case .asked(let end) = state { end } else { nil } }

    mutating func prove() { state = .trusted }

    /// - Parameter believes: Whether a program is believed to which no key can come.
    mutating func ask(at now: Int64, believes: Bool) {
        if isUnasked { state = .asked(until: now + (believes ? Self.retraction : Self.patience)) }
    }

    /// No answer will come.
    mutating func hurry(at now: Int64) { if isOpen { state = .asked(until: now + Self.haste) } }

    /// Tells that time has passed. No answer counts as an answer, and after a while another question is allowed.
    /// - Parameter isBelieved: Whether it is enough that the program says that it reports its surrounding text.
    mutating func advance(to now: Int64, isBelieved: Bool) {
        switch state {
        case .asked(let end) where now >= end: state = isBelieved ? .trusted : .distrusted(at: now)
        case .distrusted(let then) where now - then >= Self.pause: state = .unknown
        default: break
        }
    }
}
