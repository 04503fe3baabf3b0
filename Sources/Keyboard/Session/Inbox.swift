import DuctusTransportZeroMQ
import Synchronization

/// What other threads tell the keyboard's own: put in from anywhere, taken out by one thread that waits on `descriptor`.
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
