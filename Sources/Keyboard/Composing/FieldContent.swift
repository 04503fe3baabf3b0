/// The purpose of a field, by the numbers of `IBusInputPurpose` and `IBusInputHints`.
package struct FieldContent: Equatable, Sendable {
    package var purpose: UInt32
    package var hints: UInt32

    private static let digits: UInt32 = 2
    private static let email: UInt32 = 6
    private static let password: UInt32 = 8
    private static let pin: UInt32 = 9
    private static let privateHint: UInt32 = 1 << 11

    package init(purpose: UInt32 = 0, hints: UInt32 = 0) {
        self.purpose = purpose
        self.hints = hints
    }

    /// Passwords: nothing is read, sent, kept or learned.
    package var isSecret: Bool { purpose == Self.password || purpose == Self.pin }

    /// Read, but not learned from, and its text is told to nobody.
    package var isPrivate: Bool { isSecret || hints & Self.privateHint != 0 }

    /// Digits, numbers, telephone numbers, addresses of pages and mail hold no spaces of ours.
    package var takesSpaces: Bool { !(Self.digits...Self.email).contains(purpose) }
}
