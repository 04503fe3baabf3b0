import DuctusTransportZeroMQ
import Synchronization

/// The queue of messages to the keyboard's own thread. Any thread puts messages in; one thread, which waits on
/// `descriptor`, takes them out.
final class Inbox<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    private let signal: Signal

    init() throws(TransportFault) { signal = try Signal() }

    var descriptor: Int32 { signal.descriptor }

    func put(_ element: Element) {
        elements.withLock { $0.append(element) }
        signal.raise()
    }

    func takeAll() -> [Element] {
        signal.lower()
        return elements.withLock { elements in
            defer { elements = [] }
            return elements
        }
    }
}
