/// A subscription message of an XPUB socket: a first byte of 1 or 0, then the prefix that is subscribed or unsubscribed.
package struct Subscription: Equatable, Sendable {
    package var prefix: [UInt8]
    package var begins: Bool

    /// Nil for anything else that a subscriber sent upstream.
    package init?(_ frame: UnsafeRawBufferPointer) {
        guard let first = frame.first, first <= 1 else { return nil }
        begins = first == 1
        prefix = Array(frame.dropFirst())
    }

    package var text: String { String(decoding: prefix, as: UTF8.self) }
}
